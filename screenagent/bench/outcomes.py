"""What became of each task of a suite: out of a folder of results, or out of a file that another bench keeps."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from pydantic import Field, JsonValue, ValidationError

from screenagent.bench.ground import GroundResult
from screenagent.bench.mine import MinedResult
from screenagent.bench.miniwob.episodes import MiniwobResult
from screenagent.bench.run_costs import RunSpent, failure_in_run, run_spent
from screenagent.bench.tasks import TaskResult
from screenagent.errors import BadFile, UserError
from screenagent.fleet.results_folder import RESULTS, KeptAttempt, read_results_folder
from screenagent.geometry import Absent, Value

FALSE_DONE: Final = "said to be done, but it is not"
UNREADABLE: Final = "could not be carried out"


class SuiteOutcome(Value):
    """What became of one task in one epoch. `passed` is None if the machine broke it, so that nothing is known.

    `failure` is the class of what went wrong, empty if nothing did. `spent` is None if no run was recorded or its
    record cannot be read.
    """

    task: str
    epoch: int = 1
    app: str = ""
    passed: bool | None
    failure: str = ""
    message: str = ""
    seconds: float = 0.0
    spent: RunSpent | None = None
    run: Path | None = None

    @property
    def is_infra(self) -> bool:
        return self.passed is None


class SuiteOutcomes(Value):
    """All outcomes of a suite under one model and its settings; `asked` is what the header of its results says."""

    name: str
    asked: Mapping[str, JsonValue] = Field(default_factory=dict)
    outcomes: tuple[SuiteOutcome, ...]

    @property
    def answered(self) -> tuple[SuiteOutcome, ...]:
        """Those of which something is known."""
        return tuple(outcome for outcome in self.outcomes if not outcome.is_infra)


def read_outcomes(path: Path) -> SuiteOutcomes:
    """Return what a folder or a file of results holds. Raise `BadFile` if it is neither, or if nothing is in it."""
    found = _of_folder(path.parent if path.name == RESULTS else path) if _is_folder(path) else _of_file(path)
    if not found.outcomes:
        raise BadFile(f"{path} holds no results yet")
    return found


def named_apart(suites: Sequence[SuiteOutcomes]) -> list[SuiteOutcomes]:
    """Return the suites, with a number behind a name that several of them have."""
    taken = Counter(suite.name for suite in suites)
    return [
        suite.model_copy(update={"name": f"{suite.name} ({number})"}) if taken[suite.name] > 1 else suite
        for number, suite in enumerate(suites, start=1)
    ]


def _is_folder(path: Path) -> bool:
    return path.is_dir() or path.name == RESULTS


def _of_folder(folder: Path) -> SuiteOutcomes:
    header, attempts = read_results_folder(folder)
    last = {attempt.job: attempt for attempt in sorted(attempts, key=lambda attempt: attempt.number)}
    outcomes = [_of_attempt(attempt, folder / "runs", last) for attempt in last.values()]
    apps = {outcome.task: outcome.app for outcome in outcomes if outcome.app}
    return SuiteOutcomes(
        name=folder.resolve().name,
        asked=header.asked,
        outcomes=tuple(one.model_copy(update={"app": apps.get(one.task, "")}) for one in outcomes),
    )


def _of_attempt(attempt: KeptAttempt, runs: Path, jobs: Iterable[str]) -> SuiteOutcome:
    """Return the outcome of a job by its last attempt."""
    result = _task_result(attempt.detail)
    run = _last_run(attempt.job, runs, set(jobs))
    outcome = SuiteOutcome(
        task=attempt.task,
        epoch=attempt.epoch,
        app=result.app if result else "",
        passed=None if attempt.outcome == "infra" else attempt.outcome == "passed",
        message=attempt.message,
        seconds=attempt.seconds,
        spent=run_spent(run) if run else None,
        run=run,
    )
    return outcome.model_copy(update={"failure": _failure(outcome, result, attempt.cause)})


def _task_result(detail: JsonValue) -> TaskResult | None:
    try:
        return TaskResult.model_validate(detail)
    except ValidationError:
        return None


def _last_run(job: str, runs: Path, jobs: set[str]) -> Path | None:
    """Return the newest record of a job: an attempt that is made again has a number behind its name."""
    found, number = None, 1
    while True:
        name = job if number == 1 else f"{job}-{number}"
        if number > 1 and name in jobs:  # the record of another task
            return found
        if not (runs / name / "events.jsonl").is_file():
            return found
        found, number = runs / name, number + 1


def _failure(outcome: SuiteOutcome, result: TaskResult | None, cause: str | None) -> str:
    """Return the class of what went wrong, such as "gave up: not found"."""
    if outcome.is_infra:
        return f"the machine: {cause or 'unknown'}"
    if outcome.passed:
        return ""
    if result is None:
        return UNREADABLE
    if result.false_done:
        return FALSE_DONE
    said = result.outcome.replace("_", " ")
    code = failure_in_run(outcome.run) if outcome.run else None
    return f"{said}: {code.replace('_', ' ')}" if code else said


def _of_file(file: Path) -> SuiteOutcomes:
    """Return the results of a bench that keeps one a line; a last line that was cut off is left out."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadFile(f"{file} cannot be read: {error}") from error
    lines = text[: text.rfind("\n") + 1].splitlines()
    return SuiteOutcomes(name=file.stem, outcomes=tuple(_of_line(line, file, at) for at, line in enumerate(lines, 1)))


