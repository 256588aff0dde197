"""What a person can change about a question before answering it."""

from __future__ import annotations

import pytest

from screenagent.actions import Action, Ask, Click, Drag, Finish, HoldKeys, Move, PressKeys, Scroll, TypeText, Wait
from screenagent.approval import ApprovalQuestion
from screenagent.episode import Episode
from screenagent.geometry import Location, Pixel, Point, Size
from screenagent.sessions.question import OpenQuestion, editable_words, reworded

SIZE = Size(width=100, height=50)
FIRST, SECOND = (Location(point=Point.of_pixel(Pixel(x=x, y=20), SIZE), confidence=0.9, by="text") for x in (10, 60))


def opened(action: Action, *locations: Location, risk: str | None = None) -> OpenQuestion:
    return OpenQuestion.of(ApprovalQuestion(action, locations, risk, Episode()))


def test_a_question_that_was_not_changed_has_no_new_locations() -> None:
    assert opened(Click(target="Save"), FIRST).new_locations == ()


def test_the_chosen_place_moves_and_the_others_stay() -> None:
    drag = opened(Drag(path=("this", "that")), FIRST, SECOND)
    moved = drag.with_next_place().moved_by(3, -4, SIZE)
    assert moved.new_locations == (FIRST, Location(point=moved.locations[1].point, confidence=1.0, by="you"))
    assert moved.locations[1].point.pixel(SIZE) == Pixel(x=63, y=16)
    assert moved.with_next_place().chosen == 0


def test_a_place_stays_on_the_screen() -> None:
    moved = opened(Click(target="Save"), FIRST).moved_by(-1000, 1000, SIZE)
    assert moved.locations[0].point.pixel(SIZE) == Pixel(x=0, y=49)


@pytest.mark.parametrize(
    ("question", "offered"),
    [
        (opened(Click(target="Save"), FIRST), {"edit", "zoom", "push", "approve_all", "skip"}),
        (opened(Click(target="Save"), FIRST, risk="it deletes"), {"edit", "zoom", "push", "skip"}),
        (opened(Drag(path=("a", "b")), FIRST, SECOND), {"edit", "zoom", "push", "next_place", "approve_all", "skip"}),
        (opened(TypeText(text="hi")), {"edit", "approve_all", "skip"}),
        (opened(Wait(seconds=1)), {"approve_all", "skip"}),
    ],
)
def test_only_what_makes_sense_is_offered(question: OpenQuestion, offered: set[str]) -> None:
    keys = {"edit", "zoom", "push", "next_place", "approve_all", "skip"}
    assert {key for key in keys if question.offers(key)} == offered


def test_a_question_of_the_agent_is_asked_in_words() -> None:
    assert opened(Ask(question="Which?")).asked_in_words == "Which?"
    assert opened(Click(target="Save"), FIRST).asked_in_words is None


@pytest.mark.parametrize(
    ("action", "words", "becomes"),
    [
        (Click(target="Save"), "Save", Click(target="Open")),
        (Move(target="Save"), "Save", Move(target="Open")),
        (Scroll(target="list", direction="down"), "list", Scroll(target="Open", direction="down")),
        (TypeText(text="hi"), "hi", TypeText(text="Open")),
        (Drag(path=("a", "b")), "b", Drag(path=("a", "Open"))),
    ],
)
def test_the_words_of_an_action_can_be_changed(action: Action, words: str, becomes: Action) -> None:
    assert editable_words(action, 1) == words
    assert reworded(action, "Open", 1) == becomes


@pytest.mark.parametrize("action", [PressKeys(keys=("ctrl", "s")), HoldKeys(keys=("ctrl", "s"), seconds=1)])
def test_keys_are_edited_as_they_are_written(action: Action) -> None:
    assert editable_words(action) == "ctrl+s"
    assert editable_words(reworded(action, "ctrl+c")) == "ctrl+c"


def test_an_action_without_words_cannot_be_reworded() -> None:
    assert editable_words(Finish(success=True)) is None
    with pytest.raises(ValueError, match="no words to change"):
        reworded(Finish(success=True), "other")
