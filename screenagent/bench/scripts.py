"""`bench scripts`: the example scripts, played as they were recorded and on desktops that have changed since.

A case is first played by its words alone, while `screenagent record` watches in a process of its own; what it wrote,
and what the targets looked like then, is replayed. Each replay has a desktop of its own, and is judged by what it left
behind: `wrong` is one that said done and was not, or that did harm.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Final, Literal, get_args

from pydantic import Field

from screenagent.actions import Words
from screenagent.agent import Agent, Sink, drive
from screenagent.bench.results import keep_results, percentile, read_bench_results
from screenagent.bench.tasks import FileCheck, ShellCheck, holds, stopped_after
from screenagent.control import Control
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.desktop.virtual_session import HD
from screenagent.episode import Episode
from screenagent.events import Acted, Event, Grounded, RunResult
from screenagent.geometry import Size, Value
from screenagent.protocols import Desktop
from screenagent.scripts import Anchors, Script, bound, read_script, written
from screenagent.scripts.replay import Replay
from screenagent.scripts.replay.healing import FOUND_AS_IT_WAS
from screenagent.usage import Phase
from screenagent.yaml_file import read_yaml

ReplayKind = Literal["recorded", "moved", "resized", "theme", "font", "screen", "popup", "shuffled", "doubled"]
KINDS: Final[tuple[ReplayKind, ...]] = get_args(ReplayKind)

SECONDS: Final = 120.0
"""A replay that takes longer is stopped."""
HAND_SECONDS: Final = 0.4
"""What a person leaves between two inputs, and the recorder may look in."""

THEME: Final = {"GTK_THEME": "Adwaita:dark", "QT_STYLE_OVERRIDE": "Windows"}
FONT: Final = {"GDK_DPI_SCALE": "1.2", "QT_FONT_DPI": "116"}
SCREEN: Final = Size(width=1600, height=900)
POPUP: Final = ("xterm", "-T", "Update available", "-e", "sh", "-c", "echo An update is available.; cat > popup.txt")

BuildReplay = Callable[[Control, Desktop, Replay], Agent]


class Case(Value):
    """A script with what it needs, and how to tell that the right thing was done, or a wrong one."""

    script: str
    app: Words
    values: dict[str, str] = Field(default_factory=dict)
    files: dict[str, str] = Field(default_factory=dict)
    check: FileCheck | ShellCheck
    harm: ShellCheck | None = None
    flags: dict[ReplayKind, str] = Field(default_factory=dict)
    shuffled: dict[str, str] | None = None
    doubled: dict[str, str] | None = None

    @property
    def id(self) -> str:
        return Path(self.script).stem

    def kinds(self) -> Iterator[ReplayKind]:
        """Those that make sense for it: rows are shuffled where there are some."""
        for kind in KINDS:
            if (kind != "shuffled" or self.shuffled) and (kind != "doubled" or self.doubled):
                yield kind

    def within(self, folder: Path, kind: ReplayKind) -> Case:
        text = self.model_dump_json().replace("{dir}", str(folder)).replace("{flags}", self.flags.get(kind, ""))
        return Case.model_validate_json(text)

    def files_of(self, kind: ReplayKind) -> Mapping[str, str]:
        return {"shuffled": self.shuffled, "doubled": self.doubled}.get(kind) or self.files


class ReplayAttempt(Value):
    """`aid` is what it took: nothing, a question that nobody answered, or it failed otherwise. Times are a step's own,
    without the wait for the application."""

    case: str
    kind: ReplayKind
    number: int
    aid: Literal["unaided", "asked", "failed"]
    wrong: bool = False
    outcome: RunResult
    message: str = ""
    steps: int = 0
    healed: int = 0
    seconds: float = 0.0
    step_ms: tuple[float, ...] = ()
    locate_ms: tuple[float, ...] = ()


class ReplayShare(Value):
    """Of the replays of a kind, how many took what, and how long a step's own work was."""

    n: int
    unaided: int
    asked: int
    failed: int
    wrong: int
    step_ms_p50: float | None
    step_ms_p95: float | None


class ReplaySummary(Value):
    n: int
    wrong: int
    kinds: dict[str, ReplayShare]
    step_ms_p50: float | None
    step_ms_p95: float | None
    locate_ms_p50: float | None
    locate_ms_p95: float | None
    seconds_p50: float | None
    not_unaided: tuple[str, ...]


def read_cases(file: Path) -> list[Case]:
    """Return the cases in a YAML file."""
    return read_yaml(file, list[Case], what="a list of cases")


