"""What GTK 4.8 leaves out: which objects are shown, which page of several, and which field hides what is typed."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Final

import pytest

from screenagent.desktop.accessibility.front import PlacedControls
from screenagent.desktop.accessibility.nodes import MULTI_LINE, SENSITIVE, SHOWING, VISIBLE, AccessibleNode, StateBits
from screenagent.desktop.accessibility.places import Space
from screenagent.desktop.accessibility.values import values
from tests.desktop.accessibility.accessible_program import BUTTON, FRAME, WINDOW, FakeObject, FakeProgram, front_of
from tests.desktop.accessibility.test_nodes import node

PANEL, FIELD = 39, 61
SHY: Final = (VISIBLE, SENSITIVE)


def gtk4(*buttons: FakeObject) -> dict[str, FakeObject]:
    """A window with these in it. It says of itself alone that it is shown."""
    below = {f"/{number}": button for number, button in enumerate(buttons)}
    window = FakeObject(FRAME, "Editor", states=(*SHY, SHOWING), below=["/panel"], place=(0, 0, 640, 400))
    return {"/window": window, "/panel": FakeObject(PANEL, states=SHY, below=[*below]), **below}


def shy(name: str, *place: int) -> FakeObject:
    left, top, width, height = place
    return FakeObject(BUTTON, name, states=SHY, place=(left, top, width, height))


def told(objects: dict[str, FakeObject], *, toolkit: str = "GTK", space: Space = Space.WINDOW) -> PlacedControls:
    program = FakeProgram(objects, toolkit=toolkit)
    with program.connected() as bus, bus.asking(time.monotonic() + 5) as query:
        return front_of(program, bus, space=space).controls(query, WINDOW, "first")


def names(found: PlacedControls) -> list[str]:
    return [control.node.name for control in found.controls]


def test_what_gtk_4_calls_visible_is_shown() -> None:
    objects = gtk4(shy("Save", 10, 10, 80, 20))
    assert names(told(objects)) == ["Save"]
    assert names(told(objects, toolkit="gtk")) == []
    assert names(told(objects, space=Space.SCREEN)) == []  # where it does not know places either


def test_what_it_does_not_call_visible_is_not_shown() -> None:
    hidden = replace(shy("Save", 10, 10, 80, 20), states=(SENSITIVE,))
    assert names(told(gtk4(hidden, shy("Open", 10, 40, 80, 20)))) == ["Open"]


def test_of_controls_that_claim_one_place_none_is_told() -> None:
    pages = shy("One", 10, 10, 80, 20), shy("Two", 40, 10, 80, 20), shy("Beside", 120, 10, 80, 20)
    assert names(told(gtk4(*pages))) == ["Beside"]


def test_a_control_within_another_claims_no_place_of_its_own() -> None:
    objects = gtk4(shy("Menu", 10, 10, 80, 20))
    objects["/0"].below = ["/inner"]
    objects["/inner"] = shy("Arrow", 70, 10, 20, 20)
    assert names(told(objects)) == ["Menu", "Arrow"]


def test_what_lies_in_a_popover_is_left_out_as_its_place_is_told_wrongly() -> None:
    objects = gtk4(shy("Save", 10, 10, 80, 20))
    objects["/panel"].below.append("/popover")
    objects["/popover"] = FakeObject(PANEL, "GtkPopover", states=SHY, below=["/entry"])
    objects["/entry"] = shy("Entry", 10, 60, 80, 20)
    assert names(told(objects)) == ["Save"]


def test_of_windows_with_one_title_none_is_taken_for_the_other() -> None:
    objects = gtk4(shy("Save", 10, 10, 80, 20))
    program = FakeProgram(objects, toolkit="GTK", tops=("/window", "/window"))
    with program.connected() as bus, bus.asking(time.monotonic() + 5) as query:
        assert front_of(program, bus, space=Space.WINDOW).controls(query, WINDOW, "first") == PlacedControls()


@pytest.mark.parametrize(("states", "unknown"), [((SHOWING,), {"disabled"}), ((SHOWING, SENSITIVE), set())])
def test_where_nothing_says_that_it_can_be_used_nothing_is_known_to_be_disabled(
    states: tuple[int, ...], unknown: set[str]
) -> None:
    objects = {"/window": FakeObject(FRAME, "Editor", states=states, below=["/0"]), "/0": FakeObject(BUTTON, "Save")}
    objects["/0"].states = (SHOWING,)
    assert told(objects, space=Space.SCREEN).unknown == unknown


def test_the_text_of_a_field_that_may_hide_it_is_not_asked_for() -> None:
    found = told(gtk4(shy("Save", 10, 10, 80, 20)))
    assert found.may_hide
    lines = AccessibleNode(node(FIELD).reference, FIELD, "", StateBits((1 << MULTI_LINE, 0)))
    asked: list[int] = []

    def ask(questions: object) -> list[object]:
        assert isinstance(questions, list)
        asked.append(len(questions))
        return [("told",)] * len(questions)

    assert values(ask, [node(FIELD), lines], careful=True) == [None, "told"]
    assert asked[0] == 1
