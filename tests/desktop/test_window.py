"""A screenshot knows where its foreground window is: what a model is shown of a large screen."""

from __future__ import annotations

import threading
from contextlib import closing
from typing import Any

import pytest
from Xlib import X, Xatom

from screenagent.actions import Click
from screenagent.control import Control
from screenagent.desktop.testing.probe import Probe, Shows
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.desktop.x11.connection import connect_display
from screenagent.events import Approve
from screenagent.geometry import Box, Display, Pixel, PixelBox, Size
from screenagent.protocols import Approved
from tests.builders import eventually

RED = (192, 0, 0)


@pytest.mark.display
@pytest.mark.parametrize("place", ["+200+150", "+1000+600"])
def test_the_box_holds_the_windows_contents_as_far_as_they_are_on_the_display(place: str) -> None:
    xterm = ("xterm", "-bg", "#c00000", "-cr", "#c00000", "-geometry", f"60x10{place}", "-e", "sleep", "60")
    with VirtualDesktop(xterm, control=Control()) as virtual:
        screen = virtual.desktop.settled()
    assert screen.window is not None
    assert screen.window.box is not None
    left, top, right, bottom = screen.window.box.pixels(screen.size)
    assert all(screen.pixels.getpixel(corner) == RED for corner in ((left, top), (right - 1, top), (left, bottom - 1)))
    assert screen.pixels.getpixel((left - 1, top)) != RED
    assert screen.pixels.getpixel((left, top - 1)) != RED


def test_edges_beyond_a_display_are_cut_off_and_a_window_on_another_one_has_no_box() -> None:
    right = Display(name="right", origin=Pixel(x=800, y=0), size=Size(width=400, height=400))
    assert right.box((700, 100, 1000, 500)) == Box(left=0, top=0.25, right=0.5, bottom=1)
    assert right.box((0, 0, 800, 400)) is None


@pytest.mark.display
def test_open_menus_are_known_and_tips_are_left_out_of_what_an_effect_is(virtual: VirtualDesktop) -> None:
    connection = connect_display(virtual.display)
    with closing(connection):
        menu = open_floating(connection, "POPUP_MENU", (100, 120, 80, 60))
        tip = open_floating(connection, "TOOLTIP", (300, 320, 90, 30))
        screen = virtual.desktop.settled()
        assert screen.popups == (PixelBox(100, 120, 180, 180).box(screen.size),)
        assert PixelBox(300, 320, 390, 350).box(screen.size) in screen.moving
        menu.destroy()
        tip.destroy()
        connection.sync()
        assert virtual.desktop.settled().popups == ()


def open_floating(connection: Any, kind: str, place: tuple[int, int, int, int]) -> Any:
    """Open a window that no window manager frames."""
    root = connection.screen().root
    window = root.create_window(*place, 0, X.CopyFromParent, override_redirect=True, background_pixel=0x808080)
    name, of_kind = (connection.intern_atom(f"_NET_WM_WINDOW_TYPE{suffix}") for suffix in ("", f"_{kind}"))
    window.change_property(name, Xatom.ATOM, 32, [of_kind])
    window.map()
    connection.sync()
    return window


@pytest.mark.display
def test_the_picture_before_a_click_shows_nothing_of_its_answer(virtual: VirtualDesktop) -> None:
    with Probe(virtual.display) as probe:
        seen = virtual.desktop.settled()
        location = probe.location("one", virtual.desktop.display)
        click = Approved(action=Click(target="One"), locations=(location,), on=seen, verdict=Approve())
        before = virtual.desktop.perform(click)
        after = virtual.desktop.settled()
    assert before.digest == seen.digest
    assert after.digest != before.digest


@pytest.mark.display
@pytest.mark.slow
def test_an_answer_that_comes_after_the_screen_has_settled_is_still_waited_for(virtual: VirtualDesktop) -> None:
    with Probe(virtual.display, shows=Shows(delay=1.5)) as probe:
        location = probe.location("one", virtual.desktop.display)
        seen = virtual.desktop.settled()
        virtual.desktop.perform(Approved(action=Click(target="One"), locations=(location,), on=seen, verdict=Approve()))
        first = virtual.desktop.settled()
        late = virtual.desktop.settled(seconds=3.0)
    assert first.digest == seen.digest
    assert late.digest != seen.digest


@pytest.mark.display
def test_a_submenu_that_opens_as_the_mouse_comes_counts_as_opened_by_the_click(virtual: VirtualDesktop) -> None:
    with Probe(virtual.display) as probe, closing(connect_display(virtual.display)) as connection:
        location = probe.location("one", virtual.desktop.display)
        seen = virtual.desktop.settled()
        place = seen.display.pixel(location.point)

        def open_as_the_mouse_comes() -> None:
            pointer = connection.screen().root.query_pointer
            eventually(lambda: (pointer().root_x, pointer().root_y) == (place.x, place.y))
            open_floating(connection, "POPUP_MENU", (700, 500, 100, 60))

        submenu = threading.Thread(target=open_as_the_mouse_comes)
        submenu.start()
        before = virtual.desktop.perform(
            Approved(action=Click(target="One"), locations=(location,), on=seen, verdict=Approve())
        )
        submenu.join()
        after = virtual.desktop.settled()
    assert before.digest == seen.digest
    assert len(after.popups) == 1
