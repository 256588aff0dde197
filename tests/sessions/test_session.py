"""A session: who may answer, what counts as an answer, and what a face that comes later is told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from screenagent.actions import Click, Target
from screenagent.approval import ApprovalQuestion
from screenagent.control import Control, Stopped
from screenagent.episode import Episode
from screenagent.events import Abort, Approve, LookAgain, Reject, Started, Verdict
from screenagent.geometry import Location, Point
from screenagent.sessions.answers import No, StopRun, Yes
from screenagent.sessions.attachment import NotGranted
from screenagent.sessions.messages import About, EventTold, HolderTold, QuestionClosed, QuestionTold, Steering
from screenagent.sessions.session import LOST_SECONDS, QUIET_SECONDS, WANTED_SECONDS, Face, Session

PLACE = Location(point=Point(x=0.5, y=0.5), confidence=0.9, by="text")
QUESTION = ApprovalQuestion(Click(target=Target(words="Save")), (PLACE,), None, Episode())
ABOUT = About(run="run", task="click Save", pid=1)


Ask = Callable[[], "Future[Verdict | None]"]


class Clock:
    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def control() -> Control:
    return Control()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def session(control: Control, clock: Clock) -> Session:
    return Session(ABOUT, control, seconds=60, now=clock)


@pytest.fixture
def ask(session: Session, control: Control) -> Iterator[Callable[[], Future[Verdict | None]]]:
    """Asks in a thread of its own, as the agent does, and returns once the question is open."""
    with ThreadPoolExecutor() as threads:

        def asked() -> Future[Verdict | None]:
            asking = threads.submit(session.ask, QUESTION)
            while not session.open_question and not asking.done():
                threading.Event().wait(0.001)
            return asking

        yield asked
        control.stop()


def attached(session: Session, name: str = "console", **options: bool) -> Face:
    return session.attach(name, lambda: None, **options)


def test_the_first_face_answers(session: Session, ask: Ask) -> None:
    face = attached(session)
    asking = ask()
    face.answer(session.open_question, Yes())
    assert asking.result(5) == Approve()


def test_a_face_that_comes_later_reads_what_was_asked_before(session: Session, ask: Ask) -> None:
    session(Started(task="click Save"))
    ask()
    face = attached(session)
    told = face.read()
    assert [type(message) for message in told] == [EventTold, QuestionTold, HolderTold]
    assert [message.number for message in told] == [0, 1, 2]
    face.answer(session.open_question, No())


def test_a_second_answer_does_nothing(session: Session, ask: Ask) -> None:
    face = attached(session)
    asking, id = ask(), session.open_question
    face.answer(id, No(reason="no"))
    with pytest.raises(NotGranted, match="not open"):
        face.answer(id, Yes())
    assert asking.result(5) == Reject(reason="no")


def test_an_answer_to_an_earlier_question_does_nothing(session: Session, ask: Ask) -> None:
    face = attached(session)
    asking, first = ask(), session.open_question
    face.answer(first, Yes())
    asking.result(5)
    second = ask()
    with pytest.raises(NotGranted, match="not open"):
        face.answer(first, Yes())
    assert not second.done()
    face.answer(session.open_question, No())


def test_who_does_not_hold_the_yes_cannot_answer(session: Session, ask: Ask) -> None:
    attached(session)
    other = attached(session, "another")
    ask()
    with pytest.raises(NotGranted, match="console holds the yes"):
        other.answer(session.open_question, Yes())
    assert session.open_question


def test_anyone_may_stop(session: Session, control: Control, ask: Ask) -> None:
    attached(session)
    watcher = attached(session, "watcher", watches=True)
    asking = ask()
    watcher.answer(session.open_question, StopRun())
    assert asking.result(5) == Abort()
    watcher.steer("stop")
    assert control.stopped


def test_a_watcher_neither_answers_nor_steers(session: Session, control: Control) -> None:
    watcher = attached(session, watches=True)
    for what in ("pause", "resume", "one_step", "take_over", "hand_back", "say"):
        with pytest.raises(NotGranted):
            watcher.steer(what)
    with pytest.raises(NotGranted):
        watcher.take()
    assert session.holder == ""
    assert not control.paused


def test_the_yes_is_handed_over(session: Session) -> None:
    first, second = attached(session), attached(session, "second")
    first.hand_over(second.id)
    assert session.holder == second.id
    with pytest.raises(NotGranted):
        first.release()


def test_the_yes_goes_to_who_asks_for_it_unless_its_holder_refuses(session: Session, clock: Clock) -> None:
    first, second = attached(session), attached(session, "second")
    assert not second.take()
    first.refuse()
    clock.at += WANTED_SECONDS + 1
    assert session.holder == first.id
    assert not second.take()
    clock.at += WANTED_SECONDS
    assert session.holder == second.id


def test_who_takes_only_a_free_yes_asks_nobody_for_it(session: Session, clock: Clock) -> None:
    first, second = attached(session), attached(session, "second")
    assert not second.take(if_free=True)
    clock.at += WANTED_SECONDS + 1
    assert session.holder == first.id
    first.release()
    assert second.take(if_free=True)


def test_a_face_that_is_not_heard_of_loses_the_yes(session: Session, clock: Clock) -> None:
    face = attached(session, beats=True)
    clock.at += LOST_SECONDS
    face.beat()
    clock.at += LOST_SECONDS
    assert session.holder == face.id
    clock.at += 0.1
    assert session.holder == ""


def test_a_face_that_leaves_gives_the_yes_back(session: Session, ask: Ask) -> None:
    face = attached(session)
    asking = ask()
    face.detach()
    second = attached(session, "second")
    second.answer(session.open_question, Yes())
    assert asking.result(5) == Approve()


def test_no_answer_in_time_is_none_and_a_late_one_does_nothing(control: Control) -> None:
    session = Session(ABOUT, control, seconds=0.02)
    face = attached(session)
    assert session.ask(QUESTION) is None
    told_of = face.read()
    asked = next(told for told in told_of if isinstance(told, QuestionTold))
    with pytest.raises(NotGranted):
        face.answer(asked.id, Yes())
    assert [told.how for told in told_of if isinstance(told, QuestionClosed)] == ["unanswered"]


def test_a_stop_ends_the_question(session: Session, control: Control, ask: Ask) -> None:
    face = attached(session)
    asking = ask()
    control.stop()
    assert asking.result(5) == Abort()
    assert [told.how for told in face.read() if isinstance(told, QuestionClosed)] == ["stopped"]
    with pytest.raises(Stopped):
        session.ask(QUESTION)


def test_the_desktop_is_handed_back_with_the_question(session: Session, ask: Ask, control: Control) -> None:
    face = attached(session)
    asking = ask()
    face.steer("take_over")
    assert control.paused
    face.steer("hand_back")
    assert asking.result(5) == LookAgain()
    assert not control.paused


@pytest.mark.parametrize("what", ["take_over", "pause"])
def test_a_face_that_pauses_and_is_lost_does_not_keep_the_question_open(control: Control, what: Steering) -> None:
    session = Session(ABOUT, control, seconds=0.05)
    with ThreadPoolExecutor() as threads:
        face = attached(session)
        asking = threads.submit(session.ask, QUESTION)
        face.steer(what)
        with pytest.raises(TimeoutError):
            asking.result(0.2)
        face.detach()
        assert asking.result(5) is None
    assert control.stopped


def test_the_answer_keys_answer_where_no_face_is(session: Session, clock: Clock, ask: Ask, control: Control) -> None:
    asking = ask()
    control.answer_by_key("yes")
    assert not asking.done()
    clock.at += QUIET_SECONDS
    control.answer_by_key("yes")
    assert asking.result(5) == Approve()


def test_the_answer_keys_are_handed_on_to_who_holds_the_yes(session: Session, ask: Ask, control: Control) -> None:
    face = attached(session)
    asking = ask()
    control.answer_by_key("yes")
    assert not asking.done()
    assert face.read()[-1].kind == "key"
    face.answer(session.open_question, No())


def test_a_face_that_breaks_is_no_matter_of_the_run(session: Session) -> None:
    def breaks() -> None:
        raise RuntimeError("broken")

    session.attach("broken", breaks)
    session(Started(task="click Save"))
    assert session.messages(0)