def run_scripts(
    cases: Sequence[Case],
    build: BuildReplay,
    *,
    scripts: Path,
    work: Path,
    times: Callable[[ReplayKind], int],
    progress: Callable[[ReplayAttempt], None],
) -> ReplaySummary:
    """Every case, of each kind so many times; what an earlier call left in `work` is not played again."""
    results_file = work / "results.jsonl"
    found = read_bench_results(results_file, ReplayAttempt.model_validate_json)
    done = {(result.case, result.kind, result.number) for result in found}
    for case in cases:
        planned = [(kind, number) for kind in case.kinds() for number in range(times(kind))]
        left = [(kind, number) for kind, number in planned if (case.id, kind, number) not in done]
        file = work / f"{case.id}.yaml"
        if left and not file.exists() and (why := _not_learned(case, read_script(scripts / case.script), file, build)):
            found.append(
                ReplayAttempt(case=case.id, kind="recorded", number=-1, aid="failed", outcome="gave_up", message=why)
            )
            progress(found[-1])
            continue
        for kind, number in left:
            result = attempt_replay(case, kind, number, script=read_script(file), anchors=Anchors.of(file), build=build)
            keep_results(results_file, result)
            found.append(result)
            progress(result)
    return replay_summary(found)


def _not_learned(case: Case, script: Script, file: Path, build: BuildReplay) -> str:
    """Why it could not be learned, though tried twice; empty if it was."""
    why = ""
    for _ in range(2):
        try:
            learn(case, script, file, build)
            return ""
        except (ValueError, subprocess.TimeoutExpired) as error:
            why = str(error)
    return why


def learn(case: Case, script: Script, file: Path, build: BuildReplay) -> None:
    """Have `screenagent record` write to `file` what it sees when the case is played by its words, with the values of
    this desktop as parameters again."""
    draft = file.with_suffix(".draft.yaml")
    with set_up(case, "recorded") as (opened, folder, virtual, control):
        with _recording(draft, virtual, name=script.name):
            perform_script(
                script, opened, build(control, virtual.desktop, Replay(script, bound(script, opened.values))), _hand
            )
        if not holds(opened.check, folder, virtual.environment):
            raise ValueError(f"{case.id} was played once, and its effect is not there")
    made = read_script(draft).model_dump_json()
    for name, value in opened.values.items():
        made = made.replace(json.dumps(value)[1:-1], f"{{{{{name}}}}}")
    parameters = {name: script.parameters[name] for name in opened.values}
    file.write_text(written(Script.model_validate_json(made).model_copy(update={"parameters": parameters})), "utf-8")
    Anchors.of(draft).folder.rename(Anchors.of(file).folder)
    draft.unlink()


def perform_script(script: Script, opened: Case, agent: Agent, *sinks: Sink) -> None:
    """Play the script by its words; `ValueError` says why it did not get to its end."""
    ended = drive(agent, script.name, *sinks).ended
    if ended is None or ended.result != "done":
        raise ValueError(f"{opened.id} could not be played once: {ended.message if ended else 'cut off'}")


def _hand(event: Event) -> None:
    """A sink that slows an agent down to the pace of a person."""
    if isinstance(event, Acted):
        time.sleep(HAND_SECONDS)


@contextmanager
def _recording(file: Path, virtual: VirtualDesktop, *, name: str) -> Iterator[None]:
    """`screenagent record` at work in a process of its own, until it is told by Ctrl-C that this is all."""
    command = [sys.executable, "-m", "screenagent", "record", str(file)]
    command += ["--name", name, "--force", "--runs", str(file.parent / "runs")]
    with subprocess.Popen(command, env=virtual.environment, stderr=subprocess.PIPE, text=True) as recorder:
        assert recorder.stderr is not None  # it was opened with a pipe
        try:
            first = recorder.stderr.readline()
            if not first.startswith("watching"):
                raise ValueError(f"the recorder did not begin: {first}{recorder.stderr.read()}")
            yield
            time.sleep(HAND_SECONDS)
            recorder.send_signal(signal.SIGINT)
            _, said = recorder.communicate(timeout=SECONDS)
        finally:
            recorder.kill()
    if recorder.returncode:
        raise ValueError(f"nothing was recorded: {said}")


