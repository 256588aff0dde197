"""A screenshot knows where its foreground window is: what a model is shown of a large screen."""

from __future__ import annotations

import pytest

from screenagent.control import Control
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.geometry import Box, Display, Pixel, Size

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
