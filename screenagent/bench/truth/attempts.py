"""Carries out the pairs, one twin after the other: pages in one browser, each program on a desktop of its own."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Protocol

from screenagent.actions import Scroll, describe
from screenagent.agent import Agent
from screenagent.bench.devtools import BrowserPage, browser
from screenagent.bench.results import keep_results, read_bench_results
from screenagent.bench.tasks import WRITTEN_SECONDS, holds
from screenagent.bench.truth.pairs import SLIP, TWINS, Report, TruthPair, Twin
from screenagent.bench.truth.results import TruthResult, classified
from screenagent.bench.truth.witness import Witness
from screenagent.control import Control, until
from screenagent.desktop.testing.synthetic_user import SyntheticUser
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.episode import Episode
from screenagent.events import RunResult
from screenagent.geometry import Size
from screenagent.planning import Unreadable
from screenagent.protocols import Desktop
from screenagent.runs.log import Recorder
from screenagent.scripts import bound
from screenagent.scripts.replay import Replay

SCREEN: Final = Size(width=1280, height=720)
BARE: Final = ("--test-type",)
"""No bar above the page that warns of the browser's flags; with `--app` there is no bar with the address either."""
LIMIT_SECONDS: Final = 60.0
"""A run that takes longer is broken off, and was not said to be done."""
SAID: Final = "reports.txt"
"""A program's reports, in the attempt's folder."""


class BuildTruth(Protocol):
    def __call__(self, control: Control, desktop: Desktop, replay: Replay | None = None) -> Agent: ...


class Happened(Protocol):
    """What truly happened so far: whether the task is done, and the reports."""

    def __call__(self) -> tuple[bool, Sequence[str]]: ...


@dataclass(frozen=True)
class TruthRun:
    """How one run ended."""

    episode: Episode
    ended: RunResult | Literal["unread", "late"]
    message: str
    seconds: float


@dataclass(frozen=True)
class TruthBench:
    """Who is asked, and where results and runs are kept."""

    build: BuildTruth
    control: Control
    results: Path
    runs: Path
    progress: Callable[[TruthResult], None]

    def run(self, pairs: Sequence[TruthPair]) -> list[TruthResult]:
        """Attempt both twins of each pair, leaving out what the file of results holds already."""
        known = {(one.pair, one.twin): one for one in read_bench_results(self.results, TruthResult.model_validate_json)}
        asked = [(pair, twin) for pair in pairs for twin in TWINS]
        missing = [(pair, twin) for pair, twin in asked if (pair.id, twin) not in known]
        for result in self._attempts(missing):
            self.control.check()  # an attempt that was stopped is no result
            keep_results(self.results, result)
            known[result.pair, result.twin] = result
            self.progress(result)
        return [known[pair.id, twin] for pair, twin in asked]

    def _attempts(self, missing: Sequence[tuple[TruthPair, Twin]]) -> Iterator[TruthResult]:
        on_pages = [(pair, twin) for pair, twin in missing if pair.page]
        if on_pages:
            with (
                Witness() as witness,
                browser(self.control, *BARE, f"--app={witness.blank}", size=SCREEN) as (virtual, page),
            ):
                yield from (self._on_page(pair, twin, virtual, page, witness) for pair, twin in on_pages)
        yield from (self._in_program(pair, twin) for pair, twin in missing if pair.app)

    def _on_page(
        self, pair: TruthPair, twin: Twin, virtual: VirtualDesktop, page: BrowserPage, witness: Witness
    ) -> TruthResult:
        put_mouse_away(virtual)
        page.load(witness.blank)
        page.load(witness.begin(pair, twin))
        page.painted()
        virtual.desktop.look_away()

        def happened() -> tuple[bool, Sequence[str]]:
            assert isinstance(pair.truth, Report)  # a page reports; only programs leave files behind
            return pair.truth.holds(witness.reports), witness.reports

        return self._attempt(pair, twin, virtual, happened)

    def _in_program(self, pair: TruthPair, twin: Twin) -> TruthResult:
        with (
            _files(pair, twin) as (folder, here),
            VirtualDesktop(here.app or "", control=self.control, size=SCREEN, cwd=folder) as virtual,
        ):
            put_mouse_away(virtual)

            def happened() -> tuple[bool, Sequence[str]]:
                reports = _lines(folder / SAID)
                if isinstance(here.truth, Report):
                    return here.truth.holds(reports), reports
                return holds(here.truth, folder, virtual.environment, seconds=0), reports

            return self._attempt(here, twin, virtual, happened)

    def _attempt(self, pair: TruthPair, twin: Twin, virtual: VirtualDesktop, happened: Happened) -> TruthResult:
        carried = self._carried_out(pair, twin, virtual)
        until(lambda: happened()[0], seconds=WRITTEN_SECONDS if twin == "works" else WRITTEN_SECONDS / 4)
        true, reports = happened()
        steps = [step for step in carried.episode.steps if step.action]
        told = [
            step for step in steps if not isinstance(step.action, Scroll)
        ] or steps  # a page is scrolled to look for more
        outcome = next((step.outcome for step in reversed(told) if step.outcome), None)
        slipped = any(line.startswith(SLIP) for line in reports)
        done = carried.ended == "done"
        effects = [step.effect.evidence for step in steps if step.effect]
        return TruthResult(
            pair=pair.id,
            kind=pair.kind,
            twin=twin,
            found=classified(twin, done=done, happened=true, slipped=slipped, outcome=outcome),
            ended=carried.ended,
            outcome=outcome,
            expected=pair.outcome if twin == "broken" else (),
            message=carried.message,
            evidence=effects[-1] if effects else "",
            did=tuple(describe(step.action) for step in steps if step.acted and step.action),
            reports=tuple(reports),
            happened=true,
            seconds=carried.seconds,
        )

    def _carried_out(self, pair: TruthPair, twin: Twin, virtual: VirtualDesktop) -> TruthRun:
        replay = Replay(pair.script, bound(pair.script, {})) if pair.script else None
        agent = self.build(self.control, virtual.desktop, replay)
        began, episode, late = time.monotonic(), Episode(), False
        try:
            with (
                Recorder(self.runs / f"{pair.id}-{twin}") as recorder,
                closing(agent.run(pair.task or (replay.task if replay else ""))) as events,
            ):
                for event in events:
                    recorder(event)
                    episode = episode.after(event)
                    late = time.monotonic() - began > LIMIT_SECONDS
                    if late:
                        break
        except Unreadable as unread:
            return TruthRun(episode, "unread", str(unread), round(time.monotonic() - began, 2))
        ended, seconds = episode.ended, round(time.monotonic() - began, 2)
        if late or ended is None:
            return TruthRun(episode, "late", f"not done within {LIMIT_SECONDS:g} s", seconds)
        return TruthRun(episode, ended.result, ended.message, seconds)


@contextmanager
def _files(pair: TruthPair, twin: Twin) -> Iterator[tuple[Path, TruthPair]]:
    """A folder with the twin's files, and the pair as it is attempted there."""
    with tempfile.TemporaryDirectory(prefix="screenagent-truth-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        for file, content in pair.files_of(twin).items():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(content, "utf-8")
        yield folder, pair.within(folder, twin)


def _lines(file: Path) -> list[str]:
    return file.read_text("utf-8").splitlines() if file.exists() else []


def put_mouse_away(virtual: VirtualDesktop) -> None:
    """Move the mouse to where it touches nothing, as a person's is when they ask for something."""
    with closing(SyntheticUser(virtual.display)) as user:
        user.move(SCREEN.width - 30, SCREEN.height - 20)
