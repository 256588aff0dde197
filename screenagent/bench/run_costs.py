"""What a recorded run spent: seconds, calls of models, tokens."""

from __future__ import annotations

from pathlib import Path

from screenagent.errors import BadFile
from screenagent.events import Ended, Failed, FailureCode
from screenagent.geometry import Value
from screenagent.runs.store import read_events
from screenagent.usage import Usage


class RunSpent(Value):
    """What one run spent, or several in all. `calls` are the requests that were sent to models."""

    seconds: float = 0.0
    calls: int = 0
    tokens: int = 0

    def __add__(self, other: RunSpent) -> RunSpent:
        return RunSpent(
            seconds=self.seconds + other.seconds, calls=self.calls + other.calls, tokens=self.tokens + other.tokens
        )


class SpentPerSuccess(Value):
    """What was spent on all runs, divided by the successes among them; `runs` are those whose record says it."""

    runs: int
    successes: int
    seconds: float | None
    calls: float | None
    tokens: float | None


def run_spent(folder: Path) -> RunSpent | None:
    """Return what the run in `folder` spent; None if its record cannot be read."""
    used, seconds = Usage(), 0.0
    try:
        for event in read_events(folder, pictures=False):
            used, seconds = used + event.usage, event.at
    except (BadFile, OSError):
        return None
    tokens = used.prompt_tokens + used.thought_tokens + used.answer_tokens
    return RunSpent(seconds=round(seconds, 3), calls=used.requests, tokens=tokens)


def failure_in_run(folder: Path) -> FailureCode | None:
    """Return the code of the last failure of a run, which is mostly what ended it; None if there was none."""
    last = None
    try:
        for event in read_events(folder, pictures=False):
            if isinstance(event, Failed):
                last = event.code
            elif not isinstance(event, Ended) and event.event == "checked":
                last = None
    except (BadFile, OSError):
        return None
    return last


def spent_per_success(spent: list[tuple[bool, RunSpent]]) -> SpentPerSuccess:
    """Return the cost of a success, that of the failures included: each comes with whether it passed."""
    successes = sum(passed for passed, _ in spent)
    total = sum((one for _, one in spent), RunSpent())

    def each(whole: float, digits: int) -> float | None:
        return round(whole / successes, digits) if successes else None

    return SpentPerSuccess(
        runs=len(spent),
        successes=successes,
        seconds=each(total.seconds, 2),
        calls=each(total.calls, 2),
        tokens=each(total.tokens, 1),
    )
