"""The console by its keys: what each does, in which state, and what of it reaches the desktop."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.command import CommandList, CommandPalette
from textual.pilot import Pilot
from textual.widgets import DataTable, Footer, Input, OptionList

from screenagent.actions import Action, Ask, Click, Drag, PressKeys, TypeText, Wait
from screenagent.agent.inquiry import ScreenAsking
from screenagent.approval import Asker
from screenagent.assembly.supervised import SupervisedWork
from screenagent.console.dialogs import KeysScreen, PromptScreen
from screenagent.console.picture import ScreenPicture
from screenagent.console.step_list import StepList
from screenagent.control import Control
from screenagent.desktop import NoDesktop
from screenagent.events import AnswerAsk, LookAgain, Observed, Paused, Reject, Skip, Started
from screenagent.geometry import Box, Pixel
from screenagent.runs.log import Recorder
from screenagent.settings import SettingInForce
from tests.agent.test_inquiry import FakeMouse, FakeNaming
from tests.console.console_runs import DONE, SAVE, SAVE_AT, SIZE, TRASH_AT, Stage, editor, piloted, until

pytestmark = pytest.mark.slow

NARROW, WIDE = (80, 24), (200, 60)


@asynccontextmanager
async def asked(
    *actions: Action, size: tuple[int, int] = NARROW, **options: Any
) -> AsyncIterator[tuple[Stage, Pilot[Any]]]:
    """A run at its first question."""
    stage = Stage(*actions, **options)
    async with stage.console.run_test(size=size) as pilot:
        await until(pilot, lambda: stage.live.question)
        yield stage, pilot
        stage.live.control.stop()
        await until(pilot, lambda: stage.live.is_over)


async def to_the_end(stage: Stage, pilot: Pilot[Any]) -> None:
    await until(pilot, lambda: stage.live.is_over)


async def again(stage: Stage, pilot: Pilot[Any], before: object) -> None:
    """The next question."""
    await until(pilot, lambda: stage.live.question is not None and stage.live.question is not before)


def outcome(stage: Stage) -> str | None:
    """How the run ended."""
    ended = stage.screen.episode.ended
    return ended.result if ended else None


def performed(stage: Stage) -> list[Pixel]:
    """Where each input of one place went, in pixels."""
    return [places[0].pixel(SIZE) for places in stage.desktop.places]


@pytest.mark.parametrize("size", [NARROW, WIDE])
@piloted
async def test_what_is_asked_stands_there_in_words(size: tuple[int, int]) -> None:
    async with asked(size=size) as (stage, _):
        assert stage.text("task") == "save it"
        assert stage.text("state") == "asks you"
        assert "in editor: notes.txt" in stage.text("facts")
        assert stage.text("proposal").splitlines() == [
            "click “Save”",
            "at (160, 90), 100% sure, by fake",
            "then something is to change",
        ]
        assert stage.text("thought") == "The button is in the middle."
        assert stage.screen.query_one(StepList).texts == [" 1 ▶ click “Save”", " 2 ○ finish: saved"]
        assert stage.desktop.performed == []


@piloted
async def test_a_request_to_rest_on_buttons_stands_there_in_its_own_words() -> None:
    mouse = FakeMouse()
    async with asked(Click(target="print it"), DONE, asking=ScreenAsking(FakeNaming(), mouse.opened)) as (stage, pilot):
        words, *places = stage.text("proposal").splitlines()
        assert words == "move the mouse to “up to 3 buttons, to read what their tooltips say”"
        assert len([place for place in places if "by tooltip" in place]) == 3
        before = stage.live.question
        await pilot.press("y")
        await again(stage, pilot, before)
        assert stage.text("proposal").splitlines()[0] == "click “print it”"
        assert len(mouse.rested) == 3
        assert stage.desktop.performed == []


@piloted
async def test_yes_lets_it_through() -> None:
    async with asked() as (stage, pilot):
        await pilot.press("y")
        await to_the_end(stage, pilot)
        assert stage.desktop.performed == [SAVE]
        assert outcome(stage) == "done"


@piloted
async def test_keys_that_come_too_early_are_no_answer() -> None:
    async with asked(ignore_keys_seconds=3600) as (stage, pilot):
        await pilot.press("y", "a", "a", "s", "z", "right")
        assert stage.live.question is not None
        assert stage.live.locations[0].point == SAVE_AT
        assert not isinstance(stage.console.screen, PromptScreen)
        stage.live.accept_answers()
        await pilot.press("y")
        await to_the_end(stage, pilot)
        assert stage.desktop.performed == [SAVE]


@piloted
async def test_a_no_counts_at_once_and_what_follows_it_is_its_reason() -> None:
    async with asked(SAVE, SAVE, DONE, ignore_keys_seconds=3600) as (stage, pilot):
        await pilot.press("n")
        await until(pilot, lambda: isinstance(stage.console.screen, PromptScreen))
        await pilot.press(*"ya aa y", "enter")
        await until(pilot, lambda: stage.screen.episode.steps[0].verdict)
        assert stage.screen.episode.steps[0].verdict == Reject(reason="ya aa y")
        assert stage.desktop.performed == []


@piloted
async def test_each_early_key_makes_the_quiet_time_begin_anew() -> None:
    async with asked(ignore_keys_seconds=3600) as (stage, pilot):
        over_at = stage.live.quiet.over_at
        await pilot.press("y")
        assert stage.live.quiet.over_at > over_at
        assert stage.live.question is not None


@piloted
async def test_a_question_is_answered_once_it_is_quiet() -> None:
    async with asked(ignore_keys_seconds=0.1) as (stage, pilot):
        await until(pilot, lambda: stage.live.accepts_answers)
        await pilot.press("y")
        await to_the_end(stage, pilot)
        assert stage.desktop.performed == [SAVE]


@piloted
async def test_a_letter_that_means_nothing_here_makes_those_after_it_mean_nothing() -> None:
    async with asked(ignore_keys_seconds=3600) as (stage, pilot):
        stage.live.accept_answers()
        await pilot.press(*"way")
        assert stage.live.question is not None
        assert not stage.live.accepts_answers


@piloted
async def test_after_a_line_that_was_not_sent_keys_are_no_answers_at_once() -> None:
    async with asked(ignore_keys_seconds=3600) as (stage, pilot):
        stage.live.accept_answers()
        await pilot.press("n", "x", "escape", "y")
        assert stage.live.question is not None
        stage.live.accept_answers()
        await pilot.press("y")
        await to_the_end(stage, pilot)
        assert stage.desktop.performed == [SAVE]


@piloted
async def test_a_question_that_comes_while_something_is_told_takes_no_word_of_it() -> None:
    async with asked(SAVE, Ask(question="Which?"), DONE, ignore_keys_seconds=0.05) as (stage, pilot):
        await until(pilot, lambda: stage.live.accepts_answers)
        first = stage.live.question
        stage.live.control.pause()
        await pilot.press("y", "m")
        stage.live.control.resume()
        await again(stage, pilot, first)
        await pilot.pause(0.2)
        await pilot.press(*"take care", "enter")
        await until(pilot, lambda: isinstance(stage.console.screen, PromptScreen))
        await pilot.press(*"mine", "enter")
        await to_the_end(stage, pilot)
        assert stage.screen.episode.told == ("take care",)
        assert stage.screen.episode.steps[1].verdict == AnswerAsk(text="mine")


@piloted
async def test_approving_all_takes_a_second_key_and_says_so() -> None:
    async with asked(SAVE, SAVE, DONE) as (stage, pilot):
        await pilot.press("a")
        assert "a again" in stage.text("proposal")
        await pilot.press("l", "a")
        assert stage.live.question is not None
        assert stage.desktop.performed == []
        await pilot.press("a")
        await to_the_end(stage, pilot)
        assert stage.desktop.performed == [SAVE, SAVE]


@piloted
async def test_the_answer_keys_answer_from_anywhere_and_stand_by_the_question() -> None:
    async with asked(SAVE, SAVE, DONE, answer_keys="ctrl+alt+y yes") as (stage, pilot):
        first = stage.live.question
        assert stage.text("proposal").splitlines()[-1] == "anywhere: ctrl+alt+y yes"
        await pilot.press("right")
        stage.live.control.answer_by_key("yes")
        await again(stage, pilot, first)
        stage.live.control.answer_by_key("no")
        await until(pilot, lambda: stage.screen.episode.steps[1].verdict)
        assert performed(stage) == [Pixel(x=161, y=90)]
        assert stage.screen.episode.steps[1].verdict == Reject(reason="the user said no")


@piloted
async def test_the_answer_keys_are_no_yes_in_the_quiet_time_nor_while_a_reason_is_typed() -> None:
    async with asked(ignore_keys_seconds=3600) as (stage, pilot):
        stage.live.control.answer_by_key("yes")
        await pilot.press("n")
        await until(pilot, lambda: isinstance(stage.console.screen, PromptScreen))
        stage.live.accept_answers()
        stage.live.control.answer_by_key("yes")
        await pilot.press("w", "escape")
        assert stage.live.question is not None
        stage.live.control.answer_by_key("no")
        await until(pilot, lambda: stage.screen.episode.steps[0].verdict)
        assert stage.screen.episode.steps[0].verdict == Reject(reason="the user said no")


@piloted
async def test_leaving_without_an_answer_is_a_no() -> None:
    stage = Stage()
    async with stage.console.run_test(size=NARROW) as pilot:
        await until(pilot, lambda: stage.live.question)
        await pilot.press("ctrl+q")
    assert stage.desktop.performed == []


@pytest.mark.parametrize(("reason", "told"), [("not this one", "not this one"), ("", "the user said no")])
@piloted
async def test_no_takes_a_reason(reason: str, told: str) -> None:
    async with asked() as (stage, pilot):
        await pilot.press("n", *reason.replace(" ", "␣").replace("␣", " "), "enter")
        await until(pilot, lambda: stage.screen.episode.steps[0].verdict)
        assert stage.screen.episode.steps[0].verdict == Reject(reason=told)
        assert stage.desktop.performed == []


@piloted
async def test_a_no_can_be_taken_back() -> None:
    async with asked() as (stage, pilot):
        await pilot.press("n", "x", "escape")
        assert stage.live.question is not None
        assert not stage.live.control.stopped


@piloted
async def test_all_of_a_kind_are_asked_about_once() -> None:
    async with asked(SAVE, SAVE, TypeText(text="hi"), DONE) as (stage, pilot):
        first = stage.live.question
        await pilot.press("a", "a")
        await again(stage, pilot, first)
        assert stage.desktop.performed == [SAVE, SAVE]
        assert stage.live.question is not None
        assert stage.live.question.action == TypeText(text="hi")


@piloted
async def test_risky_actions_are_asked_about_each_time() -> None:
    async with asked(SAVE, Click(target="Trash"), DONE) as (stage, pilot):
        first = stage.live.question
        await pilot.press("a", "a")
        await again(stage, pilot, first)
        assert stage.live.question is not None
        assert stage.live.question.risk is not None
        assert stage.live.question.risk in stage.text("proposal")
        await pilot.press("a", "a")
        assert stage.live.question is not None


@pytest.mark.parametrize(
    ("keys", "pixel"),
    [
        (["right"], Pixel(x=161, y=90)),
        (["left", "up", "up"], Pixel(x=159, y=88)),
        (["down", "shift+down", "shift+left"], Pixel(x=150, y=101)),
        (["shift+up"] * 20, Pixel(x=160, y=0)),
    ],
)
@piloted
async def test_the_point_is_moved_by_pixels_and_the_click_lands_there(keys: list[str], pixel: Pixel) -> None:
    async with asked() as (stage, pilot):
        await pilot.press(*keys)
        assert f"at ({pixel.x}, {pixel.y}), moved from (160, 90)" in stage.text("proposal")
        await pilot.press("y")
        await to_the_end(stage, pilot)
        assert performed(stage) == [pixel]


@pytest.mark.parametrize("size", [NARROW, WIDE])
@pytest.mark.parametrize("picture", ["screen", "closer"])
@piloted
async def test_a_click_into_a_picture_moves_the_point(picture: str, size: tuple[int, int]) -> None:
    async with asked(size=size) as (stage, pilot):
        shown = stage.screen.query_one(f"#{picture}", ScreenPicture)
        column, row = 8, 3
        wanted = shown.point_at(column, row)
        assert wanted is not None
        assert wanted != SAVE_AT
        left, top = shown.content_region.x - shown.region.x, shown.content_region.y - shown.region.y
        await pilot.click(f"#{picture}", offset=(left + column, top + row))
        await pilot.press("y")
        await to_the_end(stage, pilot)
        assert stage.desktop.places == [(wanted,)]


@piloted
async def test_each_place_of_a_drag_can_be_moved() -> None:
    async with asked(Drag(path=("Save", "Trash")), DONE) as (stage, pilot):
        await pilot.press("p", "right", "p", "left", "y")
        await to_the_end(stage, pilot)
        trash = TRASH_AT.pixel(SIZE)
        assert [place.pixel(SIZE) for place in stage.desktop.places[0]] == [
            Pixel(x=159, y=90),
            Pixel(x=trash.x + 1, y=trash.y),
        ]


@pytest.mark.parametrize(
    ("action", "typed", "becomes"),
    [
        (SAVE, "Trash", Click(target="Trash")),
        (TypeText(text="hi"), "ho", TypeText(text="ho")),
        (PressKeys(keys=("ctrl", "s")), "ctrl+c", PressKeys(keys=("ctrl", "c"))),
    ],
)
@piloted
async def test_other_words_are_located_and_asked_about_again(action: Action, typed: str, becomes: Action) -> None:
    async with asked(action, DONE) as (stage, pilot):
        first = stage.live.question
        await pilot.press("e")
        await until(pilot, lambda: isinstance(stage.console.screen, PromptScreen))
        stage.console.screen.query_one(Input).value = typed
        await pilot.press("enter")
        await again(stage, pilot, first)
        assert stage.desktop.performed == []
        await pilot.press("y")
        await to_the_end(stage, pilot)
        assert stage.desktop.performed == [becomes]


@piloted
async def test_words_that_are_not_on_the_screen_leave_the_question_and_say_so() -> None:
    async with asked() as (stage, pilot):
        first = stage.live.question
        await pilot.press("e", "end", "x", "enter")
        await again(stage, pilot, first)
        assert "no “Savex” on the screen" in stage.text("proposal")
        assert stage.text("proposal").startswith("click “Save”\n")


@piloted
async def test_words_that_make_no_action_are_refused_with_the_reason() -> None:
    async with asked(PressKeys(keys=("ctrl", "s")), DONE) as (stage, pilot):
        await pilot.press("e", "end", "x", "enter")
        assert stage.live.question is not None
        assert ["unknown key 'sx'" in note.message for note in stage.console._notifications] == [True]


@piloted
async def test_zoom_locates_closer_and_asks_again() -> None:
    async with asked() as (stage, pilot):
        first = stage.live.question
        await pilot.press("z")
        await again(stage, pilot, first)
        assert stage.live.locations[0].point != SAVE_AT
        assert stage.desktop.performed == []


@piloted
async def test_a_skipped_step_is_left_out() -> None:
    async with asked(SAVE, TypeText(text="hi"), DONE) as (stage, pilot):
        first = stage.live.question
        await pilot.press("s")
        await again(stage, pilot, first)
        assert stage.screen.episode.steps[0].verdict == Skip()
        assert stage.desktop.performed == []


@piloted
async def test_while_the_user_has_the_desktop_nothing_is_asked_and_then_it_is_looked_at_afresh() -> None:
    async with asked() as (stage, pilot):
        first = stage.live.question
        await pilot.press("t")
        assert stage.live.how == "taken over"
        await pilot.press("y", "n", "space")
        assert stage.live.question is first
        await pilot.press("t")
        await again(stage, pilot, first)
        assert [event.event for event in stage.events][-3:] == ["reviewed", "observed", "grounded"]
        assert stage.screen.episode.steps[0].verdict == LookAgain()


@pytest.mark.parametrize("key", ["escape", "ctrl+c"])
@piloted
async def test_stop_stops(key: str) -> None:
    async with asked() as (stage, pilot):
        await pilot.press(key)
        await to_the_end(stage, pilot)
        assert outcome(stage) == "stopped"
        assert stage.desktop.performed == []


@piloted
async def test_stop_works_from_within_a_prompt_and_before_a_question_is_heeded() -> None:
    async with asked(ignore_keys_seconds=3600) as (stage, pilot):
        await pilot.press("m", "h", "i", "ctrl+c")
        await to_the_end(stage, pilot)
        assert stage.desktop.performed == []


@piloted
async def test_a_paused_agent_waits_takes_one_step_and_goes_on() -> None:
    async with asked(SAVE, Wait(seconds=0.001), Wait(seconds=0.001), SAVE, DONE) as (stage, pilot):
        stage.live.control.pause()
        await pilot.press("y")
        await until(pilot, lambda: stage.text("state") == "paused")
        await pilot.press("full_stop")
        await until(pilot, lambda: stage.live.control.paused and stage.screen.episode.steps[0].closed)
        await pilot.press("space")
        await until(pilot, lambda: stage.live.question)
        assert len(stage.desktop.performed) == 1


@piloted
async def test_what_is_told_reaches_the_planner() -> None:
    async with asked(SAVE, TypeText(text="hi"), DONE) as (stage, pilot):
        first = stage.live.question
        await pilot.press("m", *"use it", "enter", "y")
        await again(stage, pilot, first)
        assert stage.planner.seen[-1].told == ("use it",)


@piloted
async def test_a_question_of_the_agent_is_answered_in_words() -> None:
    async with asked(Ask(question="Which account?"), DONE) as (stage, pilot):
        await until(pilot, lambda: isinstance(stage.console.screen, PromptScreen))
        await pilot.press(*"mine", "enter")
        await to_the_end(stage, pilot)
        assert stage.screen.episode.steps[0].verdict == AnswerAsk(text="mine")


@piloted
async def test_the_log_shows_an_earlier_step_with_its_screen_before_and_after() -> None:
    async with asked(SAVE, Click(target="Trash"), DONE) as (stage, pilot):
        first = stage.live.question
        await pilot.press("y")
        await again(stage, pilot, first)
        picture = stage.screen.query_one("#screen", ScreenPicture)
        before, after = (stage.screen.episode.steps[0].before, stage.screen.episode.steps[0].after)
        stage.screen.query_one(StepList).focus()
        await pilot.press("up")
        assert stage.text("proposal").startswith("click “Save”\nat (160, 90)")
        assert "approved" in stage.text("proposal")
        assert picture.view is not None
        assert picture.view.screenshot.digest == before.digest
        await pilot.press("b")
        assert after is not None
        assert picture.view.screenshot.digest == after.digest
        await pilot.press("l")
        assert stage.text("proposal").startswith("click “Trash”")


@piloted
async def test_what_is_asked_cannot_be_answered_while_another_step_is_shown() -> None:
    async with asked(SAVE, TypeText(text="hi"), DONE) as (stage, pilot):
        first = stage.live.question
        await pilot.press("y")
        await again(stage, pilot, first)
        stage.screen.query_one(StepList).focus()
        await pilot.press("home")
        assert stage.screen.query_one("#asking").border_title == "step 1"
        await pilot.press("y", "a", "s")
        assert stage.live.question is not None
        await pilot.press("l", "y")
        await to_the_end(stage, pilot)
        assert stage.desktop.performed == [SAVE, TypeText(text="hi")]


@piloted
async def test_a_pause_says_why(tmp_path: Path) -> None:
    with Recorder(tmp_path / "run") as recorder:
        for event in (Started(task="save it"), Observed(screenshot=editor(0)), Paused(why="you touched it, I wait")):
            recorder(event)
    stage = Stage(task=None, past=tmp_path / "run")
    async with stage.console.run_test(size=NARROW) as pilot:
        await until(pilot, lambda: stage.text("state") == "paused: you touched it, I wait")
        assert stage.screen.query_one("#facts").region.x > len("paused: you touched it, I wait")


@pytest.mark.parametrize("size", [NARROW, WIDE])
@piloted
async def test_a_recorded_run_looks_exactly_like_a_live_one_but_for_its_keys(
    size: tuple[int, int], tmp_path: Path
) -> None:
    with Recorder(tmp_path / "run") as recorder:
        live = Stage(SAVE, Click(target="Trash"), DONE, sinks=[recorder])
        async with live.console.run_test(size=size) as pilot:
            question = None
            for _ in range(2):
                await again(live, pilot, question)
                question = live.live.question
                await pilot.press("right", "y")
            await to_the_end(live, pilot)
            live.screen.query_one(StepList).focus()
            live.screen.query_one(Footer).display = False
            await pilot.pause()
            happened = live.console.export_screenshot(simplify=True)
    past = Stage(task=None, past=tmp_path / "run")
    async with past.console.run_test(size=size) as pilot:
        await until(pilot, lambda: past.screen.episode.ended)
        past.screen.query_one(Footer).display = False
        await pilot.pause()
        assert past.console.export_screenshot(simplify=True) == happened


@piloted
async def test_every_key_stands_on_the_help_screen() -> None:
    async with asked() as (stage, pilot):
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(stage.console.screen, KeysScreen))
        said = str(stage.console.screen.query_one("KeysScreen Static").render())
        for key in ("y", "n", "a", "e", "z", "s", "t", "p", "␣", ".", "m", "esc", "l", "b", "q", "↔", "?", "d"):
            assert f" {key}  " in f" {said}"
        await pilot.press("escape")
        assert not stage.live.control.stopped


@piloted
async def test_light_and_dark_are_one_key_apart() -> None:
    async with asked() as (stage, pilot):
        before = stage.console.current_theme.dark
        await pilot.press("d")
        assert stage.console.current_theme.dark is not before


@piloted
async def test_what_breaks_is_shown_and_kept() -> None:
    stage = Stage()
    stage.planner.decisions = [RuntimeError("boom")]
    async with stage.console.run_test(size=NARROW) as pilot:
        await to_the_end(stage, pilot)
        await until(pilot, lambda: stage.live.broke)
        assert stage.text("state") == "crashed"
        assert "RuntimeError: boom" in stage.text("proposal")
        assert str(stage.live.broke) == "boom"
        await pilot.press("q")
    assert stage.console.supervising is not None
    assert stage.console.return_value is stage.console.supervising.episode


@piloted
async def test_a_desktop_that_cannot_be_opened_is_named() -> None:
    @contextmanager
    def begin(control: Control, person: Asker) -> Iterator[SupervisedWork]:
        raise NoDesktop("no display: DISPLAY is not set")
        yield

    stage = Stage()
    stage.begin = begin  # type: ignore[method-assign]
    async with stage.console.run_test(size=NARROW) as pilot:
        await until(pilot, lambda: stage.live.broke)
        assert stage.text("state") == "broke off"
        assert stage.text("proposal") == "no display: DISPLAY is not set"


class TestStart:
    @piloted
    async def test_a_task_that_is_entered_begins(self, tmp_path: Path) -> None:
        stage = Stage(task=None, runs=tmp_path)
        async with stage.console.run_test(size=NARROW) as pilot:
            await pilot.press(*"save it", "enter")
            await until(pilot, lambda: stage.console.supervising is not None and stage.live.question)
            await pilot.press("y")
            await to_the_end(stage, pilot)
            await pilot.press("q")
            assert stage.console.screen.query("#line")

    @piloted
    async def test_earlier_tasks_are_a_key_away_and_runs_can_be_opened(self, tmp_path: Path) -> None:
        with Recorder(tmp_path / "first") as recorder:
            async with asked(runs=tmp_path, sinks=[recorder]) as (stage, pilot):
                await pilot.press("y")
                await to_the_end(stage, pilot)
        stage = Stage(task=None, runs=tmp_path)
        async with stage.console.run_test(size=NARROW) as pilot:
            listed = stage.console.screen.query_one("#runs", OptionList)
            await until(pilot, lambda: listed.option_count)
            assert "done" in str(listed.options[0].prompt)
            await pilot.press("up")
            assert stage.console.screen.query_one("#line", Input).value == "save it"
            await pilot.press("tab", "down", "enter")
            await until(pilot, lambda: stage.screen.episode.ended)
            assert stage.text("task") == "save it"
            await pilot.press("q")
            assert stage.console.screen.query("#line")

    @piloted
    async def test_a_script_is_played_once_its_parameters_have_values(self, tmp_path: Path) -> None:
        (tmp_path / "not-a-script.yaml").write_text("a: 1\n")
        (tmp_path / "greet.yaml").write_text(
            "name: greet\nparameters:\n  whom: {about: who is greeted}\nsteps:\n  - type: hello {{whom}}\n"
        )
        stage = Stage(task=None, runs=tmp_path / "runs", scripts=tmp_path)
        async with stage.console.run_test(size=NARROW) as pilot:
            listed = stage.console.screen.query_one("#scripts", OptionList)
            await until(pilot, lambda: listed.option_count)
            assert [str(option.prompt) for option in listed.options] == ["greet  greet.yaml"]
            listed.focus()
            await pilot.press("down", "enter")
            await until(pilot, lambda: isinstance(stage.console.screen, PromptScreen))
            await pilot.press(*"Ada", "enter")
            await until(pilot, lambda: stage.console.supervising is not None and stage.live.question)
            assert stage.played == ("greet", {"whom": "Ada"})

    @piloted
    async def test_every_setting_is_shown_with_what_set_it(self, tmp_path: Path) -> None:
        settings = [SettingInForce(name="look", value="full", source="SCREENAGENT_LOOK", meaning="what is shown")]
        stage = Stage(task=None, runs=tmp_path, settings=settings)
        async with stage.console.run_test(size=NARROW) as pilot:
            table = stage.console.screen.query_one(DataTable)
            assert [str(cell) for cell in table.get_row_at(0)] == ["look", "environment", "full"]
            table.focus()
            await pilot.pause()
            said = "look = full, by SCREENAGENT_LOOK: what is shown"
            await until(pilot, lambda: said in str(stage.console.screen.query_one("#meaning").render()))

    @piloted
    async def test_which_desktop_a_task_is_done_on_stands_above_its_line(self, tmp_path: Path) -> None:
        desktop = "a virtual desktop of 1280×720 with mousepad"
        stage = Stage(task=None, runs=tmp_path, desktop=desktop)
        async with stage.console.run_test(size=NARROW):
            title = stage.console.screen.query_one("#line").border_title
            assert str(title) == f"What is to be done on {desktop}?"

    @pytest.mark.parametrize("size", [NARROW, WIDE])
    @piloted
    async def test_all_of_it_is_reached_by_tab(self, size: tuple[int, int], tmp_path: Path) -> None:
        stage = Stage(task=None, runs=tmp_path)
        async with stage.console.run_test(size=size) as pilot:
            seen = []
            for _ in range(4):
                focused = stage.console.focused
                seen.append(focused.id if focused else None)
                await pilot.press("tab")
            assert seen == ["line", "runs", "scripts", "settings"]


@piloted
async def test_a_question_that_is_not_answered_in_time_is_withdrawn_and_means_no() -> None:
    stage = Stage(answer_seconds=0.3)
    async with stage.console.run_test(size=NARROW) as pilot:
        await until(pilot, lambda: any(event.event == "reviewed" for event in stage.events))
        await until(pilot, lambda: stage.live.question is None)
        reviewed = next(event for event in stage.events if event.event == "reviewed")
        assert reviewed.verdict == Reject(reason="nobody answered")
        assert stage.desktop.performed == []
        stage.live.control.stop()


@piloted
async def test_every_key_is_a_command_by_name() -> None:
    async with asked() as (stage, pilot):
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(stage.console.screen, CommandPalette))
        await pilot.press(*"leave this step")
        listed = stage.console.screen.query_one(CommandList)
        await until(pilot, lambda: listed.option_count == 1)
        await pilot.press("enter")
        await until(pilot, lambda: stage.screen.episode.steps[0].verdict)
        assert stage.screen.episode.steps[0].verdict == Skip()


@piloted
async def test_a_step_of_long_ago_is_shown_with_its_picture(tmp_path: Path) -> None:
    with Recorder(tmp_path / "run") as recorder:
        async with asked(SAVE, SAVE, SAVE, SAVE, DONE, sinks=[recorder]) as (stage, pilot):
            await pilot.press("a", "a")
            await to_the_end(stage, pilot)
    stage = Stage(task=None, past=tmp_path / "run")
    async with stage.console.run_test(size=NARROW) as pilot:
        await until(pilot, lambda: stage.screen.episode.ended)
        await pilot.press("home")
        await pilot.pause()
        picture = stage.screen.query_one("#screen", ScreenPicture)
        assert stage.screen.looked_at == 0
        assert picture.view is not None
        assert picture.view.screenshot.digest == editor(0).digest
        assert picture.view.screenshot.image is not None


@piloted
async def test_a_run_that_cannot_be_read_on_says_why(tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").write_text('{"event":"started","task":"save it"}\nnonsense\n')
    stage = Stage(task=None, past=tmp_path)
    async with stage.console.run_test(size=NARROW) as pilot:
        await until(pilot, lambda: stage.console._notifications or stage.screen._notifications)  # type: ignore[attr-defined]
        await until(pilot, lambda: stage.text("task") == "save it")  # drawn with the next frame


@piloted
async def test_all_of_a_long_text_can_be_read_before_it_is_typed() -> None:
    text = " ".join(f"word{number}" for number in range(200))
    async with asked(TypeText(text=text), DONE) as (stage, pilot):
        asking = stage.screen.query_one("#asking")
        asking.focus()
        await pilot.press("end")
        await until(pilot, lambda: asking.scroll_y == asking.max_scroll_y > 0)
        assert "word199" in stage.text("proposal")


@piloted
async def test_a_place_under_our_own_terminal_is_warned_of() -> None:
    covered = (Box(left=0.4, top=0.4, right=0.6, bottom=0.6),)
    stage = Stage()
    stage.desktop.screen = lambda performed: editor(performed).model_copy(update={"covered": covered})
    async with stage.console.run_test(size=NARROW) as pilot:
        await until(pilot, lambda: stage.live.question)
        assert "this terminal lies there" in stage.text("proposal")
        assert "covers 4% of the screen" in stage.text("facts")
        stage.live.control.stop()
        await to_the_end(stage, pilot)
