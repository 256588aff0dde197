"""What the console says beside the question: what it is for, what a key would do, what is left, how long it takes."""

from __future__ import annotations

import pytest
from textual.widgets import Input

from screenagent.actions import Click, TypeText
from screenagent.console.dialogs import PromptScreen
from screenagent.console.step_list import StepList
from screenagent.events import Decision, Plan, PlannedStep
from tests.console.console_runs import DONE, SAVE, Stage, piloted, until
from tests.console.test_screens import NARROW, again, asked, to_the_end

pytestmark = pytest.mark.slow

TRASH = Click(target="Trash")
GIVEN_UP = Decision.give_up("step 1 of 3, click “Save”: it was rejected: not this one")


def literal(stage: Stage) -> Stage:
    """The stage with a planner that, like the one without a model, gives up after a no."""
    plan = Plan(steps=tuple(PlannedStep(action=action) for action in (SAVE, TRASH, TypeText(text="hi"), DONE)))
    stage.decisions[:] = [Decision(plan=plan, at=0), GIVEN_UP]
    return stage


@piloted
async def test_after_a_no_the_rest_of_the_plan_stands_there_as_not_done() -> None:
    stage = literal(Stage())
    async with stage.console.run_test(size=NARROW) as pilot:
        await until(pilot, lambda: stage.live.question)
        await pilot.press("n", *"not this one", "enter")
        await to_the_end(stage, pilot)
        rows = [row.partition("  ")[0] for row in stage.screen.query_one(StepList).texts]
        assert [row.strip() for row in rows] == [
            "1 ✗ click “Save”",
            f"2 – {GIVEN_UP.step}",
            "3 – click “Trash”",
            "4 – type “hi”",
        ]
        assert "approved" not in stage.text("proposal")


@piloted
async def test_a_no_that_ends_the_run_says_so_and_names_what_else_there_is() -> None:
    async with asked() as (stage, pilot):
        await pilot.press("n")
        await until(pilot, lambda: isinstance(stage.console.screen, PromptScreen))
        hint = stage.console.screen.query_one(Input).placeholder
        assert hint == "Enter ends the run · or Esc, then e to reword, s to skip"
    async with asked(plans_anew=True) as (stage, pilot):
        await pilot.press("n")
        await until(pilot, lambda: isinstance(stage.console.screen, PromptScreen))
        assert stage.console.screen.query_one(Input).placeholder == "Enter alone just says no"


@piloted
async def test_after_the_user_had_the_desktop_one_yes_is_enough() -> None:
    async with asked() as (stage, pilot):
        first = stage.live.question
        await pilot.press("t", "t")
        await again(stage, pilot, first)
        assert "asked again: this is the screen as you left it" in stage.text("proposal")
        await pilot.press("y")
        await to_the_end(stage, pilot)
        assert stage.desktop.performed == [SAVE]
        assert [event.event for event in stage.events].count("reviewed") == 3  # looked at again, approved, the end


@piloted
async def test_what_is_asked_again_says_why_and_shows_no_old_yes() -> None:
    async with asked() as (stage, pilot):
        first = stage.live.question
        stage.live.control.hand_back()  # as after an interruption, before anybody answers
        await pilot.press("y")
        await again(stage, pilot, first)
        said = stage.text("proposal").splitlines()
        assert "asked again: the screen has changed since it was approved" in said
        assert "approved" not in said
        assert stage.desktop.performed == []


@piloted
async def test_who_takes_over_a_virtual_desktop_is_told_how_to_get_there() -> None:
    async with asked(virtual_display=":77") as (stage, pilot):
        await pilot.press("t")
        assert "`x11vnc -localhost -display :77` shows it" in stage.text("proposal")
    async with asked() as (stage, pilot):
        await pilot.press("t")
        assert "x11vnc" not in stage.text("proposal")


@piloted
async def test_the_clock_goes_on_while_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("screenagent.console.attached_screen.TICK_SECONDS", 0.02)
    async with asked() as (stage, pilot):
        before = stage.text("facts")
        await until(pilot, lambda: stage.text("facts") != before)
        await pilot.press("y")
        await to_the_end(stage, pilot)
        over = stage.text("facts")
        await pilot.pause(0.3)
        assert stage.text("facts") == over


@piloted
async def test_the_plan_has_the_room_of_thoughts_that_there_are_none_of() -> None:
    async with asked() as (stage, _):
        assert stage.screen.query_one("#thinking").display
    stage = literal(Stage())
    async with stage.console.run_test(size=NARROW) as pilot:
        await until(pilot, lambda: stage.live.question)
        assert not stage.screen.query_one("#thinking").display
        stage.live.control.stop()
        await to_the_end(stage, pilot)


@piloted
async def test_in_a_line_ctrl_a_marks_all_so_that_what_is_typed_takes_its_place() -> None:
    async with asked() as (stage, pilot):
        await pilot.press("e")
        await until(pilot, lambda: isinstance(stage.console.screen, PromptScreen))
        line = stage.console.screen.query_one(Input)
        await until(pilot, lambda: line.has_focus)
        await pilot.press("end", "ctrl+a", *"Trash")
        assert line.value == "Trash"
