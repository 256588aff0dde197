from __future__ import annotations

import time

import pytest

from screenagent.desktop.accessibility.bus import AccessibilityBus
from screenagent.desktop.accessibility.events import FLOOD
from screenagent.desktop.accessibility.front import MOST, MOST_HIDDEN, FrontWindow, PlacedControls
from screenagent.desktop.accessibility.nodes import CHECKED, ENABLED, MANAGES_DESCENDANTS, SENSITIVE
from screenagent.desktop.accessibility.query import MOST_LISTED
from screenagent.desktop.bus import BusLost
from tests.builders import eventually
from tests.desktop.accessibility.accessible_program import (
    BUTTON,
    CHECKBOX,
    FRAME,
    LIVE,
    NAME,
    WINDOW,
    FakeObject,
    FakeProgram,
    front_of,
)


def editor(*names: str) -> dict[str, FakeObject]:
    """A window with these buttons in a panel of their own."""
    buttons = {f"/{name}": FakeObject(BUTTON, name) for name in names}
    return {
        "/window": FakeObject(FRAME, "Editor", below=["/panel"]),
        "/panel": FakeObject(39, below=[*buttons]),
        **buttons,
    }


def names(front: FrontWindow, bus: AccessibilityBus, *, picture: str = "first", seconds: float = 5) -> list[str]:
    with bus.asking(time.monotonic() + seconds) as query:
        return [control.node.name for control in front.controls(query, WINDOW, picture).controls]


def hears(program: FakeProgram) -> None:
    """Let the program tell of something that matters to no tree."""
    told = len(program.log.since(0, NAME))
    program.tell("StateChanged", "focused", 1)
    eventually(lambda: len(program.log.since(0, NAME)) > told, seconds=5)


@pytest.mark.parametrize("lists", [True, False])
def test_controls_are_found_in_the_list_of_a_program_or_level_by_level(lists: bool) -> None:
    program = FakeProgram(editor("Save", "Quit"), lists=lists)
    with program.connected() as bus:
        assert names(front_of(program, bus), bus) == ["Save", "Quit"]
    assert program.asked["GetItems"] == 1
    assert (program.asked["GetRole"] == 0) is lists


@pytest.mark.parametrize("counts", [True, False])
def test_a_program_of_too_many_objects_or_nobody_knows_how_many_is_asked_for_no_list(counts: bool) -> None:
    objects = editor("Save")
    if counts:
        objects |= {f"/hidden{number}": FakeObject(BUTTON, states=()) for number in range(MOST_LISTED)}
    program = FakeProgram(objects, counts=counts)
    with program.connected() as bus:
        front = front_of(program, bus)
        assert names(front, bus) == names(front, bus) == ["Save"]
    assert program.asked["GetItems"] == program.asked["RegisterEvent"] == 0


def test_what_a_list_leaves_out_is_asked_for() -> None:
    objects = editor("Save", "Cell")
    objects["/panel"].states = (*LIVE, MANAGES_DESCENDANTS)
    program = FakeProgram(objects, unlisted=frozenset({"/Cell"}))
    with program.connected() as bus:
        assert names(front_of(program, bus), bus) == ["Save", "Cell"]
    assert program.asked["GetRole"] == 1


def test_a_tree_is_not_asked_for_again_while_its_program_tells_of_no_change() -> None:
    program = FakeProgram(editor("Save"))
    with program.connected() as bus:
        front = front_of(program, bus)
        names(front, bus)
        hears(program)
        assert names(front, bus) == names(front, bus, picture="another") == ["Save"]
    assert program.asked["GetItems"] == 1


def test_a_program_that_has_never_told_of_anything_is_asked_again() -> None:
    program = FakeProgram(editor("Save"))
    with program.connected() as bus:
        front = front_of(program, bus)
        names(front, bus)
        program.objects |= editor("Save", "Quit")
        assert names(front, bus) == ["Save", "Quit"]


@pytest.mark.parametrize(
    ("member", "detail"),
    [("ChildrenChanged", "add"), ("PropertyChange", "accessible-name"), ("StateChanged", "showing")],
)
def test_a_tree_is_let_go_with_the_event_of_a_change(member: str, detail: str) -> None:
    program = FakeProgram(editor("Save"))
    with program.connected() as bus:
        front = front_of(program, bus)
        hears_of_tree = names(front, bus)
        hears(program)
        program.objects |= editor("Quit")
        program.tell(member, detail, 1)
        assert (hears_of_tree, names(front, bus)) == (["Save"], ["Quit"])