def _of_line(line: str, file: Path, number: int) -> SuiteOutcome:
    try:
        value = json.loads(line)
        known = next(kind for key, kind in _KINDS.items() if isinstance(value, dict) and key in value)
        return known(line)
    except (ValueError, StopIteration, UserError):
        raise BadFile(
            f"line {number} of {file} is no result of `bench tasks`, `ground`, `mine` or `miniwob`; name a folder of"
            " results, or a file of one of these"
        ) from None


def _of_ground(line: str) -> SuiteOutcome:
    result = GroundResult.model_validate_json(line)
    refused = isinstance(result.answer, Absent)
    passed = refused if result.bbox is None else result.strict
    wrong = "pointed at what is not there" if result.bbox is None else "called absent" if refused else "missed"
    asked = f"{result.picture}: {result.instruction}"
    place = result.bbox or result.painted
    return SuiteOutcome(
        task=f"{asked} {place}" if place else f"{asked} (absent)",
        app=result.app,
        passed=passed,
        failure="" if passed else wrong,
        seconds=(result.ms or 0.0) / 1000,
        spent=RunSpent(seconds=(result.ms or 0.0) / 1000, calls=result.calls) if result.calls is not None else None,
    )


def _of_miniwob(line: str) -> SuiteOutcome:
    result = MiniwobResult.model_validate_json(line)
    return SuiteOutcome(
        task=f"{result.asked.task} {result.asked.seed}",
        app=result.asked.task,
        passed=result.success,
        failure="" if result.success else result.reason or "failed",
        message=result.message,
        seconds=result.seconds,
    )


def _of_task(line: str) -> SuiteOutcome:
    result = TaskResult.model_validate_json(line)
    outcome = SuiteOutcome(
        task=result.id, app=result.app, passed=result.success, message=result.message, seconds=result.seconds
    )
    return outcome.model_copy(update={"failure": _failure(outcome, result, None)})


def _of_mined(line: str) -> SuiteOutcome:
    result = MinedResult.model_validate_json(line)
    wrong = "called absent" if isinstance(result.answer, Absent) else "missed"
    failure = "pointed at what was rejected" if result.kind == "rejected" else wrong
    seconds = result.ms / 1000
    return SuiteOutcome(
        task=f"{result.kind}: {result.instruction} ({result.correction})",
        app=result.app,
        passed=result.passed,
        failure="" if result.passed else failure,
        seconds=seconds,
        spent=RunSpent(seconds=seconds, calls=result.calls) if result.calls is not None else None,
    )


_KINDS: Final[Mapping[str, Callable[[str], SuiteOutcome]]] = {
    "correction": _of_mined,
    "picture": _of_ground,
    "asked": _of_miniwob,
    "step_wall_ms": _of_task,
}
"""How a line is read, by a field that only such lines have."""
