"""A person at the machine who is attached, over its socket, to the runs of servers in other processes."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

from screenagent.sessions.answers import Answer, Yes
from screenagent.sessions.attachment import NotGranted
from screenagent.sessions.client import RemoteAttachment
from screenagent.sessions.messages import OverTold, QuestionTold
from screenagent.sessions.place import live_runs
from tests.builders import eventually

LOOK_SECONDS: Final = 0.01
RUNS_SECONDS: Final = 0.05
"""How often it is looked for new runs."""


@dataclass(frozen=True)
class Asked:
    """A question of a run, which can be answered late, too."""

    attachment: RemoteAttachment
    question: QuestionTold

    def answered(self, answer: Answer) -> bool:
        """Answer it; return whether the run took the answer."""
        try:
            self.attachment.answer(self.question.id, answer)
        except NotGranted:  # it is closed, or its run is over
            return False
        return True


class RemotePerson:
    """Gives every question `answer`, or none if that is None; `yeses` are the moments just before each yes."""

    def __init__(self) -> None:
        self.answer: Answer | None = Yes()
        self.asked: list[Asked] = []
        self.yeses: list[float] = []
        self.told = 0
        """Messages of all runs so far."""
        self._left = threading.Event()
        self._attached: dict[str, RemoteAttachment] = {}

    @property
    def notes(self) -> list[str]:
        return [asked.question.note for asked in self.asked]

    @contextmanager
    def at_work(self) -> Iterator[RemotePerson]:
        thread = threading.Thread(target=self._work, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._left.set()
            thread.join(10)
            for attachment in self._attached.values():
                attachment.detach()

    def is_asked(self, times: int) -> Asked:
        """Wait until so many questions have been asked in all; return the last of them."""
        eventually(lambda: len(self.asked) >= times, seconds=30, seen=lambda: f"{len(self.asked)} questions")
        return self.asked[times - 1]

    def say_yes(self, asked: Asked) -> bool:
        self.yeses.append(time.monotonic())
        return asked.answered(Yes())

    def _work(self) -> None:
        looked = 0.0
        while not self._left.wait(LOOK_SECONDS):
            if time.monotonic() - looked > RUNS_SECONDS:
                self._attach()
                looked = time.monotonic()
            for name, attachment in tuple(self._attached.items()):
                self._listen(name, attachment)

    def _attach(self) -> None:
        for run in live_runs():
            if run.name not in self._attached:  # a run may have the name of one that is over
                with suppress(NotGranted):  # it is over already
                    self._attached[run.name] = RemoteAttachment(run, "the person", lambda: None)

    def _listen(self, name: str, attachment: RemoteAttachment) -> None:
        for message in attachment.read():
            self.told += 1
            if isinstance(message, OverTold):
                del self._attached[name]
                attachment.detach()
            elif isinstance(message, QuestionTold):
                self.asked.append(asked := Asked(attachment, message))
                if isinstance(self.answer, Yes):
                    self.say_yes(asked)
                elif self.answer is not None:
                    asked.answered(self.answer)
