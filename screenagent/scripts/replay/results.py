"""Results of replays, and JUnit XML of them for test reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from junitparser import Failure, JUnitXml, TestCase, TestSuite
from pydantic import Field

from screenagent.actions import Action, Ask, Click, Drag, Finish, PressKeys, TypeText, describe, usual_expectation
from screenagent.episode import Episode, Step
from screenagent.events import RunResult
from screenagent.geometry import Value
from screenagent.scripts.replay.healing import FOUND_AS_IT_WAS
from screenagent.scripts.replay.replay import Replay
from screenagent.showing import abridged, visible


def _is_empty(value: object) -> bool:
    return not value


class ReplayResult(Value):
    """The result of one replay.

    `row` counts from 1 if there are rows, `id` is the row's name in the results file, and `key` is its value in the key
    column. `healed` is how many targets were not found where they were and as they looked. Of the performed `steps`,
    `confirmed` showed what they named, and `changed` only changed something. `values` are those of the parameters that
    are not secret, `defaults` the names of those that nobody gave, and `outputs` were read off the screen. `set_aside`
    is why the script left the row to a person, `doubt` is why nobody knows whether the row took effect, `failed_at` is
    the action that failed, `screen` the digest of the screenshot after it, and `remarks` are what did not hold and did
    not end the row.
    """

    script: str
    row: int | None = None
    id: str = Field(default="", exclude_if=_is_empty)
    key: str = Field(default="", exclude_if=_is_empty)
    values: Mapping[str, str] = {}
    defaults: tuple[str, ...] = Field(default=(), exclude_if=_is_empty)
    outcome: RunResult
    message: str = ""
    outputs: Mapping[str, str] = Field(default={}, exclude_if=_is_empty)
    set_aside: str = Field(default="", exclude_if=_is_empty)
    doubt: str = Field(default="", exclude_if=_is_empty)
    failed_at: str = Field(default="", exclude_if=_is_empty)
    screen: str = Field(default="", exclude_if=_is_empty)
    remarks: tuple[str, ...] = Field(default=(), exclude_if=_is_empty)
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


def result(replay: Replay, episode: Episode, *, run: Path | None) -> ReplayResult:
    """Return the result of a replay that is over; `run` is the folder that it is recorded in."""
    ended = episode.ended
    is_done = ended is not None and ended.result == "done"
    outcomes = Counter(step.effect.outcome for step in episode.performed if step.effect)
    failed = None if is_done else _failed_step(episode.steps[: replay.notes.failed_after])
    return ReplayResult(
        script=replay.script.name,
        values=replay.public_values,
        outcome=ended.result if ended else "stopped",
        message=ended.message if ended else "",
        outputs=replay.notes.outputs,
        set_aside="" if is_done else replay.notes.set_aside,
        doubt="" if is_done else doubt(episode.steps[: replay.notes.failed_after]),
        failed_at=abridged(describe(failed.action)) if failed and failed.action else "",
        screen=(failed.after or failed.before).digest if failed else "",
        remarks=tuple(replay.notes.remarks),
        steps=len(episode.performed),
        confirmed=outcomes["confirmed"],
        changed=outcomes["changed"],
        healed=sum(place.by not in FOUND_AS_IT_WAS for step in episode.performed for place in step.locations),
        seconds=round(ended.at, 3) if ended else 0.0,
        run=str(run or ""),
    )


def _failed_step(steps: Sequence[Step]) -> Step | None:
    """Return the last step that was to do something, which is the one that failed."""
    return next((step for step in reversed(steps) if step.action and not isinstance(step.action, Ask | Finish)), None)


def doubt(steps: Sequence[Step]) -> str:
    """Return why a row that did not end well may have taken effect all the same; empty if it did not.

    A click or a key that was sent last may have saved what was typed before, unless the screen said that it failed.
    """
    sent = [step for step in steps if step.sent]
    if not sent or not _may_commit(sent[-1]) or sent[-1].outcome == "contradicted":
        return ""
    if sent[-1].outcome == "confirmed":
        return "its last input took effect before it failed"
    return "nobody knows whether its last input took effect"


def _may_commit(step: Step) -> bool:
    """Whether an input can be what saves or sends; a click into the field that is typed into next is not."""
    match step.action:
        case Click():
            return not isinstance(_planned_next(step), TypeText)
        case TypeText(text=text):
            return "\n" in text
        case Drag() | PressKeys() as action:
            return usual_expectation(action) is not None
        case _:
            return False


def _planned_next(step: Step) -> Action | None:
    decision = step.decision
    following = decision.plan.steps[decision.at + 1 : decision.at + 2] if decision else ()
    return following[0].action if following else None


def junit(name: str, results: Iterable[ReplayResult]) -> JUnitXml:
    return junit_suite(name, (_junit_case(found) for found in results))


def junit_suite(name: str, cases: Iterable[TestCase]) -> JUnitXml:
    suite = TestSuite(visible(name))
    suite.add_testcases(list(cases))  # one by one, all are counted again for each
    xml = JUnitXml()
    xml.add_testsuite(suite)
    return xml


def junit_case(name: str, script: str, *, seconds: float, counts: str, run: str) -> TestCase:
    """Return a test case that has passed; `counts` says what was performed, `run` is the folder it is recorded in."""
    case = TestCase(visible(name), classname=visible(script), time=seconds)
    case.system_out = f"{counts}; recorded in {visible(run)}" if run else counts
    return case


def _junit_case(found: ReplayResult) -> TestCase:
    counts = f"{found.steps} performed, {found.confirmed} confirmed, {found.changed} only changed something"
    case = junit_case(found.name, found.script, seconds=found.seconds, counts=counts, run=found.run)
    if found.outcome != "done":
        case.result = [Failure(message=visible(found.message), type_=found.outcome)]
    return case
