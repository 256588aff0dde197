"""How the answers of a person count, whichever face asks for them."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from screenagent.actions import Ask
from screenagent.approval.approvers import ApprovalQuestion
from screenagent.control import Control, KeyAnswer
from screenagent.events import AnswerAsk, Approve, Reject, Verdict
from screenagent.geometry import Location

QUIET_SECONDS: Final = 0.5
"""How long a question takes no answer: keys that were on their way to something else are not meant for it."""

AGAIN_SECONDS: Final = 2.0
"""How soon the second key has to follow where one key is not enough."""

Clock = Callable[[], float]


class QuietTime:
    """The time at the start of a question in which keys are no answers. Every key in it begins it anew.

    A no and a stop count all the time.
    """

    def __init__(self, seconds: float = QUIET_SECONDS, *, now: Clock = time.monotonic) -> None:
        self._seconds, self._now = seconds, now
        self.begin()

    def begin(self) -> None:
        self.over_at = self._now() + self._seconds

    def key(self) -> None:
        """Say that a key was pressed."""
        if not self.is_over:
            self.begin()

    @property
    def left(self) -> float:
        """Seconds."""
        return max(0.0, self.over_at - self._now())

    @property
    def is_over(self) -> bool:
        return self._now() >= self.over_at


class TwiceInTime:
    """Something that has to be said twice in a row, the second time within `AGAIN_SECONDS`."""

    def __init__(self, *, now: Clock = time.monotonic) -> None:
        self._now = now
        self._until = -math.inf

    @property
    def begun(self) -> bool:
        """Whether it was said once, and there is time left for the second time."""
        return self._now() < self._until

    def said(self) -> bool:
        """Return whether this was the second time."""
        second, self._until = self.begun, self._now() + AGAIN_SECONDS
        if second:
            self.forget()
        return second

    def forget(self) -> None:
        """Something else was said."""
        self._until = -math.inf


class Answers:
    """Remember which kinds of action a person has approved for good, and ask about everything else.

    An approval of all actions of a kind covers neither a risky action nor a question of the agent.
    """

    def __init__(
        self,
        control: Control,
        *,
        seconds: float | None = None,
        hears: Callable[[KeyAnswer], object] | None = None,
        deserted: Callable[[], bool] = lambda: False,
    ) -> None:
        """`seconds` is the time for an answer; None sets no limit. `hears` is told of the user's answer keys.

        `deserted` says whether whoever paused the run is not there any more.
        """
        self._deserted = deserted
        self._control = control
        self._hears = hears
        self._seconds = seconds
        self._approved_kinds: set[str] = set()

    def verdict(
        self, question: ApprovalQuestion, ask: Callable[[ApprovalQuestion, AnswerTime], Verdict | None]
    ) -> Verdict | None:
        """Return the approval given earlier, or what `ask` returns; None means that nobody answered, which is a no."""
        self._control.check()
        if can_cover(question) and question.action.kind in self._approved_kinds:
            return Approve()
        in_words = isinstance(question.action, Ask)
        with self._control.asking(None if in_words else self._hears) as note:
            time = AnswerTime(self._control, self._seconds, deserted=self._deserted)
            said = ask(replace(question, note=note), time)
        self._control.check_lost()  # nobody has answered then
        return said

    def approve_all(self, question: ApprovalQuestion, locations: tuple[Location, ...] = ()) -> Approve:
        """Approve the action at `locations`, and from now on every action of its kind without asking."""
        self._approved_kinds.add(question.action.kind)
        return Approve(locations=locations)


class AnswerTime:
    """The time for one answer. While the user has the desktop, it does not run out, unless they have left it so."""

    def __init__(
        self, control: Control, seconds: float | None, *, deserted: Callable[[], bool] = lambda: False
    ) -> None:
        self.seconds = seconds
        self._control, self._deserted = control, deserted
        self._end = self._full_time_from_now()

    @property
    def left(self) -> float | None:
        """Seconds until `has_run_out` can be true; None without a limit."""
        return None if self.seconds is None else max(0.0, self._end - time.monotonic())

    def has_run_out(self) -> bool:
        if time.monotonic() >= self._end and self._control.paused and not self._deserted():
            self._end = self._full_time_from_now()
        return time.monotonic() >= self._end

    def _full_time_from_now(self) -> float:
        return math.inf if self.seconds is None else time.monotonic() + self.seconds


def can_cover(question: ApprovalQuestion) -> bool:
    """Whether an approval of all actions of a kind may answer this question."""
    return question.risk is None and not isinstance(question.action, Ask)


def rejection(reason: str) -> Reject:
    """Return the no of a person who gave this reason, or none."""
    return Reject(reason=reason.strip() or "the user said no")


def reply(text: str | None) -> AnswerAsk | None:
    """Return the answer to a question of the agent; an empty one is no answer."""
    return AnswerAsk(text=text) if text else None
