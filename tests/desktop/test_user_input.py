"""The user's own hand at the desktop: it stops the agent, or makes it wait; the agent's own hand does neither."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle, islice

import pytest
from Xlib import X

from screenagent.actions import Click, Drag, HoldKeys, Input, Move, PressKeys, Scroll, TypeText
from screenagent.control import Control, Interrupted, Stopped
from screenagent.desktop.local import LocalDesktop
from screenagent.desktop.testing.contract import perform_input
from screenagent.desktop.testing.synthetic_user import SyntheticPerson
from screenagent.desktop.user_input import MonitorOptions, UserInputMonitor
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.desktop.x11.connection import connect_display, disconnect_display
from screenagent.geometry import Location, Point
from screenagent.keys import UserKeys
from screenagent.protocols import Retry
from tests.builders import becomes

pytestmark = pytest.mark.display

MONITOR = MonitorOptions()
ANSWERING = UserKeys(yes=("ctrl", "alt", "y"), no=("ctrl", "alt", "a"))
LINES = "some words to be typed\n" * 4000


def at(x: float, y: float) -> Location:
    return Location(point=Point(x=x, y=y), confidence=1.0, by="test")


@contextmanager
def overseen(virtual: VirtualDesktop, heeds: MonitorOptions = MONITOR) -> Iterator[tuple[LocalDesktop, Control]]:
    control = Control()
    with (
        LocalDesktop(control=control, display=virtual.display) as desktop,
        UserInputMonitor(desktop, control=control, heeds=heeds),
    ):
        yield desktop, control


@pytest.fixture(scope="module")
def human(virtual: VirtualDesktop) -> Iterator[SyntheticPerson]:
    with SyntheticPerson(virtual.display) as human:
        yield human


class Performing:
    """An input that is performed in a thread, and what ended it."""

    def __init__(self, desktop: LocalDesktop, action: Input, *places: Location) -> None:
        self.ended_by: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(desktop, action, places))
        already = desktop.ledger.sent
        self._thread.start()
        assert becomes(lambda: desktop.ledger.sent > already + 1)

    def _run(self, desktop: LocalDesktop, action: Input, places: tuple[Location, ...]) -> None:
        try:
            perform_input(desktop, action, *places)
        except (Stopped, Interrupted) as end:
            self.ended_by = end

    def end(self) -> BaseException | None:
        self._thread.join(20)
        assert not self._thread.is_alive()
        return self.ended_by


DRAG = Drag(path=("here", "there") * 400)
PATH = tuple(islice(cycle((at(0.3, 0.4), at(0.6, 0.7))), 800))
LONG: dict[str, tuple[Input, tuple[Location, ...]]] = {
    "typing": (TypeText(text=LINES), ()),
    "a drag": (DRAG, PATH),
    "a held key": (HoldKeys(keys=("shift", "b"), seconds=60), ()),
}


@pytest.mark.parametrize("what", LONG)
def test_the_stop_keys_stop_it_in_the_middle(virtual: VirtualDesktop, human: SyntheticPerson, what: str) -> None:
    action, places = LONG[what]
    with overseen(virtual, MonitorOptions(touch=False)) as (desktop, _):
        performing = Performing(desktop, action, *places)
        human.does("tap", "ctrl", "shift", "escape")
        assert isinstance(performing.end(), Stopped)


def test_the_stop_keys_are_heard_while_a_menu_has_grabbed_the_keyboard(
    virtual: VirtualDesktop, human: SyntheticPerson
) -> None:
    menu = connect_display(virtual.display)
    try:
        grabbed = menu.screen().root.grab_keyboard(True, X.GrabModeAsync, X.GrabModeAsync, X.CurrentTime)
        assert grabbed == X.GrabSuccess
        with overseen(virtual, MonitorOptions(touch=False)) as (_, control):
            human.does("tap", "ctrl", "shift", "escape")
            assert becomes(lambda: control.stopped)
    finally:
        disconnect_display(menu)


def test_a_mouse_thrown_into_a_corner_stops_it(virtual: VirtualDesktop, human: SyntheticPerson) -> None:
    human.does("move", "400", "300")
    with overseen(virtual) as (desktop, control):
        performing = Performing(desktop, DRAG, *PATH)
        human.does("move", "1279", "0")
        assert isinstance(performing.end(), Interrupted | Stopped)
        assert becomes(lambda: control.stopped)


def test_a_corner_is_a_place_like_any_other_for_the_agent_and_for_a_user_who_works(
    virtual: VirtualDesktop, human: SyntheticPerson
) -> None:
    with overseen(virtual) as (desktop, control):
        for corner in (at(0.0, 0.0), at(1.0, 1.0), at(0.0, 1.0)):
            perform_input(desktop, Move(target="corner"), corner)
            perform_input(desktop, Click(target="corner"), corner)
        human.does("move", "500", "300")
        assert becomes(lambda: control.paused)
        assert becomes(lambda: control.paused_for > 1.0)
        human.does("move", "0", "0")
        human.does("move", "300", "300")
        assert not control.stopped


@pytest.mark.parametrize(
    ("what", "act"), [("typing", ("click",)), ("a drag", ("tap", "a")), ("a held key", ("move", "700", "77"))]
)
def test_a_touch_of_the_user_interrupts_it_in_the_middle(
    virtual: VirtualDesktop, human: SyntheticPerson, what: str, act: tuple[str, ...]
) -> None:
    action, places = LONG[what]
    with overseen(virtual) as (desktop, control):
        performing = Performing(desktop, action, *places)
        human.does(*act)
        interrupted = performing.end()
        assert isinstance(interrupted, Interrupted)
        assert interrupted.partly
        assert "you touched the" in str(interrupted)
        assert control.paused
        with pytest.raises(Interrupted):
            perform_input(desktop, PressKeys(keys=("b",)))
        control.resume()
        perform_input(desktop, PressKeys(keys=("b",)))
        assert control.was_handed_back()


def test_nothing_that_the_agent_does_is_taken_for_the_users(virtual: VirtualDesktop) -> None:
    with overseen(virtual) as (desktop, control):
        perform_input(desktop, TypeText(text="Some Words, 2!\n" * 20))
        perform_input(desktop, Click(target="x", count=3, modifiers=("ctrl", "shift")), at(0.4, 0.5))
        perform_input(desktop, Click(target="x", button="right"), at(0.8, 0.5))
        perform_input(desktop, Scroll(target="x", direction="down", notches=9), at(0.2, 0.2))
        perform_input(desktop, Scroll(direction="left", notches=3))
        perform_input(desktop, Drag(path=("a", "b", "c")), at(0.2, 0.2), at(0.9, 0.9), at(0.5, 0.1))
        perform_input(desktop, PressKeys(keys=("escape",), times=3))
        perform_input(desktop, HoldKeys(keys=("right",), seconds=1.0))  # which the server repeats
        assert not control.paused
        assert not control.stopped


def test_a_hand_is_expected_while_the_user_is_asked(virtual: VirtualDesktop, human: SyntheticPerson) -> None:
    with overseen(virtual) as (_, control):
        with control.asking():
            human.does("tap", "a")
            human.does("move", "200", "200")
        human.does("move", "300", "200")  # the hand that has answered still moves
        assert not becomes(lambda: control.paused, seconds=0.3)
        assert becomes(lambda: not control.expects_a_hand)
        human.does("move", "200", "300")
        assert becomes(lambda: control.paused)


def test_the_answer_keys_answer_while_a_menu_has_grabbed_the_keyboard(
    virtual: VirtualDesktop, human: SyntheticPerson
) -> None:
    heard: list[str] = []
    menu = connect_display(virtual.display)
    try:
        assert menu.screen().root.grab_keyboard(True, X.GrabModeAsync, X.GrabModeAsync, X.CurrentTime) == X.GrabSuccess
        with overseen(virtual, MonitorOptions(keys=ANSWERING, touch=False)) as (_, control):
            human.does("tap", "ctrl", "alt", "y")  # nobody asks
            time.sleep(1.0)  # until it was heard, also on a machine that has other things to do
            with control.asking(heard.append):
                human.does("tap", "ctrl", "alt", "b")
                human.does("tap", "ctrl", "alt", "y")
                human.does("tap", "ctrl", "alt", "a")
                assert becomes(lambda: heard == ["yes", "no"])
    finally:
        disconnect_display(menu)


def test_the_agent_does_not_press_the_keys_that_answer(virtual: VirtualDesktop) -> None:
    with LocalDesktop(control=Control(), display=virtual.display, user_keys=ANSWERING) as desktop:
        for pressed in (("ctrl", "alt", "y"), ("a", "alt", "shift", "ctrl")):
            with pytest.raises(Retry, match="is how the user answers the agent") as refused:
                perform_input(desktop, PressKeys(keys=pressed))
            assert refused.value.code == "answer_keys"


def test_the_agent_does_not_press_the_stop_keys(virtual: VirtualDesktop) -> None:
    with overseen(virtual) as (desktop, control):
        for pressed in (("ctrl", "shift", "escape"), ("escape", "alt", "shift", "ctrl")):
            with pytest.raises(Retry, match=r"ctrl\+shift\+escape is how the user stops the agent"):
                perform_input(desktop, PressKeys(keys=pressed))
        with pytest.raises(Retry):
            perform_input(desktop, HoldKeys(keys=("ctrl", "shift", "escape"), seconds=1))
        assert not control.stopped
