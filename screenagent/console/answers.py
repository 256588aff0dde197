"""Bring a person's answers from the console's thread to the agent's, which waits for them."""

from __future__ import annotations

from collections.abc import Callable
from queue import Empty, SimpleQueue

from screenagent.approval import ApprovalQuestion
from screenagent.approval.answers import Answers, AnswerTime
from screenagent.control import Control, KeyAnswer
from screenagent.events import Abort, Approve, Verdict
from screenagent.geometry import Location


class ConsoleAnswers:
    """Show a question, and wait without polling until `answer` is called, stop is said, or the time is over."""

    def __init__(
        self,
        control: Control,
        show: Callable[[ApprovalQuestion], object],
        *,
        seconds: float | None = None,
        hears: Callable[[KeyAnswer], object] | None = None,
    ) -> None:
        self._show = show
        self._answers = Answers(control, seconds=seconds, hears=hears)
        # A stop may come from a signal handler in the middle of a put, which a simple queue survives.
        self._given: SimpleQueue[Verdict | None] = SimpleQueue()
        control.on_stop(lambda: self._given.put(Abort()))

    def __call__(self, question: ApprovalQuestion) -> Verdict | None:
        self._discard_late_answers()
        return self._answers.verdict(question, self._ask)

    def answer(self, verdict: Verdict | None) -> None:
        """Answer the question that was shown last; None is no answer, which is a no."""
        self._given.put(verdict)

    def approve_all(self, question: ApprovalQuestion, locations: tuple[Location, ...]) -> Approve:
        """Return the answer that approves the action at `locations`, and all actions of its kind from here on."""
        return self._answers.approve_all(question, locations)

    def _ask(self, question: ApprovalQuestion, time: AnswerTime) -> Verdict | None:
        self._show(question)
        while not time.has_run_out():
            try:
                return self._given.get(timeout=time.left)
            except Empty:
                continue
        return None

    def _discard_late_answers(self) -> None:
        """Drop the answers that came after the time for them was over: they don't answer the next question."""
        while not self._given.empty():
            self._given.get()
