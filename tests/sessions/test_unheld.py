"""A question that nobody is there to answer is told of, once; one that somebody can answer is not."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

import pytest

from screenagent.actions import Click, Target
from screenagent.approval import ApprovalQuestion
from screenagent.control import Control
from screenagent.episode import Episode
from screenagent.events import Observed, Verdict
from screenagent.fakes import plain_screen
from screenagent.sessions.answers import Yes
from screenagent.sessions.entries import Entry
from screenagent.sessions.messages import About
from screenagent.sessions.session import Session
from screenagent.sessions.unheld import UnheldQuestions
from tests.builders import becomes

SEND = ApprovalQuestion(Click(target=Target(words="Send")), (), "it sends", Episode())


class Asking:
    """A session whose questions are asked in a thread of its own, and what was told of it."""

    def __init__(self) -> None:
        control = Control()
        self.session = Session(About(run="run", task="send it", pid=1), control, seconds=60)
        self.told: list[Entry] = []
        self.stop = control.stop
        self._threads = ThreadPoolExecutor()

    def ask(self) -> Future[Verdict | None]:
        asking = self._threads.submit(self.session.ask, SEND)
        assert becomes(lambda: self.session.open_question)
        return asking

    def watched(self) -> UnheldQuestions:
        return UnheldQuestions(self.session, self.told.append, seconds=0.05)


@pytest.fixture
def asking() -> Iterator[Asking]:
    made = Asking()
    watch = made.watched()
    yield made
    made.stop()
    watch.close()


def test_a_question_without_a_holder_is_told_of_once(asking: Asking) -> None:
    asking.session(Observed(screenshot=plain_screen(9)))
    asking.ask()
    assert becomes(lambda: asking.told)
    [entry] = asking.told
    assert (entry.kind, entry.what, entry.why) == ("live", "click “Send”", "it sends")
    assert entry.screen == plain_screen(9).digest
    asking.session.attach("console", lambda: None).detach()
    threading.Event().wait(0.15)
    assert len(asking.told) == 1


def test_a_question_that_somebody_can_answer_is_not_told_of(asking: Asking) -> None:
    face = asking.session.attach("console", lambda: None)
    answer = asking.ask()
    threading.Event().wait(0.15)
    assert asking.told == []
    face.answer(asking.session.open_question, Yes())
    answer.result(5)


def test_a_question_whose_holder_leaves_is_told_of(asking: Asking) -> None:
    face = asking.session.attach("console", lambda: None)
    asking.ask()
    face.detach()
    assert becomes(lambda: asking.told)


def is_told(asking: Asking, number: int) -> bool:
    return len(asking.told) == number


def test_each_question_is_told_of(asking: Asking) -> None:
    for number in (1, 2):
        answer = asking.ask()
        assert becomes(partial(is_told, asking, number))
        face = asking.session.attach("console", lambda: None)
        face.answer(asking.session.open_question, Yes())
        answer.result(5)
        face.detach()
