"""Our own terminal is no part of the screen that is looked at."""

from __future__ import annotations

import numpy as np

from screenagent.desktop.own_terminal import BLANK, WindowArea, without_own
from screenagent.geometry import Pixel

ORIGIN = Pixel(x=100, y=0)
FRAME = np.arange(48, dtype=np.uint32).reshape(6, 8)


def area(left: int, top: int, right: int, bottom: int, *, own: bool) -> WindowArea:
    return WindowArea(left=left, top=top, right=right, bottom=bottom, own=own)


def test_without_a_terminal_of_ours_the_frame_is_the_frame() -> None:
    assert without_own(FRAME, [], ORIGIN) is FRAME


def test_our_terminal_is_blank_and_nothing_else() -> None:
    blanked = without_own(FRAME, [area(102, 1, 105, 3, own=True)], ORIGIN)
    expected = FRAME.copy()
    expected[1:3, 2:5] = BLANK
    assert (blanked == expected).all()


def test_a_window_over_our_terminal_is_seen() -> None:
    blanked = without_own(FRAME, [area(100, 0, 108, 6, own=True), area(103, 2, 106, 4, own=False)], ORIGIN)
    assert (blanked[2:4, 3:6] == FRAME[2:4, 3:6]).all()
    assert (blanked == BLANK).sum() == 48 - 6


def test_what_of_our_terminal_is_on_another_monitor_does_not_matter() -> None:
    assert (without_own(FRAME, [area(0, 0, 90, 6, own=True)], ORIGIN) == FRAME).all()
    half = without_own(FRAME, [area(90, -5, 102, 2, own=True)], ORIGIN)
    assert (half == BLANK).sum() == 4
