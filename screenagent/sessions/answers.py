"""What a person says to a question, whichever face they say it in, and the verdict that it makes. Pure."""

from __future__ import annotations

from typing import Annotated, Literal, assert_never

from pydantic import Field

from screenagent.actions import Action
from screenagent.approval.answers import can_cover, rejection, reply
from screenagent.events import Abort, Approve, LookAgain, Revise, Skip, Verdict
from screenagent.geometry import Point, Value
from screenagent.sessions.question import OpenQuestion


class Yes(Value):
    """Do it; `points` are where the person moved the action's places to, all of them, or empty if none was moved."""

    say: Literal["yes"] = "yes"
    points: tuple[Point, ...] = ()


class YesToAll(Value):
    """Do it, and everything of its kind from here on; not possible for what is risky."""

    say: Literal["yes_to_all"] = "yes_to_all"
    points: tuple[Point, ...] = ()


class AtGuess(Value):
    """Do it at the guess of this number, where the agent is not sure which place is meant. Numbers begin with 1."""

    say: Literal["guess"] = "guess"
    number: int


class No(Value):
    say: Literal["no"] = "no"
    reason: str = ""


class OtherWords(Value):
    """Other words for the target, text or keys; `place` says which place of a drag is meant."""

    say: Literal["other_words"] = "other_words"
    words: str
    place: int = Field(default=0, ge=0)


class Closer(Value):
    """Locate it once more, closer round these points, or round where it was found."""

    say: Literal["closer"] = "closer"
    points: tuple[Point, ...] = ()


class LeaveOut(Value):
    """Leave this step out and go on."""

    say: Literal["leave_out"] = "leave_out"


class AnswerInWords(Value):
    """The answer to a question that the agent asked in words; an empty one is no answer."""

    say: Literal["reply"] = "reply"
    text: str


class HandBack(Value):
    """The person worked on the desktop: look afresh, and ask again."""

    say: Literal["hand_back"] = "hand_back"


class StopRun(Value):
    say: Literal["stop"] = "stop"


class Nothing(Value):
    """No answer, which is a no: nobody is there, or they only pressed Enter."""

    say: Literal["nothing"] = "nothing"


Answer = Annotated[
    Yes | YesToAll | AtGuess | No | OtherWords | Closer | LeaveOut | AnswerInWords | HandBack | StopRun | Nothing,
    Field(discriminator="say"),
]


class UnfitAnswer(ValueError):
    """The question cannot be answered like that; the text says why."""


def verdict_on(question: OpenQuestion, answer: Answer) -> Verdict | None:
    """Return what `answer` means for the question. None is no answer, which is a no; raises `UnfitAnswer`.

    Only words may answer a question in words, and only a question in words may be answered so.
    """
    match answer:
        case No(reason=reason):
            return rejection(reason)
        case StopRun():
            return Abort()
        case LeaveOut():
            return Skip()
        case HandBack():
            return LookAgain()
        case Nothing():
            return None
        case AnswerInWords(text=text):
            if question.asked_in_words is None:
                raise UnfitAnswer("the question is not one to be answered in words")
            return reply(text)
    if question.asked_in_words is not None:
        raise UnfitAnswer("the question wants an answer in words")
    match answer:
        case Yes(points=points):
            return Approve(locations=_moved(question, points).new_locations)
        case YesToAll(points=points):
            if not can_cover(question.asked):
                raise UnfitAnswer("a yes to all of its kind does not cover what is risky")
            return Approve(locations=_moved(question, points).new_locations)
        case AtGuess(number=number):
            if (picked := question.asked.picked(number)) is None:
                raise UnfitAnswer(f"there is no guess {number}")
            return picked
        case OtherWords(words=words, place=place):
            return Revise(action=_reworded(question, words, place))
        case Closer(points=points):
            if not question.locations:
                raise UnfitAnswer("the action has no place to be located again")
            return Revise(action=question.asked.action, near=_moved(question, points).locations)
        case _:
            assert_never(answer)


def _moved(question: OpenQuestion, points: tuple[Point, ...]) -> OpenQuestion:
    """Return the question with its places at `points`; the places that stay where they were keep their confidence."""
    if not points:
        return question
    if len(points) != len(question.locations):
        raise UnfitAnswer(f"the action has {len(question.locations)} places, and {len(points)} were given")
    for place, point in enumerate(points):
        if point != question.locations[place].point:
            question = question.with_place(place).moved_to(point)
    return question


def _reworded(question: OpenQuestion, words: str, place: int) -> Action:
    """Return the action with other words."""
    if place and place >= len(question.locations):
        raise UnfitAnswer(f"the action has no place {place + 1}")
    try:
        return question.with_place(place).reworded(words)
    except ValueError as error:
        raise UnfitAnswer(str(error)) from error
