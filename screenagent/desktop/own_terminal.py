"""The terminal that we were started from, taken out of the pictures: what it shows is about the screen, not on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from screenagent.desktop.frames import ScreenFrame
from screenagent.geometry import Pixel, Value

BLANK: Final = 0x808080


class WindowArea(Value):
    """A window's place in the input space, its frame included."""

    left: int
    top: int
    right: int
    bottom: int
    own: bool

    def holds(self, place: Pixel) -> bool:
        return self.left <= place.x < self.right and self.top <= place.y < self.bottom


Stack = Callable[[], Sequence[WindowArea]]
"""Windows from our lowest own one upwards; none where no terminal of ours is on the display."""


def without_own(frame: ScreenFrame, areas: Sequence[WindowArea], origin: Pixel) -> ScreenFrame:
    """`frame` with our own windows blank as far as no other lies over them."""
    if not areas:
        return frame
    blanked = frame.copy()
    height, width = frame.shape
    for area in areas:
        rows = slice(max(0, area.top - origin.y), min(height, max(0, area.bottom - origin.y)))
        columns = slice(max(0, area.left - origin.x), min(width, max(0, area.right - origin.x)))
        blanked[rows, columns] = BLANK if area.own else frame[rows, columns]
    return blanked


def lies_on_top(areas: Sequence[WindowArea], place: Pixel) -> bool:
    """Whether our own window is what the mouse would be over."""
    over = [area for area in areas if area.holds(place)]
    return bool(over) and over[-1].own
