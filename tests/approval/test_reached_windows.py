"""The policy judges the windows that an input reaches, and the strictest ruling holds."""

from __future__ import annotations

import pytest
from PIL import Image

from screenagent.actions import Click, Drag, Input, Move, PressKeys, Scroll
from screenagent.approval import Policy
from screenagent.approval.policy import Rule
from screenagent.fakes import FakeReader
from screenagent.geometry import Box, Location, Point
from screenagent.screenshot import Screenshot, Window, Word

LEFT, RIGHT = (Box(left=0, top=0, right=0.5, bottom=1), Box(left=0.5, top=0, right=1, bottom=0.9))
BANK = Window(id=1, title="My Bank", app="Browser", box=LEFT)
NOTES = Window(id=2, title="Notes", app="Editor", box=RIGHT)
MENU = Window(id=3, title="My Bank", app="Browser", box=Box(left=0.6, top=0.1, right=0.7, bottom=0.3))
SCREEN = Screenshot.of(Image.new("RGB", (100, 100))).model_copy(
    update={"window": NOTES, "windows": (BANK, NOTES, MENU), "pointer": Point(x=0.2, y=0.2)}
)
POLICY = Policy(rules=(Rule(then="deny", title="My Bank"), Rule(then="allow", apps=("editor",))))


def at(x: float, y: float) -> Location:
    return Location(point=Point(x=x, y=y), confidence=1.0, by="text")


IN_BANK, IN_NOTES, IN_MENU, ON_GROUND = at(0.2, 0.5), at(0.9, 0.5), at(0.65, 0.2), at(0.9, 0.95)


@pytest.mark.parametrize(
    ("action", "places", "then"),
    [
        (Click(target="Pay"), (IN_NOTES,), "allow"),
        (Click(target="Pay"), (IN_BANK,), "deny"),
        (Click(target="Pay"), (IN_MENU,), "deny"),
        (Click(target="Pay"), (ON_GROUND,), "ask"),
        (Move(target="Pay"), (IN_BANK,), "deny"),
        (Scroll(direction="down", target="list"), (IN_BANK,), "deny"),
        (Scroll(direction="down"), (), "deny"),
        (Drag(path=("a", "b")), (IN_NOTES, IN_NOTES), "allow"),
        (Drag(path=("a", "b")), (IN_NOTES, IN_BANK), "deny"),
        (Drag(path=("a", "b")), (IN_BANK, IN_NOTES), "deny"),
        (PressKeys(keys=("enter",)), (), "allow"),
    ],
)
def test_the_window_under_the_mouse_is_judged(action: Input, places: tuple[Location, ...], then: str) -> None:
    assert POLICY.ruling(action, places, screen=SCREEN).then == then


def test_keys_are_judged_by_the_window_that_has_the_focus() -> None:
    screen = SCREEN.model_copy(update={"focus": BANK})
    assert POLICY.ruling(PressKeys(keys=("enter",)), screen=screen).then == "deny"


def test_the_window_in_front_is_judged_too_where_the_click_goes_elsewhere() -> None:
    screen = SCREEN.model_copy(update={"window": BANK})
    assert POLICY.ruling(Click(target="Pay"), (IN_NOTES,), screen=screen).then == "deny"


def test_what_is_asked_about_is_stricter_than_what_no_rule_fits() -> None:
    policy = Policy(rules=(Rule(then="ask", title="Bank", because="money"),))
    ruling = policy.ruling(Click(target="Pay"), (IN_BANK,), screen=SCREEN)
    assert (ruling.then, ruling.rule) == ("ask", 1)


def test_what_another_window_shows_over_the_one_in_front_is_not_what_that_one_shows() -> None:
    words = [Word(text="Delete", box=Box.around(Point(x=0.65, y=0.2), width=0.02, height=0.02))]
    policy = Policy(rules=(Rule(then="deny", apps=("editor",), shown="delete"),))
    assert policy.ruling(PressKeys(keys=("enter",)), screen=SCREEN, reader=FakeReader(words)).rule is None
    alone = SCREEN.model_copy(update={"windows": (BANK, NOTES)})
    assert policy.ruling(PressKeys(keys=("enter",)), screen=alone, reader=FakeReader(words)).then == "deny"


def test_where_windows_are_not_known_the_one_in_front_is_judged() -> None:
    screen = SCREEN.model_copy(update={"windows": ()})
    assert POLICY.ruling(Click(target="Pay"), (IN_BANK,), screen=screen).then == "allow"


def test_marks_and_numbers_in_a_title_do_not_make_it_another_one() -> None:
    assert NOTES.is_called_like(NOTES.model_copy(update={"title": "*Notes (3)"}))
    assert not NOTES.is_called_like(BANK)
    assert not NOTES.is_called_like(NOTES.model_copy(update={"title": "Notes of my bank"}))
