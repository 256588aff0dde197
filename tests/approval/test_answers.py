"""How a person's answers count, whichever face asks."""

from __future__ import annotations

import pytest

from screenagent.actions import Action, Ask, Click, TypeText
from screenagent.approval import ApprovalQuestion
from screenagent.approval.answers import (
    AGAIN_SECONDS,
    Answers,
    AnswerTime,
    QuietTime,
    TwiceInTime,
    can_cover,
    rejection,
    reply,
)
from screenagent.control import Control, Stopped
from screenagent.episode import Episode
from screenagent.events import AnswerAsk, Approve, Reject, Skip, Verdict
from screenagent.geometry import Location, Point

PLACE = Location(point=Point(x=0.5, y=0.5), confidence=1.0, by="you")
SAVE, OPEN = Click(target="Save"), Click(target="Open")


def question(action: Action = SAVE, *, risk: str | None = None) -> ApprovalQuestion:
    return ApprovalQuestion(action, (), risk, Episode())


class Person:
    """Answers every question with `Skip`, and remembers the questions."""

    def __init__(self, *, seconds: float | None = None) -> None:
        self.control = Control()
        self.answers = Answers(self.control, seconds=seconds)
        self.asked: list[Action] = []

    def hears(self, asked: ApprovalQuestion) -> Verdict | None:
        return self.answers.verdict(asked, self._answer)

    def _answer(self, asked: ApprovalQuestion, time: AnswerTime) -> Verdict:
        assert self.control.expects_a_hand
        self.asked.append(asked.action)
        return Skip()


def test_an_approval_of_all_of_a_kind_answers_later_questions_about_that_kind() -> None:
    person = Person()
    assert person.answers.approve_all(question(), (PLACE,)) == Approve(locations=(PLACE,))
    assert person.hears(question(OPEN)) == Approve()
    assert person.hears(question(TypeText(text="hi"))) == Skip()
    assert person.asked == [TypeText(text="hi")]


@pytest.mark.parametrize(
    "asked", [question(risk="it deletes a file"), question(Ask(question="Which?"))], ids=["risk", "question"]
)
def test_an_approval_of_all_of_a_kind_does_not_cover_risks_and_questions(asked: ApprovalQuestion) -> None:
    person = Person()
    person.answers.approve_all(asked)
    assert not can_cover(asked)
    assert person.hears(asked) == Skip()


def test_nobody_is_asked_after_a_stop() -> None:
    person = Person()
    person.answers.approve_all(question())
    person.control.stop()
    with pytest.raises(Stopped):
        person.hears(question())
    assert person.asked == []


def test_the_time_for_an_answer_runs_out() -> None:
    assert AnswerTime(Control(), 0).has_run_out()
    assert AnswerTime(Control(), 0).left == 0
    assert not AnswerTime(Control(), 600).has_run_out()


def test_the_time_for_an_answer_starts_anew_while_the_user_has_the_desktop() -> None:
    control = Control()
    time = AnswerTime(control, 1e-9)
    control.pause()
    time.seconds = 600
    assert not time.has_run_out()
    control.resume()
    assert not time.has_run_out()


def test_without_a_limit_the_time_never_runs_out() -> None:
    time = AnswerTime(Control(), None)
    assert time.left is None
    assert not time.has_run_out()


@pytest.mark.parametrize(
    ("reason", "verdict"), [(" not this one ", Reject(reason="not this one")), (" ", Reject(reason="the user said no"))]
)
def test_a_no_carries_its_reason(reason: str, verdict: Reject) -> None:
    assert rejection(reason) == verdict


@pytest.mark.parametrize(("text", "answer"), [("mine", AnswerAsk(text="mine")), ("", None), (None, None)])
def test_an_empty_reply_is_no_answer(text: str | None, answer: AnswerAsk | None) -> None:
    assert reply(text) == answer


class Watch:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def test_a_key_within_the_quiet_time_begins_it_anew_and_one_after_it_does_not() -> None:
    watch = Watch()
    quiet = QuietTime(0.5, now=watch)
    watch.seconds += 0.4
    quiet.key()
    watch.seconds += 0.4
    assert not quiet.is_over
    assert quiet.left == pytest.approx(0.1)
    watch.seconds += 0.1001
    quiet.key()
    assert quiet.is_over
    assert quiet.left == 0


def test_what_has_to_be_said_twice_is_said_twice_in_a_row_and_soon() -> None:
    watch = Watch()
    twice = TwiceInTime(now=watch)
    assert not twice.said()
    assert twice.begun
    watch.seconds += AGAIN_SECONDS + 0.1
    assert not twice.begun
    assert not twice.said()
    twice.forget()
    assert not twice.said()
    assert twice.said()
    assert not twice.begun
