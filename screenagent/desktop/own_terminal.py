"""The terminal that we were started from: it is taken out of the pictures, as what it shows is about the screen and not
on it, and it is never the window that is worked in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from screenagent.desktop.frames import ScreenFrame
from screenagent.geometry import Pixel, Value
from screenagent.screenshot import Window

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


class WorkedIn:
    """Remembers which window was worked in, and which terminal of ours was in front last.

    `stacked` returns the windows, the one that is likeliest to be meant last.
    """

    def __init__(self, stacked: Callable[[], Sequence[Window]], *, can_work_in: Callable[[Window], bool]) -> None:
        self._stacked = stacked
        self._can_work_in = can_work_in
        self._worked_in: int | None = None
        self._asked_in: int | None = None

    def window(self, front: Window | None) -> Window | None:
        """Return `front`; where that is our own terminal, the window that was there before or would be without it."""
        if front is None or not front.own:
            self._worked_in = front.id if front else None
            return front
        self._asked_in = front.id
        others = [window for window in reversed(self._stacked()) if not window.own and self._can_work_in(window)]
        before = (window for window in others if window.id == self._worked_in)
        return next(before, others[0] if others else front)

    def own_terminal(self) -> Window | None:
        """Return the window of ours that was in front last, or lies on top of the others."""
        ours = [window for window in reversed(self._stacked()) if window.own]
        return next((window for window in ours if window.id == self._asked_in), ours[0] if ours else None)
