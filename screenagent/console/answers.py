"""Where the agent waits for a person: it asks from its own thread, the answer comes from the screen's."""

from __future__ import annotations

from collections.abc import Callable
from queue import Empty, SimpleQueue

from screenagent.actions import Ask
from screenagent.approval import ApprovalQuestion
from screenagent.control import Control
from screenagent.events import Abort, Approve, Verdict


class ConsoleAnswers:
    """Asks by `show`, and waits without polling until `answer` is called, stop is said, or `seconds` are over.

    The time while the user has the desktop does not count.
    """

    def __init__(
        self, control: Control, show: Callable[[ApprovalQuestion], object], *, seconds: float | None = None
    ) -> None:
        self._show = show
        self._seconds = seconds
        self._kinds: set[str] = set()
        self._control = control
        # A stop may come from a signal handler, in the middle of a put: a simple queue bears that.
        self._answers: SimpleQueue[Verdict | None] = SimpleQueue()
        control.on_stop(lambda: self._answers.put(Abort()))

    def __call__(self, question: ApprovalQuestion) -> Verdict | None:
        self._forget_late_answers()
        self._control.check()
        if question.action.kind in self._kinds and question.risk is None and not isinstance(question.action, Ask):
            return Approve()
        with self._control.asking():
            self._show(question)
            return self._answer_in_time()

    def _answer_in_time(self) -> Verdict | None:
        while True:
            try:
                return self._answers.get(timeout=self._seconds)
            except Empty:
                if not self._control.paused:
                    return None

    def _forget_late_answers(self) -> None:
        """An answer that came when the time for it was over is none to the next question."""
        while not self._answers.empty():
            self._answers.get()

    def answer(self, verdict: Verdict | None) -> None:
        """To the question that was shown last; None is no answer, which is a no."""
        self._answers.put(verdict)

    def approve_all(self, kind: str) -> None:
        """Let every action of `kind` through from here on, risky ones aside."""
        self._kinds.add(kind)