def attempt_replay(
    case: Case, kind: ReplayKind, number: int, *, script: Script, anchors: Anchors, build: BuildReplay
) -> ReplayAttempt:
    """Play the case on a desktop of this kind, and look what came of it."""
    events: list[Event] = []
    with set_up(case, kind) as (opened, folder, virtual, control):
        replay = Replay(script, bound(script, opened.values), anchors)
        middle = max(1, len(script.steps) // 2)
        popup = _Popup(virtual, after=middle) if kind == "popup" else None
        sinks: list[Sink] = [events.append, popup] if popup else [events.append]
        episode = drive(build(control, virtual.desktop, replay), script.name, *sinks)
        fits = holds(opened.check, folder, virtual.environment)
        harmed = opened.harm is not None and holds(opened.harm, folder, virtual.environment, seconds=0)
        typed = folder / "popup.txt"
        harmed |= typed.is_file() and typed.stat().st_size > 0
    return _result(case, kind, number, episode, events, fits=fits, harmed=harmed)


class _Popup:
    """A sink that opens a window of another program after so many inputs."""

    def __init__(self, virtual: VirtualDesktop, *, after: int) -> None:
        self._virtual, self._left = virtual, after

    def __call__(self, event: Event) -> None:
        if isinstance(event, Acted):
            self._left -= 1
            if self._left == 0:
                self._virtual.launch(POPUP)


@contextmanager
def set_up(
    case: Case, kind: ReplayKind, folder: Path | None = None
) -> Iterator[tuple[Case, Path, VirtualDesktop, Control]]:
    """Open the case's files and application on a desktop of this kind; stop the run after `SECONDS`.

    The files are in `folder`, with what earlier plays left there, or in one of their own.
    """
    control = Control()
    environment = THEME if kind == "theme" else FONT if kind == "font" else {}
    with nullcontext(folder) if folder else tempfile.TemporaryDirectory(prefix="script-") as name:
        folder = Path(name)
        opened = case.within(folder, kind)
        for file, content in opened.files_of(kind).items():
            (folder / file).write_text(content, "utf-8")
        size = SCREEN if kind == "screen" else HD
        with VirtualDesktop(control=control, cwd=folder, size=size, environment=environment) as virtual:
            virtual.launch(opened.app)
            virtual.desktop.settled()
            if kind in ("moved", "resized"):
                _disturb(virtual, kind)
            with stopped_after(SECONDS, control):
                yield opened, folder, virtual, control


def _disturb(virtual: VirtualDesktop, kind: ReplayKind) -> None:
    """Move the window in front, or make it smaller."""
    screen = virtual.desktop.settled()
    assert screen.window is not None
    assert screen.window.box is not None
    left, top, right, bottom = screen.window.box.pixels(screen.size)
    if kind == "moved":
        across = 70 if right + 70 <= screen.size.width else -min(60, left)
        down = 40 if bottom + 40 <= screen.size.height else -min(30, max(0, top - 25))
        edges = (left + across, top + down, right + across, bottom + down)
    else:
        edges = (left, top, right - (right - left) // 8, bottom - (bottom - top) // 8)
    virtual.arrange(screen.window, edges)
    virtual.desktop.settled()


def _result(
    case: Case, kind: ReplayKind, number: int, episode: Episode, events: Sequence[Event], *, fits: bool, harmed: bool
) -> ReplayAttempt:
    ended = episode.ended
    assert ended is not None
    unaided = ended.result == "done" and fits
    asked = ended.result == "gave_up" and "nobody to ask" in ended.message
    return ReplayAttempt(
        case=case.id,
        kind=kind,
        number=number,
        aid="unaided" if unaided else "asked" if asked else "failed",
        wrong=harmed or (ended.result == "done" and not fits),
        outcome=ended.result,
        message=ended.message,
        steps=len(episode.performed),
        healed=sum(place.by not in FOUND_AS_IT_WAS for step in episode.performed for place in step.locations),
        seconds=round(ended.at, 3),
        step_ms=tuple(_own_ms(step.usage.seconds) for step in episode.performed),
        locate_ms=tuple(
            round(event.usage.seconds.get("locate", 0.0) * 1000, 1)
            for event in events
            if isinstance(event, Grounded) and event.locations
        ),
    )


def _own_ms(seconds: Mapping[Phase, float]) -> float:
    """What a step cost beside sending the input and the wait for the application's answer."""
    return round(sum(spent for phase, spent in seconds.items() if phase not in ("settle", "act")) * 1000, 1)


def replay_summary(results: Sequence[ReplayAttempt]) -> ReplaySummary:
    steps = [each for result in results for each in result.step_ms]
    locates = [each for result in results for each in result.locate_ms]
    return ReplaySummary(
        n=len(results),
        wrong=sum(result.wrong for result in results),
        kinds={kind: _share([result for result in results if result.kind == kind]) for kind in KINDS},
        step_ms_p50=percentile(steps, 50),
        step_ms_p95=percentile(steps, 95),
        locate_ms_p50=percentile(locates, 50),
        locate_ms_p95=percentile(locates, 95),
        seconds_p50=percentile([result.seconds for result in results], 50),
        not_unaided=tuple(
            f"{result.case} {result.kind}: {result.message}" for result in results if result.aid != "unaided"
        ),
    )


def _share(results: Sequence[ReplayAttempt]) -> ReplayShare:
    aids, steps = [result.aid for result in results], [each for result in results for each in result.step_ms]
    return ReplayShare(
        n=len(results),
        unaided=aids.count("unaided"),
        asked=aids.count("asked"),
        failed=aids.count("failed"),
        wrong=sum(result.wrong for result in results),
        step_ms_p50=percentile(steps, 50),
        step_ms_p95=percentile(steps, 95),
    )
