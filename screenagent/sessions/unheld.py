"""Tells of the questions of a run that nobody is there to answer, by the user's own command."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from screenagent.events import Observed
from screenagent.sessions.entries import Entry
from screenagent.sessions.live_questions import FACE, live_entry
from screenagent.sessions.messages import EventTold, HolderTold, Message, OverTold, QuestionClosed, QuestionTold
from screenagent.sessions.notify import Notifier
from screenagent.sessions.session import Session

UNHELD_SECONDS: Final = 2.0
"""A question that is open for so long while nobody holds the yes is told of."""


class UnheldQuestions:
    """A face that only watches, in a thread of its own. Each question is told of once."""

    def __init__(self, session: Session, tell: Callable[[Entry], object], *, seconds: float = UNHELD_SECONDS) -> None:
        self._tell, self._seconds = tell, seconds
        self._came = threading.Event()
        self._question: QuestionTold | None = None
        self._holder = self._screen = ""
        self._unheld_at: float | None = None
        self._is_over = False
        self._face = session.attach(FACE, self._came.set, watches=True)
        self._thread = threading.Thread(target=self._watch, name="unheld questions", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._is_over = True
        self._came.set()
        self._thread.join(self._seconds)
        self._face.detach()

    def _watch(self) -> None:
        while not self._is_over:
            self._came.wait(self._left())
            self._came.clear()
            for message in self._face.read():
                self._hear(message)
            self._look()

    def _hear(self, message: Message) -> None:
        match message:
            case EventTold(event=Observed(screenshot=screen)):
                self._screen = screen.digest
            case QuestionTold():
                self._question = message
            case QuestionClosed():
                self._question = None
            case HolderTold(id=id):
                self._holder = id
            case OverTold():
                self._is_over = True

    def _look(self) -> None:
        """Tell of the question if it was unheld for long enough; it is forgotten then."""
        if self._question is None or self._holder:
            self._unheld_at = None
        elif self._unheld_at is None:
            self._unheld_at = time.monotonic()
        elif not self._left():
            self._tell(live_entry(self._face.about, self._question, holder="", screen=self._screen))
            self._question = None

    def _left(self) -> float | None:
        """Seconds until the question is to be told of; None if no question waits unheld."""
        if self._unheld_at is None:
            return None
        return max(0.0, self._unheld_at + self._seconds - time.monotonic())


def tell_of_unheld(session: Session, command: str | None, say: Callable[[str], object]) -> Callable[[], object]:
    """Begin to tell of a run's questions by `command`; return what ends that."""
    if command is None:
        return lambda: None
    notifier = Notifier(command, say)
    watch = UnheldQuestions(session, notifier)

    def end() -> None:
        watch.close()
        notifier.close()

    return end