def test_a_state_is_never_kept() -> None:
    box = FakeObject(CHECKBOX, "Remember")
    program = FakeProgram({"/window": FakeObject(FRAME, "Editor", below=["/box"]), "/box": box})
    with program.connected() as bus:
        front = front_of(program, bus)
        names(front, bus)
        hears(program)
        box.states = (*LIVE, CHECKED)
        with bus.asking(time.monotonic() + 5) as query:
            (control,) = front.controls(query, WINDOW, "first").controls
        assert "checked" in control.node.states
        box.states = (ENABLED, SENSITIVE)  # and not showing
        assert names(front, bus) == []
    assert program.asked["GetItems"] == 1


def test_what_is_shown_without_a_word_is_found_on_another_picture() -> None:
    objects = editor("Save", "Below")
    objects["/Below"].states = (ENABLED, SENSITIVE)
    program = FakeProgram(objects)
    with program.connected() as bus:
        front = front_of(program, bus)
        assert names(front, bus) == ["Save"]
        hears(program)
        objects["/Below"].states = LIVE
        assert names(front, bus, picture="scrolled") == ["Save", "Below"]


def test_more_hidden_objects_than_can_be_asked_are_read_anew_on_another_picture() -> None:
    objects = editor("Save", *(f"row{number}" for number in range(MOST_HIDDEN + 1)))
    for path in list(objects)[3:]:
        objects[path].states = (ENABLED, SENSITIVE)
    program = FakeProgram(objects)
    with program.connected() as bus:
        front = front_of(program, bus)
        names(front, bus)
        hears(program)
        names(front, bus)
        assert program.asked["GetItems"] == 1
        names(front, bus, picture="another")
    assert program.asked["GetItems"] == 2


def test_another_window_has_another_tree() -> None:
    program = FakeProgram(editor("Save"))
    with program.connected() as bus, bus.asking(time.monotonic() + 5) as query:
        front = front_of(program, bus)
        front.controls(query, WINDOW, "first")
        program.objects |= editor("Quit")
        (control,) = front.controls(query, WINDOW.model_copy(update={"id": 2}), "first").controls
    assert control.node.name == "Quit"


@pytest.mark.slow
def test_a_tree_without_an_end_is_read_in_part() -> None:
    program = FakeProgram(editor(*(str(number) for number in range(1200))), lists=False)
    with program.connected() as bus:
        assert len(names(front_of(program, bus), bus, seconds=20)) == MOST
    assert program.asked["GetRole"] < 1000


def test_a_list_that_is_too_long_is_asked_for_once() -> None:
    program, unlisted = FakeProgram(editor("Save"), endless=True), set[str]()
    for connection in range(2):
        with program.connected() as bus:
            front = FrontWindow(bus, program.log, unlisted=unlisted, unheard=set())
            if connection == 0:
                with pytest.raises(BusLost):
                    names(front, bus)
            else:
                assert names(front, bus) == ["Save"]
    assert program.asked["GetRole"] > 0


def test_a_program_that_never_answers_is_waited_for_no_longer_than_agreed() -> None:
    program = FakeProgram(editor("Save"), silent=True)
    with program.connected() as bus:
        began = time.monotonic()
        assert names(front_of(program, bus), bus, seconds=0.05) == []
        assert time.monotonic() - began < 2


def test_a_program_that_has_hung_is_late() -> None:
    program = FakeProgram(editor("Save"))
    with program.connected() as bus:
        front = front_of(program, bus)
        names(front, bus)
        program.silent = True
        with bus.asking(time.monotonic() + 0.05) as query:
            assert front.controls(query, WINDOW, "first") == PlacedControls(in_time=False)


def test_a_tree_that_was_read_in_part_is_not_kept() -> None:
    program = FakeProgram(editor("Save"))
    with program.connected() as bus:
        front = front_of(program, bus)
        with bus.asking(time.monotonic() + 5) as query:
            assert bus.follow(query, NAME)
        hears(program)
        program.silent_to = "GetChildren"
        assert names(front, bus, seconds=0.05) == []
        program.silent_to = ""
        assert names(front, bus) == ["Save"]


def test_two_threads_do_not_ask_at_once() -> None:
    program = FakeProgram(editor("Save"))
    with program.connected() as bus, bus.asking(time.monotonic() + 5), pytest.raises(BusLost):
        names(front_of(program, bus), bus, seconds=0.01)


@pytest.mark.slow
def test_a_flood_of_events_ends_the_connection() -> None:
    program = FakeProgram(editor("Save"))
    with program.connected() as bus:
        front = front_of(program, bus)
        assert names(front, bus) == ["Save"]
        program.tell("StateChanged", "focused", 1, times=FLOOD + 100)
        eventually(program.log.is_flooded, seconds=10)
        eventually(lambda: not program.log.is_complete_since(time.monotonic()), seconds=10)
        with pytest.raises(BusLost):
            names(front, bus)
