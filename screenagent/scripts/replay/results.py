"""Results of replays: a line of JSON for each, appended when it ends, and JUnit XML for test reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from junitparser import Failure, JUnitXml, TestCase, TestSuite
from pydantic import ValidationError

from screenagent.episode import Episode
from screenagent.errors import BadFile
from screenagent.events import RunResult
from screenagent.files import read_whole
from screenagent.geometry import Value
from screenagent.scripts.replay.healing import FOUND_AS_IT_WAS
from screenagent.showing import visible, visible_json

LARGEST_RESULTS: Final = 1 << 30
"""Bytes; some hundred a replay."""


class ReplayResult(Value):
    """The result of one replay.

    `row` counts from 1 if there are rows. `healed` is how many targets were not found where they were and as they
    looked. Of the performed `steps`, `confirmed` showed what they named, and `changed` only changed something. `values`
    are those of the parameters that are not secret.
    """

    script: str
    row: int | None = None
    values: Mapping[str, str] = {}
    outcome: RunResult
    message: str = ""
    steps: int = 0
    confirmed: int = 0
    changed: int = 0
    healed: int = 0
    seconds: float = 0.0
    run: str = ""

    @property
    def name(self) -> str:
        values = ", ".join(f"{name}={value}" for name, value in self.values.items())
        return f"row {self.row}: {values}" if self.row else values or self.script


def result(
    script: str, episode: Episode, values: Mapping[str, str], *, row: int | None, run: Path | None
) -> ReplayResult:
    ended = episode.ended
    outcomes = Counter(step.effect.outcome for step in episode.performed if step.effect)
    return ReplayResult(
        script=script,
        row=row,
        values=values,
        outcome=ended.result if ended else "stopped",
        message=ended.message if ended else "",
        steps=len(episode.performed),
        confirmed=outcomes["confirmed"],
        changed=outcomes["changed"],
        healed=sum(place.by not in FOUND_AS_IT_WAS for step in episode.performed for place in step.locations),
        seconds=round(ended.at, 3) if ended else 0.0,
        run=str(run or ""),
    )


def append(file: Path, found: ReplayResult) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    line = visible_json(found.model_dump_json().encode() + b"\n")
    with file.open("ab") as lines:
        lines.write(line)


def read_results(file: Path) -> list[ReplayResult]:
    """What an earlier call left there; raises `BadFile` that names a line that is not a result."""
    if not file.exists():
        return []
    found: list[ReplayResult] = []
    for number, line in enumerate(read_whole(file, most=LARGEST_RESULTS).decode("utf-8").splitlines(), start=1):
        try:
            found.append(ReplayResult.model_validate_json(line))
        except ValidationError as error:
            raise BadFile(
                f"{file}, line {number} is no result: {error.errors()[0]['msg']}; use another file"
            ) from error
    return found


def done_rows(earlier: Iterable[ReplayResult], rows: Sequence[Mapping[str, str]]) -> set[int]:
    """The rows that need not be played again: they are done, and say the same as then."""
    return {
        found.row
        for found in earlier
        if found.row is not None
        and found.outcome == "done"
        and found.row <= len(rows)
        and dict(found.values) == dict(rows[found.row - 1])
    }


def junit(name: str, results: Iterable[ReplayResult]) -> JUnitXml:
    suite = TestSuite(visible(name))
    suite.add_testcases([_junit_case(found) for found in results])  # one by one, all are counted again for each
    xml = JUnitXml()
    xml.add_testsuite(suite)
    return xml


def _junit_case(found: ReplayResult) -> TestCase:
    case = TestCase(visible(found.name), classname=visible(found.script), time=found.seconds)
    if found.outcome != "done":
        case.result = [Failure(message=visible(found.message), type_=found.outcome)]
    counts = f"{found.steps} performed, {found.confirmed} confirmed, {found.changed} only changed something"
    case.system_out = f"{counts}; recorded in {visible(found.run)}" if found.run else counts
    return case
