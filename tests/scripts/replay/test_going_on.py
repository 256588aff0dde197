"""After which inputs a replay can go on before all that may follow them had its time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from screenagent.events import Decision
from screenagent.fakes import FakeDesktop, FakeGrounder, FakeReader, ScriptedPlanner, plain_screen
from screenagent.geometry import Location, Point
from screenagent.protocols import MayGoOn
from screenagent.screenshot import Screenshot, Window
from screenagent.scripts.file import parsed
from screenagent.scripts.replay import Replay
from screenagent.scripts.replay.planner import ScriptPlanner
from tests.builders import fake_agent

Answers = list[tuple[bool, bool]]
PLACES = {
    "Save": Point(x=0.5, y=0.5),
    "Next": Point(x=0.5, y=0.5),
    "Name": Point(x=0.5, y=0.2),
    "More": Point(x=0.2, y=0.5),
}


@dataclass
class Hurried(FakeDesktop):
    """Asks after each input whether what comes next can begin: if the input shows, and if it does not."""

    title: str = "Panel"
    may_go_on: MayGoOn | None = None
    answers: Answers = field(default_factory=list)

    def hurry(self, may_go_on: MayGoOn) -> None:
        self.may_go_on = may_go_on

    def screenshot(self) -> Screenshot:
        mouse = next((point for places in reversed(self.places) for point in places), None)
        seen = {"window": Window(id=1, title=self.title), "pointer": mouse}
        return super().screenshot().model_copy(update=seen)

    def settled(self, until: Callable[[Screenshot], bool] | None = None, *, seconds: float | None = None) -> Screenshot:
        screen = super().settled(until, seconds=seconds)
        if self.performed and self.may_go_on:
            self.answers.append((self.may_go_on(screen, shows=True), self.may_go_on(screen, shows=False)))
        return screen


def after_each_input(steps: str, *, seen: tuple[str, ...] = ("save", "name", "more"), title: str = "Panel") -> Answers:
    """What a replay says after each input, with these anchors in sight."""

    def found(names: Mapping[str, str], _: Screenshot) -> tuple[Location, ...]:
        return tuple(
            Location(point=PLACES[target], confidence=1, by="patch") for target, name in names.items() if name in seen
        )

    script = parsed(f"name: t\nwindow: Panel\ntimeout: 0.01\nsteps:\n{steps}".encode(), Path("t.yaml"))[0]
    desktop = Hurried(plain_screen, title=title)
    agent = fake_agent(ScriptedPlanner([Decision.give_up("enough")]), grounder=FakeGrounder(PLACES), desktop=desktop)
    playing = Replay(script).playing(agent, FakeReader(()))
    assert isinstance(playing.planner, ScriptPlanner)
    playing.planner.seen = found
    list(playing.run("t"))
    return desktop.answers


def test_a_click_that_shows_is_followed_at_once_by_what_is_in_sight() -> None:
    steps = "  - click: Save\n  - click: More\n  - press: a\n"
    assert after_each_input(steps)[0] == (True, False)
    assert after_each_input(steps, seen=("save",))[0] == (False, False)


def test_what_stands_where_the_click_was_may_still_be_what_was_clicked() -> None:
    steps = "  - click: Next\n  - click: Next\n"
    assert after_each_input(steps, seen=("next",))[0] == (False, False)
    assert after_each_input("  - click: Save\n  - click: Next\n", seen=("next",))[0] == (False, False)
    assert after_each_input("  - click: More\n  - click: Next\n", seen=("next",))[0] == (True, False)


def test_a_text_that_shows_is_followed_at_once_by_what_is_in_sight() -> None:
    assert after_each_input("  - type: Ada\n  - click: More\n")[0] == (True, False)


@pytest.mark.parametrize("next_step", ["press: enter", "type: Ada", "wait_for: {gone: Saved}", "scroll: down"])
def test_what_follows_without_a_target_in_sight_waits_for_all_that_may_come(next_step: str) -> None:
    assert after_each_input(f"  - click: Save\n    count: 2\n  - {next_step}\n")[0] == (False, False)


@pytest.mark.parametrize(
    "next_step", ["if_seen: x\n    then:\n      - click: More", "ask: which?", "task: click More", "approve: now?"]
)
def test_what_the_screen_or_the_user_decides_waits_for_all_that_may_come(next_step: str) -> None:
    assert after_each_input(f"  - click: Save\n  - {next_step}\n")[0] == (False, False)


def test_words_that_are_waited_for_by_a_step_of_their_own_are_not_waited_for_before() -> None:
    assert after_each_input("  - click: Save\n  - expect: Saved\n")[0] == (True, False)


def test_keys_are_followed_by_nothing_at_once() -> None:
    assert after_each_input("  - press: ctrl+s\n  - click: More\n")[0] == (False, False)


@pytest.mark.parametrize(
    ("steps", "answer"),
    [
        ("  - click: Name\n  - type: Ada\n", (True, False)),
        ("  - click: Name\n    may: nothing\n  - type: Ada\n", (True, True)),
        ("  - type: Ada\n    into: Name\n", (True, True)),
    ],
)
def test_a_text_follows_the_click_into_its_field_which_may_show_nothing_if_it_was_recorded_so(
    steps: str, answer: tuple[bool, bool]
) -> None:
    assert after_each_input(steps)[0] == answer


def test_nothing_follows_at_once_in_another_window_than_it_was_recorded_in() -> None:
    assert after_each_input("  - click: Save\n  - click: More\n", title="Another")[0] == (False, False)


def test_what_ends_a_script_or_one_of_its_branches_is_followed_by_nothing() -> None:
    branch = "  - if_seen: nowhere\n    then:\n      - press: a\n    else:\n      - click: Save\n  - click: More\n"
    assert set(after_each_input(branch)) == {(False, False)}
