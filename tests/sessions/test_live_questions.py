"""Open questions of live runs: asked of the runs themselves, and answered where nobody else holds the yes."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from screenagent.actions import Ask, Click, Target
from screenagent.approval import ApprovalQuestion
from screenagent.control import Control
from screenagent.episode import Episode
from screenagent.events import AnswerAsk, Approve, Observed, Reject, Started, Verdict
from screenagent.fakes import plain_screen
from screenagent.geometry import Location, Point
from screenagent.runs.log import Recorder
from screenagent.scripts.rows.lines import now
from screenagent.sessions import live_questions
from screenagent.sessions.answers import Answer, AnswerInWords, No, Yes
from screenagent.sessions.attachment import NotGranted
from screenagent.sessions.entries import AlreadySettled, LiveQuestion, PlayCommand, RowEntry
from screenagent.sessions.live_questions import LATEST, live_waiting
from screenagent.sessions.messages import About
from screenagent.sessions.server import served
from screenagent.sessions.session import Session
from tests.builders import becomes

PLACE = Location(point=Point(x=0.5, y=0.25), confidence=0.9, by="text")
SEND = ApprovalQuestion(Click(target=Target(words="Send")), (PLACE,), "it sends", Episode())
WHO = ApprovalQuestion(Ask(question="Which customer?"), (), None, Episode())


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as pool:
        yield pool


def asked(live: Session, threads: ThreadPoolExecutor, question: ApprovalQuestion = SEND) -> Future[Verdict | None]:
    asking = threads.submit(live.ask, question)
    assert becomes(lambda: live.open_question)
    return asking


def waiting() -> LiveQuestion:
    [entry] = live_waiting().entries
    assert isinstance(entry, LiveQuestion)
    return entry


def test_nothing_waits_where_no_run_asks(live: Session) -> None:
    live(Started(task="click Save"))
    assert live_waiting().entries == ()


@pytest.mark.parametrize("before", [1, LATEST + 50])
def test_an_open_question_waits(live: Session, threads: ThreadPoolExecutor, before: int) -> None:
    console = live.attach("console 1", lambda: None)
    screen = plain_screen(100)
    live(Observed(screenshot=screen))
    for _ in range(before):
        live(Started(task="click Save"))
    live(Observed(screenshot=screen))
    asking = asked(live, threads)
    entry = waiting()
    assert (entry.what, entry.why, entry.task) == ("click “Send”", "it sends", "click Save")
    assert (entry.holder, entry.screen, entry.in_words) == ("console 1", screen.digest, False)
    assert entry.points == (PLACE.point,)
    console.answer(entry.question, No())
    asking.result(5)
    assert live_waiting().entries == ()


@pytest.mark.parametrize(
    ("question", "answer", "verdict"),
    [
        (SEND, Yes(), Approve()),
        (SEND, No(reason="not this one"), Reject(reason="not this one")),
        (WHO, AnswerInWords(text="Ada"), AnswerAsk(text="Ada")),
    ],
)
def test_a_question_is_answered_where_nobody_holds_the_yes(
    live: Session, threads: ThreadPoolExecutor, question: ApprovalQuestion, answer: Answer, verdict: Verdict
) -> None:
    asking = asked(live, threads, question)
    entry = waiting()
    live_questions.answer(entry, answer)
    assert asking.result(5) == verdict
    assert becomes(lambda: live.holder == ""), "the yes is given back"
    with pytest.raises(AlreadySettled):
        live_questions.answer(entry, answer)


def test_a_question_in_words_waits_as_it_was_asked(live: Session, threads: ThreadPoolExecutor) -> None:
    asking = asked(live, threads, WHO)
    entry = waiting()
    assert (entry.what, entry.in_words) == ("Which customer?", True)
    with pytest.raises(NotGranted, match="wants an answer in words"):
        live_questions.answer(entry, Yes())
    assert not asking.done()
    live_questions.answer(entry, AnswerInWords(text="Ada"))


def test_who_holds_the_yes_is_said(live: Session, threads: ThreadPoolExecutor) -> None:
    console = live.attach("console 1", lambda: None)
    asking = asked(live, threads)
    entry = waiting()
    with pytest.raises(NotGranted, match="console 1 holds the yes"):
        live_questions.answer(entry, Yes())
    assert live.open_question == entry.question
    console.answer(entry.question, No())
    asking.result(5)


def test_an_answer_is_never_for_a_later_question(live: Session, threads: ThreadPoolExecutor) -> None:
    first = asked(live, threads)
    entry = waiting()
    live_questions.answer(entry, No())
    first.result(5)
    second = asked(live, threads)
    with pytest.raises(AlreadySettled):
        live_questions.answer(entry, Yes())
    assert not second.done()
    live_questions.answer(waiting(), No())


def test_any_run_is_stopped(live: Session, threads: ThreadPoolExecutor) -> None:
    live.attach("console 1", lambda: None)
    asked(live, threads)
    live_questions.stop(waiting())
    assert becomes(lambda: not live.open_question)


def test_a_run_that_is_over_is_settled(runtime: object) -> None:
    entry = LiveQuestion(id="live-0000000000000000", what="", task="click Save", run_id="gone", question="q1")
    with pytest.raises(AlreadySettled, match="is over"):
        live_questions.answer(entry, Yes())
    assert Control().stopped is False


def row_of(script: Path) -> RowEntry:
    play = PlayCommand(script=str(script), table="t.csv", results="t.jsonl", folder="/")
    return RowEntry(
        id="row-0000000000000000", at=now(), what="", script="Rows", row=1, row_id="r1", values="", play=play
    )


def test_the_run_that_plays_the_script_of_a_row_is_stopped(runtime: Path, tmp_path: Path) -> None:
    control, script = Control(), tmp_path / "rows.yaml"
    with Recorder(tmp_path / "run", settings={"script": str(script)}):
        pass
    session = Session(About(run="play", task="Rows", pid=1, folder=str(tmp_path / "run")), control)
    with served(session):
        with pytest.raises(NotGranted, match="no play of this script is under way"):
            live_questions.stop_play(row_of(tmp_path / "other.yaml"))
        assert not control.stopped
        assert live_questions.stop_play(row_of(script)) == "play"
        assert control.stopped
