"""For how long a replay waits for a target that is absent: not long where its window is in front and at rest."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PIL import Image

from screenagent.approval import AllowAll
from screenagent.control import Stopped
from screenagent.events import AnswerAsk, Approve, Ended, Event
from screenagent.fakes import FakeApprover, FakeDesktop, FakeGrounder, FakeReader, ScriptedPlanner
from screenagent.geometry import Box, Guess, Location, Point
from screenagent.protocols import Approver
from screenagent.screenshot import Screenshot, Window, Word
from screenagent.scripts.file import parsed
from screenagent.scripts.replay import Replay
from screenagent.scripts.replay.planner import ScriptPlanner
from screenagent.scripts.replay.rest import Patience, RestJudge
from tests.builders import fake_agent

PANEL = Window(id=1, title="Panel", app="panel", box=Box(left=0.1, top=0.1, right=0.9, bottom=0.9))


def screen(window: Window | None = PANEL, *, light: Box | None = None, moving: tuple[Box, ...] = ()) -> Screenshot:
    """A window on a screen of 100 by 100 pixels, with a light in it."""
    image = Image.new("RGB", (100, 100))
    if light is not None:
        image.paste((255, 255, 255), light.pixels(Screenshot.of(image).size))
    return Screenshot.of(image, window=window).model_copy(update={"moving": moving})


def read(text: str) -> FakeReader:
    return FakeReader((Word(text=text, box=Box(left=0.2, top=0.2, right=0.6, bottom=0.3)),))


INSIDE = Box(left=0.3, top=0.5, right=0.5, bottom=0.7)
CARET = Box(left=0.3, top=0.5, right=0.32, bottom=0.65)
OUTSIDE = Box(left=0.0, top=0.92, right=0.4, bottom=1.0)


@pytest.mark.parametrize("light", [None, CARET, OUTSIDE])
def test_a_window_in_which_at_most_a_caret_blinks_is_at_rest(light: Box | None) -> None:
    assert RestJudge(read("Save as")).unrest(screen(), screen(light=light)) == ""


@pytest.mark.parametrize(
    ("before", "now", "why"),
    [
        (screen(), screen(light=INSIDE), "is changing"),
        (screen(), screen(moving=(INSIDE,)), "is changing"),
        (screen(), screen(None), "no window is in front"),
        (screen(None), screen(), "has only just come in front"),
        (screen(PANEL.model_copy(update={"id": 2})), screen(), "has only just come in front"),
    ],
)
def test_a_window_that_changes_or_has_just_come_is_not_at_rest(before: Screenshot, now: Screenshot, why: str) -> None:
    assert why in RestJudge(read("Save as")).unrest(before, now)


def test_what_the_mouse_has_lit_up_itself_is_no_unrest() -> None:
    place = Location(point=INSIDE.center, box=INSIDE, confidence=0, by="tooltip")
    judge, lit = RestJudge(read("Save as")), screen(light=INSIDE)
    assert judge.unrest(screen(), lit, touched=(place,)) == ""
    elsewhere = place.model_copy(update={"box": Box(left=0.7, top=0.7, right=0.8, bottom=0.8)})
    assert judge.unrest(screen(), lit, touched=(elsewhere,)) == "“Panel” is changing"


@pytest.mark.parametrize("text", ["Loading…", "Connecting to the server...", "Please wait"])
def test_a_window_that_says_that_it_is_at_work_is_not_at_rest(text: str) -> None:
    assert RestJudge(read(text)).unrest(screen(), screen()) == f"“Panel” shows “{text}”"


def test_a_window_without_any_text_is_not_complete_yet() -> None:
    assert RestJudge(FakeReader(())).unrest(screen(), screen()) == "“Panel” shows no text yet"


def test_an_application_that_answers_no_input_is_not_at_rest() -> None:
    assert RestJudge(read("Save as"), lambda: True).unrest(screen(), screen()) == "“Panel” is at work"


def test_patience_begins_anew_with_each_unrest_but_ends_in_time() -> None:
    now = [0.0]
    patience = Patience(5, 10, now=lambda: now[0])
    now[0] = 4
    assert patience.goes_on("it is changing")
    assert patience.left == 5
    now[0] = 8
    assert patience.goes_on("it is changing")
    assert patience.left == 2
    now[0] = 10
    assert not patience.goes_on("it is changing")


def test_a_target_whose_button_is_asked_for_its_name_is_first_waited_for_briefly() -> None:
    now = [0.0]
    patience = Patience(5, 10, now=lambda: now[0])
    assert patience.next_wait(asks=True) == 1
    now[0] = 2
    assert patience.next_wait(asks=True) == 3
    assert Patience(5, 10, now=lambda: now[0]).next_wait(asks=False) == 5
    assert Patience(0.2, 10, now=lambda: now[0]).next_wait(asks=True) == pytest.approx(0.2)


def test_a_target_in_whose_place_something_else_stands_is_waited_for_less() -> None:
    now = [0.0]
    patience = Patience(5, 10, 2, now=lambda: now[0])
    assert patience.left == 5
    patience.is_replaced = True
    assert patience.left == 2
    patience.is_replaced = False
    assert patience.left == 5


@pytest.mark.parametrize(
    ("settings", "seconds"), [("", 2.0), ("patience: 3", 3.0), ("patience: 1", 1.0), ("timeout: 30", 30.0)]
)
def test_what_a_script_states_holds_for_a_target_that_was_replaced_too(settings: str, seconds: float) -> None:
    script = parsed(f"name: t\n{settings}\nsteps:\n  - click: Save\n".encode(), Path("t.yaml"))[0]
    assert script.patience_if_replaced(script.steps[0]) == seconds


@dataclass
class SlowDesktop(FakeDesktop):
    """A desktop that takes its time to wait; remembers for how long it was asked to."""

    waits: list[float] = field(default_factory=list)

    def settled(self, until: Callable[[Screenshot], bool] | None = None, *, seconds: float | None = None) -> Screenshot:
        if seconds:
            self.waits.append(seconds)
            time.sleep(seconds)
        return super().settled(until, seconds=seconds)


def ended(events: list[Event]) -> str:
    last = events[-1]
    assert isinstance(last, Ended)
    return last.message


def looks(settings: str, *, busy: bool = False, approver: Approver | None = None) -> tuple[list[Event], list[float]]:
    """The events of a replay whose target is nowhere, and how long each look for it took."""
    script = parsed(f"name: test\n{settings}\nsteps:\n  - click: Save\n".encode(), Path("test.yaml"))[0]
    desktop = SlowDesktop(lambda _: screen())
    planner = ScriptedPlanner([])
    agent = fake_agent(planner, grounder=FakeGrounder({}), approver=approver or AllowAll(), desktop=desktop)
    reader = read("Loading…" if busy else "Save as")
    return list(Replay(script).playing(agent, reader).run("test")), desktop.waits


def test_a_target_that_is_nowhere_in_a_window_at_rest_is_looked_for_once() -> None:
    events, waits = looks("patience: 0.05")
    assert len(waits) == 1
    assert waits[0] <= 0.05
    assert "“Panel” is in front and at rest after 0 s; there is nobody to ask" in ended(events)
    assert "Say" not in ended(events)


def test_a_target_is_waited_for_longer_in_a_window_that_is_at_work() -> None:
    events, waits = looks("patience: 0.05\ntimeout: 0.15", busy=True)
    assert len(waits) >= 2
    assert 0.1 < sum(waits) <= 0.15
    assert "“Panel” shows “Loading…”" in ended(events)


def test_a_person_may_ask_for_another_try_which_gets_its_time_anew() -> None:
    approver = FakeApprover([AnswerAsk(text="again"), AnswerAsk(text="stop"), Approve()])
    events, waits = looks("patience: 0.05", approver=approver)
    assert len(waits) == 2
    assert "the answer was “stop”" in ended(events)


@pytest.mark.parametrize(
    ("settings", "times"),
    [
        ("", (5.0, 10.0)),
        ("patience: 2", (2.0, 10.0)),
        ("timeout: 30", (30.0, 30.0)),
        ("timeout: 30\npatience: 2", (2.0, 30.0)),
        ("timeout: 1\npatience: 2", (1.0, 1.0)),
    ],
)
def test_what_a_script_states_goes_before_what_is_usual(settings: str, times: tuple[float, float]) -> None:
    script = parsed(f"name: t\n{settings}\nsteps:\n  - click: Save\n".encode(), Path("t.yaml"))[0]
    assert script.patience_for(script.steps[0]) == times


def test_a_step_that_states_its_time_is_given_it() -> None:
    script = parsed(b"name: t\npatience: 2\nsteps:\n  - click: Save\n    timeout: 7\n", Path("t.yaml"))[0]
    assert script.patience_for(script.steps[0]) == (7.0, 7.0)


START = Location(point=Point(x=0.5, y=0.5), box=Box(left=0.4, top=0.4, right=0.6, bottom=0.6), confidence=1, by="patch")


class StoppedDesktop(SlowDesktop):
    """A desktop on which a run is stopped as soon as it waits for what is late."""

    def settled(self, until: Callable[[Screenshot], bool] | None = None, *, seconds: float | None = None) -> Screenshot:
        if seconds:
            self.waits.append(seconds)
            raise Stopped
        return super().settled(until)


def stop_replaced(steps: str, desktop: SlowDesktop) -> list[Event]:
    """The events of a replay that looks for “Stop” where “Start” stands."""
    script = parsed(f"name: t\nsteps:\n{steps}".encode(), Path("t.yaml"))[0]
    grounder = FakeGrounder({"Start": START.point})
    agent = fake_agent(ScriptedPlanner([]), grounder=grounder, approver=AllowAll(), desktop=desktop)
    playing = Replay(script).playing(agent, read("Start"))
    assert isinstance(playing.planner, ScriptPlanner)
    playing.planner.instead = lambda _, name, __: Guess(words="Start", location=START) if name == "stop" else None
    return list(playing.run("t"))


def test_what_stands_in_the_place_of_a_target_is_named() -> None:
    desktop = SlowDesktop(lambda _: screen())
    said = ended(stop_replaced("  - click: Stop\n    timeout: 0.05\n", desktop))
    assert "“Start” stands in its place; “Panel” is in front and at rest" in said


@pytest.mark.parametrize(
    ("before", "least", "most"), [("press: ctrl+a", 0.0, 2.0), ("click: Start\n    may: nothing", 2.0, 5.0)]
)
def test_a_target_that_was_replaced_is_waited_for_less_unless_the_last_input_may_be_what_changes_it(
    before: str, least: float, most: float
) -> None:
    desktop = StoppedDesktop(lambda performed: screen(light=INSIDE if performed else None))
    stop_replaced(f"  - {before}\n  - click: Stop\n", desktop)
    assert len(desktop.waits) == 1
    assert least < desktop.waits[0] <= most
