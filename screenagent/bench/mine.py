"""`bench mine`: how a grounder answers what people once corrected in runs on this machine."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from screenagent.bench.corrections import Correction, CorrectionKind, Mined
from screenagent.bench.results import keep_results, percentile, read_bench_results, share, wilson
from screenagent.geometry import Absent, Location, Value
from screenagent.protocols import Grounder
from screenagent.runs.store import read_events, with_picture
from screenagent.screenshot import Screenshot


class MinedResult(Value):
    """One answer. `passed`: it points into the right place, or, of what was rejected, not there again."""

    correction: str
    kind: CorrectionKind
    app: str
    instruction: str
    answer: Location | Absent
    passed: bool
    ms: float
    calls: int | None = None


class MinedScore(Value):
    n: int
    passed: int
    rate: float | None
    interval: tuple[float, float] | None


class MinedApp(Value):
    """The answers for one application, by what the person did."""

    app: str
    moved: MinedScore
    reworded: MinedScore
    rejected: MinedScore


class MineSummary(Value):
    """`placed` are the items with a right place (moved or reworded); `rejected` ones only say where not to point.

    `unseen` items have no picture any more, and `unreadable` are runs.
    """

    runs: int
    items: int
    unseen: int
    unreadable: int
    placed: MinedScore
    rejected: MinedScore
    by_app: tuple[MinedApp, ...]
    ms_p50: float | None


def run_mine(
    mined: Mined,
    grounder: Grounder,
    *,
    results: Path,
    calls: Callable[[], int] | None = None,
    progress: Callable[[int, int], object] = lambda *_: None,
) -> MineSummary:
    """Ask for every item that `results` has no answer to; the answers are appended there, to go on from."""
    known = {result.correction: result for result in read_bench_results(results, MinedResult.model_validate_json)}
    todo = [item for item in mined.found if item.id not in known]
    screens = _Screens()
    results.parent.mkdir(parents=True, exist_ok=True)
    for number, item in enumerate(todo, start=1):
        known[item.id] = _ask(item, screens.of(item), grounder, calls)
        keep_results(results, known[item.id])
        progress(number, len(todo))
    return mine_summary(mined, [known[item.id] for item in mined.found])


class _Screens:
    """The screens of corrections with their pictures; those of the last run are kept."""

    def __init__(self) -> None:
        self._run: Path | None = None
        self._screens: dict[str, Screenshot] = {}

    def of(self, item: Correction) -> Screenshot:
        if self._run != item.run:
            self._run = item.run
            events = read_events(item.run, pictures=False)
            self._screens = {event.screenshot.digest: event.screenshot for event in events if event.event == "observed"}
        return with_picture(self._screens[item.digest], item.run)


def correction_screen(item: Correction) -> Screenshot:
    """Return the screen that a person saw when they corrected, with its picture."""
    return _Screens().of(item)


def _ask(item: Correction, screenshot: Screenshot, grounder: Grounder, calls: Callable[[], int] | None) -> MinedResult:
    before, asked = time.perf_counter(), calls() if calls else 0
    answer = grounder.locate(item.instruction, screenshot)
    hits = isinstance(answer, Location) and answer.point in item.box(screenshot)
    return MinedResult(
        correction=item.id,
        kind=item.kind,
        app=item.app,
        instruction=item.instruction,
        answer=answer,
        passed=not hits if item.kind == "rejected" else hits,
        ms=(time.perf_counter() - before) * 1000,
        calls=calls() - asked if calls else None,
    )


def mine_summary(mined: Mined, results: Sequence[MinedResult]) -> MineSummary:
    by_app: dict[str, list[MinedResult]] = defaultdict(list)
    for result in results:
        by_app[result.app].append(result)
    return MineSummary(
        runs=mined.runs,
        items=len(mined.found),
        unseen=mined.unseen,
        unreadable=len(mined.unreadable),
        placed=_mined_score(result for result in results if result.kind != "rejected"),
        rejected=_of_kind(results, "rejected"),
        by_app=tuple(
            MinedApp(
                app=app,
                moved=_of_kind(some, "moved"),
                reworded=_of_kind(some, "reworded"),
                rejected=_of_kind(some, "rejected"),
            )
            for app, some in sorted(by_app.items())
        ),
        ms_p50=percentile([result.ms for result in results], 50),
    )


def _of_kind(results: Iterable[MinedResult], kind: CorrectionKind) -> MinedScore:
    return _mined_score(result for result in results if result.kind == kind)


def _mined_score(results: Iterable[MinedResult]) -> MinedScore:
    tried = list(results)
    n, passed = len(tried), sum(result.passed for result in tried)
    return MinedScore(n=n, passed=passed, rate=share(passed, n), interval=wilson(passed, n))
