"""A screenshot carries what belongs to its own frame, whatever is captured in between."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from screenagent.desktop.own_terminal import WindowArea
from screenagent.desktop.screen import ScreenCapture
from screenagent.desktop.virtual import VirtualDesktop

pytestmark = pytest.mark.display

LEFT = WindowArea(left=0, top=0, right=640, bottom=720, own=True)
RIGHT = WindowArea(left=640, top=0, right=1280, bottom=720, own=True)


@pytest.fixture
def terminals() -> list[WindowArea]:
    """Where our own terminal is."""
    return []


@pytest.fixture
def screen(virtual: VirtualDesktop, terminals: list[WindowArea]) -> Iterator[ScreenCapture]:
    with closing(ScreenCapture(virtual.display, own=lambda: tuple(terminals))) as opened:
        yield opened


def test_a_screenshot_never_carries_the_covered_boxes_of_another_frame(
    screen: ScreenCapture, terminals: list[WindowArea]
) -> None:
    terminals[:] = [LEFT]
    first = screen.grab()
    terminals[:] = [RIGHT]  # the idle watch may capture between a capture of the agent's and its screenshot
    second = screen.grab()
    covered = {area: screen.display.box((area.left, area.top, area.right, area.bottom)) for area in (LEFT, RIGHT)}
    assert screen.screenshot(first).covered == (covered[LEFT],)
    assert screen.screenshot(second).covered == (covered[RIGHT],)


def test_a_screenshot_of_unchanged_pixels_is_the_last_one(screen: ScreenCapture) -> None:
    shot = screen.screenshot(screen.grab())
    assert screen.screenshot(screen.grab()) is shot


def test_a_screenshot_says_which_display_its_frame_was_captured_from(screen: ScreenCapture) -> None:
    captured = screen.grab()
    shot = screen.screenshot(captured)
    screen.display = shot.display.model_copy(update={"name": "another"})
    assert screen.screenshot(captured).display == shot.display
    assert screen.screenshot(screen.grab()).display.name == "another"
