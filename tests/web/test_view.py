"""What the page is told, as a function of the messages of a run."""

from __future__ import annotations

from collections.abc import Iterable

from screenagent.actions import Ask, Click, Drag, Finish
from screenagent.events import Decided, Ended, Event, Grounded, Observed, Paused, Resumed, Started
from screenagent.geometry import Location, Point
from screenagent.sessions.messages import (
    About,
    EventTold,
    HolderTold,
    Message,
    OverTold,
    QuestionClosed,
    QuestionTold,
    SteeringTold,
    WantedTold,
)
from screenagent.web.following import Following
from screenagent.web.view import ShownRun, shown_run, shown_step
from tests.console.console_runs import SAVE_AT, editor, scripted

ABOUT = About(run="r", task="save it", pid=1, display=":7", plans_anew=True, answer_keys="Ctrl+Alt+Y")
PLACE = Location(point=SAVE_AT, confidence=0.9, by="text")
SAVE = Click(target="Save")
SCREEN = editor(0)
HOSTILE = "<img src=x onerror=alert(1)>\x1b[2J\u202e"
QUESTION = QuestionTold(number=9, id="q", action=SAVE, locations=(PLACE,), risk="it deletes", seconds=30)


def events(action: Click | Ask | Drag = SAVE, *more: Event, thought: str = "a thought") -> list[Message]:
    decision = scripted(action, Finish(success=True), thought=thought)[0]
    told = (
        Started(task="save it"),
        Observed(screenshot=SCREEN, at=1),
        Decided(decision=decision, at=2),
        Grounded(action=action, locations=(PLACE,), at=3),
        *more,
    )
    return [EventTold(number=number, event=event) for number, event in enumerate(told)]


def followed(messages: Iterable[Message], *, now: float = 100.0) -> Following:
    known = Following()
    for message in messages:
        known = known.after(message, now)
    return known


def shown(messages: Iterable[Message], *, now: float = 100.0, me: str = "me") -> ShownRun:
    return shown_run(followed(messages), ABOUT, me, now, answers=True)


def test_a_question_is_shown_with_its_risk_and_its_place() -> None:
    question = shown([*events(), QUESTION], now=110.0).question
    assert question is not None
    said = ["".join(part.text for part in line) for line in question.lines]
    assert said[:3] == ["click “Save”", "careful: it deletes", "at (160, 90), 90% sure, by text"]
    assert question.places[0].point == SAVE_AT
    assert question.seconds == 20
    assert question.words == ("Save",)
    assert "approve_all" not in question.offers  # it is risky


def test_a_question_that_was_answered_is_not_shown() -> None:
    told = shown([*events(), QUESTION, QuestionClosed(number=10, id="q", how="answered", by="console")])
    assert told.question is None
    assert told.how == "at work"


def test_a_question_in_words_is_answered_in_words_alone() -> None:
    ask = Ask(question="Which account?")
    question = shown([*events(ask), QuestionTold(number=9, id="q", action=ask)]).question
    assert question is not None
    assert question.in_words == "Which account?"
    assert question.offers == ("reply", "skip")


def test_who_holds_the_yes_is_told() -> None:
    told = [*events(), HolderTold(number=5, id="other", name="console")]
    assert (shown(told).holder.is_page, shown(told).holder.name) == (False, "console")
    assert shown(told, me="other").holder.is_page
    wanted = shown([*told, WantedTold(number=6, id="me", name="the page", seconds=10)]).holder
    assert wanted.wanted_by_page
    assert not shown([*told, HolderTold(number=7)]).holder.name


def test_the_clock_goes_on_until_the_end() -> None:
    assert shown(events(), now=104.0).seconds == 7
    over = [*events(SAVE, Ended(result="done", at=5)), OverTold(number=9)]
    assert (shown(over, now=200.0).seconds, shown(over).ticks) == (5, False)


def test_a_pause_is_over_when_the_run_goes_on() -> None:
    paused = SteeringTold(number=5, paused=True)
    assert shown([*events(), paused]).how == "paused"
    resumed = EventTold(number=6, event=Resumed())
    assert shown([*events(), paused, resumed]).how == "at work"
    assert shown([*events(), EventTold(number=5, event=Paused(why="the mouse was moved"))]).state.text.startswith(
        "paused: the"
    )


def test_the_end_says_how() -> None:
    ended = shown([*events(SAVE, Ended(result="gave_up", message="no such button")), OverTold(number=9)])
    assert (ended.over, ended.result, ended.plight) == (True, "gave up", "no such button")
    broken = shown([*events(), QUESTION, OverTold(number=10, error="the process of the run is gone")])
    assert (broken.over, broken.how, broken.plight) == (True, "broken", "the process of the run is gone")
    assert broken.question is None


def test_codes_from_a_screen_or_a_model_are_made_visible() -> None:
    hostile = Click(target=HOSTILE)
    told = shown(
        [*events(hostile, thought=HOSTILE), QuestionTold(number=9, id="q", action=hostile, locations=(PLACE,))]
    )
    assert told.step is not None
    assert told.question is not None
    written = told.model_dump_json()
    assert "\\u001b" not in written
    assert "\u202e" not in written
    assert "<img src=x onerror=alert(1)>␛[2J‹U+202E›" in told.step.thought
    assert told.question.words == ("<img src=x onerror=alert(1)>␛[2J‹U+202E›",)


def test_an_earlier_step_can_be_looked_at() -> None:
    known = followed(events())
    step = shown_step(known, 1)
    assert step is not None
    assert step.before is not None
    assert step.before.digest == SCREEN.digest
    assert shown_step(known, 0) is None
    assert shown_step(known, 2) is None


def test_the_rows_are_the_log_and_the_plan() -> None:
    rows = shown(events()).rows
    assert [(row.number, row.status, row.title, row.begun) for row in rows] == [
        (1, "under way", "click “Save”", True),
        (2, "planned", "finish", False),
    ]


def test_each_place_of_a_drag_has_its_words() -> None:
    drag = Drag(path=("Save", "Trash"))
    places = (PLACE, Location(point=Point(x=0.1, y=0.1), confidence=0.5, by="text"))
    question = shown([*events(drag), QuestionTold(number=9, id="q", action=drag, locations=places)]).question
    assert question is not None
    assert question.words == ("Save", "Trash")
    assert "next_place" in question.offers
