"""A terminal as a face of a run: what it asks, what it leaves to others, and what it says of them."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import pytest

from screenagent.actions import Ask, Click
from screenagent.approval import ApprovalQuestion
from screenagent.cli.attached import PlainFace, begin_at_terminal
from screenagent.control import Control
from screenagent.episode import Episode
from screenagent.events import (
    Abort,
    AnswerAsk,
    Approve,
    Decided,
    Decision,
    Grounded,
    Observed,
    Plan,
    PlannedStep,
    Reject,
    Started,
    Verdict,
)
from screenagent.fakes import plain_screen
from screenagent.geometry import Doubt, Guess, Location, Point
from screenagent.sessions.answers import Yes
from screenagent.sessions.messages import About
from screenagent.sessions.session import LOST_SECONDS, WANTED_SECONDS, Face, Session
from tests.builders import becomes

PLACES = tuple(Location(point=Point(x=x, y=0.5), confidence=0.6, by="text") for x in (0.2, 0.7))
SAVE = ApprovalQuestion(Click(target="Save"), PLACES[:1], None, Episode())
WHICH = ApprovalQuestion(Ask(question="Which account?"), (), None, Episode())
TYPE = Callable[[str], None]
AskFor = Callable[[ApprovalQuestion], "Future[Verdict | None]"]


@pytest.fixture
def typing(monkeypatch: pytest.MonkeyPatch) -> Iterator[TYPE]:
    """Types at the terminal; "" closes it."""
    ours, theirs = os.pipe()
    closed = threading.Event()

    def type_(text: str) -> None:
        if text:
            os.write(theirs, text.encode())
        else:
            os.close(theirs)
            closed.set()

    with open(ours, encoding="utf-8") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield type_
        if not closed.is_set():
            os.close(theirs)


class Clock:
    at = 0.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


def take(session: Session, face: Face, clock: Clock) -> None:
    """Take the yes from a holder that does not refuse."""
    assert not face.take()
    clock.at += WANTED_SECONDS
    assert session.holder == face.id


@pytest.fixture
def control() -> Control:
    return Control()


@pytest.fixture
def session(control: Control, clock: Clock) -> Iterator[Session]:
    session = Session(About(run="run", task="click Save", pid=1), control, seconds=20, now=clock)
    yield session
    control.stop()
    session.end()


@pytest.fixture
def asks(session: Session, typing: TYPE) -> Iterator[AskFor]:
    """Asks a question of a run whose terminal is a face of it."""
    left = begin_at_terminal(session)
    with ThreadPoolExecutor() as threads:
        yield lambda question: threads.submit(session.ask, question)
        session.end()
        left()


@pytest.mark.parametrize(
    ("question", "typed", "verdict"),
    [
        (SAVE, "y\n", Approve()),
        (SAVE, "a\na\n", Approve()),
        (SAVE, "not this one\n", Reject(reason="not this one")),
        (SAVE, "q\n", Abort()),
        (SAVE, "\n", Reject(reason="the user said no")),
        (SAVE, "", None),
        (WHICH, "mine\n", AnswerAsk(text="mine")),
        (WHICH, "\n", None),
    ],
    ids=["yes", "all", "no", "stop", "enter", "closed", "words", "no words"],
)
def test_what_is_typed_at_the_terminal_is_the_verdict(
    asks: AskFor, typing: TYPE, question: ApprovalQuestion, typed: str, verdict: Verdict | None
) -> None:
    asked = asks(question)
    typing(typed)
    assert asked.result(10) == verdict


def test_the_guess_of_a_number_is_picked(session: Session, asks: AskFor, typing: TYPE) -> None:
    guesses = tuple(Guess(words=f"{number}", location=place) for number, place in enumerate(PLACES))
    plan = Plan(steps=(PlannedStep(action=SAVE.action),))
    events = (
        Started(task="click Save"),
        Observed(screenshot=plain_screen(0)),
        Decided(decision=Decision(plan=plan)),
        Grounded(action=SAVE.action, locations=PLACES[:1], doubt=Doubt(why="two of them", guesses=guesses)),
    )
    for event in events:
        session(event)
    question = replace(SAVE, episode=Episode.of(events))
    asked = asks(question)
    typing("2\n")
    assert (picked := question.picked(2)) is not None
    assert asked.result(10) == picked


def test_another_face_may_ask_for_the_yes_and_the_terminal_says_who_answers_now(
    session: Session, clock: Clock, asks: AskFor, typing: TYPE, capsys: pytest.CaptureFixture[str]
) -> None:
    assert becomes(lambda: session.holder)
    asked = asks(SAVE)
    assert becomes(lambda: session.open_question)
    other = session.attach("the page", lambda: None)
    take(session, other, clock)
    other.answer(session.open_question, Yes())
    assert asked.result(10) == Approve()
    second = asks(SAVE)
    assert becomes(lambda: session.open_question)
    typing("n\n")  # which is not asked any more
    other.answer(session.open_question, Yes())
    assert second.result(10) == Approve()
    told = ""

    def is_told() -> bool:
        nonlocal told
        told += capsys.readouterr().err
        return told.count("answered by the page") == 2

    assert becomes(is_told)


def test_the_terminal_takes_the_yes_that_nobody_has(session: Session, clock: Clock, asks: AskFor) -> None:
    assert becomes(lambda: session.holder)
    terminal = session.holder
    other = session.attach("the page", lambda: None)
    take(session, other, clock)
    other.detach()
    assert becomes(lambda: session.holder == terminal)


def test_a_terminal_that_was_not_heard_of_for_a_while_takes_the_yes_again(
    session: Session, clock: Clock, typing: TYPE
) -> None:
    face = PlainFace(lambda news: session.attach("terminal", news, beats=True), outlives=True)
    threading.Thread(target=face.run, daemon=True).start()
    assert becomes(lambda: session.holder)
    with ThreadPoolExecutor() as threads:
        asked = threads.submit(session.ask, SAVE)
        clock.at += LOST_SECONDS + 1
        session.look()
        assert becomes(lambda: session.holder == face.attachment.id)
        typing("y\n")
        assert asked.result(10) == Approve()


def test_a_watcher_is_never_asked(session: Session, typing: TYPE) -> None:
    face = PlainFace(lambda news: session.attach("watcher", news, watches=True), takes_yes=False)
    following = threading.Thread(target=face.run)
    following.start()
    with ThreadPoolExecutor() as threads:
        asked = threads.submit(session.ask, SAVE)
        assert becomes(lambda: session.open_question)
        typing("y\n")
        holder = session.attach("holder", lambda: None)
        holder.answer(session.open_question, Yes())
        assert asked.result(10) == Approve()
    session.end("it broke")
    following.join(10)
    assert face.over is not None
    assert face.over.error == "it broke"


def test_a_terminal_that_is_closed_leaves_the_question_of_a_run_that_outlives_it_to_others(
    session: Session, typing: TYPE, capsys: pytest.CaptureFixture[str]
) -> None:
    face = PlainFace(lambda news: session.attach("terminal", news), outlives=True)
    following = threading.Thread(target=face.run, daemon=True)
    following.start()
    with ThreadPoolExecutor() as threads:
        asked = threads.submit(session.ask, SAVE)
        assert becomes(lambda: session.open_question)
        typing("")
        assert becomes(lambda: not session.holder)
        assert not asked.done()
        session.attach("another", lambda: None).answer(session.open_question, Yes())
        assert asked.result(10) == Approve()
    session.end()
    following.join(10)
    assert capsys.readouterr().err.count("only watches") == 1
