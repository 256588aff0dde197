"""On a display: nothing is pressed that would reach another thing or another window than was approved."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from Xlib import X
from Xlib.ext import shape

from screenagent.actions import Click, Drag, Input, Move, Scroll
from screenagent.desktop.testing.probe import Probe
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.desktop.x11.connection import connect_display
from screenagent.events import Approve
from screenagent.geometry import Location, Pixel
from screenagent.protocols import Approved, Outdated, Retry
from screenagent.screenshot import Screenshot
from tests.builders import eventually

pytestmark = pytest.mark.display


@contextmanager
def connected(virtual: VirtualDesktop) -> Iterator[Any]:
    connection = connect_display(virtual.display)
    with closing(connection):
        yield connection


def open_window(connection: Any, place: tuple[int, int, int, int], *, colour: int = 0x808080, **more: Any) -> Any:
    """Open one that no window manager frames."""
    root = connection.screen().root
    window = root.create_window(*place, 0, X.CopyFromParent, override_redirect=True, background_pixel=colour, **more)
    window.map()
    connection.sync()
    return window


def around(pixel: Pixel) -> tuple[int, int, int, int]:
    return pixel.x - 40, pixel.y - 30, 80, 60


def approved(action: Input, seen: Screenshot, *places: Location) -> Approved[Input]:
    return Approved(action=action, locations=places, on=seen, verdict=Approve())


@contextmanager
def as_the_mouse_comes(connection: Any, place: Pixel, act: Callable[[], object]) -> Iterator[None]:
    """Do something on the connection as soon as the mouse has come."""

    def wait_and_act() -> None:
        pointer = connection.screen().root.query_pointer
        eventually(lambda: (pointer().root_x, pointer().root_y) == (place.x, place.y))
        act()

    acting = threading.Thread(target=wait_and_act)
    acting.start()
    yield
    acting.join()


@pytest.mark.parametrize("action", [Click(target="One"), Scroll(direction="down", target="One"), Move(target="One")])
def test_nothing_reaches_a_window_that_has_come_over_the_target_since(virtual: VirtualDesktop, action: Input) -> None:
    with connected(virtual) as connection, Probe(virtual.display) as probe:
        seen = virtual.desktop.settled()
        location = probe.location("one", seen.display)
        open_window(connection, around(seen.display.pixel(location.point)))
        with pytest.raises(Outdated):
            virtual.desktop.perform(approved(action, seen, location))
        assert probe.of("press") == []


def test_nothing_is_pressed_in_a_window_that_opens_as_the_mouse_comes(virtual: VirtualDesktop) -> None:
    """Also if it looks like what it covers: it lets the picture through, as one of another depth may."""
    with connected(virtual) as connection, Probe(virtual.display) as probe:
        connection.screen().root.warp_pointer(5, 5)
        connection.sync()
        seen = virtual.desktop.settled()
        location = probe.location("one", seen.display)
        place = seen.display.pixel(location.point)
        opening = as_the_mouse_comes(connection, place, lambda: open_window(connection, (place.x, place.y, 2, 2)))
        with opening, pytest.raises(Retry):
            virtual.desktop.perform(approved(Click(target="One"), seen, location))
        assert probe.of("press") == []


def test_a_drag_reaches_the_windows_that_were_approved_at_both_ends(virtual: VirtualDesktop) -> None:
    with connected(virtual) as connection, Probe(virtual.display) as probe:
        seen = virtual.desktop.settled()
        one, two = (probe.location(name, seen.display) for name in ("one", "two"))
        open_window(connection, around(seen.display.pixel(two.point)))
        with pytest.raises(Outdated):
            virtual.desktop.perform(approved(Drag(path=("one", "two")), seen, one, two))
        assert probe.of("press") == []


def test_a_window_that_has_got_another_title_is_another_one_to_the_policy(virtual: VirtualDesktop) -> None:
    with connected(virtual) as connection, Probe(virtual.display) as probe:
        seen = virtual.desktop.settled()
        location = probe.location("one", seen.display)
        assert seen.window is not None
        window = connection.create_resource_object("window", seen.window.id)
        window.change_property(connection.get_atom("_NET_WM_NAME"), connection.get_atom("UTF8_STRING"), 8, b"My Bank")
        connection.sync()
        with pytest.raises(Outdated, match="My Bank"):
            virtual.desktop.perform(approved(Click(target="One"), seen, location))


def test_the_second_click_is_not_sent_to_a_window_that_the_first_has_opened(virtual: VirtualDesktop) -> None:
    with connected(virtual) as connection, Probe(virtual.display) as probe:
        seen = virtual.desktop.settled()
        location = probe.location("one", seen.display)
        place = seen.display.pixel(location.point)
        pressed = threading.Event()

        def open_after_the_press() -> None:
            probe.wait_for("press")
            open_window(connection, around(place), event_mask=X.ButtonPressMask)
            pressed.set()

        opening = threading.Thread(target=open_after_the_press)
        opening.start()
        with pytest.raises(Retry, match="only a part"):
            virtual.desktop.perform(approved(Click(target="One", count=2), seen, location))
        opening.join()
        assert connection.pending_events() == 0 or all(
            connection.next_event().type != X.ButtonPress for _ in range(connection.pending_events())
        )


def test_an_overlay_that_lets_the_mouse_through_is_not_what_is_clicked(virtual: VirtualDesktop) -> None:
    with connected(virtual) as connection, Probe(virtual.display) as probe:
        overlay = open_window(connection, (0, 0, 1, 1))
        overlay.shape_rectangles(shape.SO.Set, shape.SK.Input, 0, 0, 0, [])
        overlay.shape_rectangles(shape.SO.Set, shape.SK.Bounding, 0, 0, 0, [])
        overlay.configure(width=1000, height=700)
        connection.sync()
        seen = virtual.desktop.settled()
        location = probe.location("one", seen.display)
        virtual.desktop.perform(approved(Click(target="One"), seen, location))
        probe.wait_for("press")


def test_a_menu_belongs_to_the_window_of_its_application(virtual: VirtualDesktop) -> None:
    with connected(virtual) as connection, Probe(virtual.display):
        front = virtual.desktop.settled().window
        assert front is not None
        menu = open_window(connection, (10, 10, 50, 50))
        menu.change_property(connection.get_atom("WM_TRANSIENT_FOR"), connection.get_atom("WINDOW"), 32, [front.id])
        connection.sync()
        seen = virtual.desktop.screenshot()
        found = seen.window_at(seen.display.point(Pixel(x=20, y=20)))
    assert found is not None
    assert (found.id, found.title, found.app) == (menu.id, front.title, front.app)


def test_the_last_look_is_right_before_the_press(virtual: VirtualDesktop) -> None:
    with Probe(virtual.display) as probe:
        for name in ("one", "two") * 3:
            seen = virtual.desktop.settled()
            virtual.desktop.perform(approved(Click(target=name), seen, probe.location(name, seen.display)))
        ages = sorted([*virtual.desktop.ledger.ages][-6:])
    assert len(ages) == 6
    assert ages[0] <= 0.06  # a busy machine may be late now and then
