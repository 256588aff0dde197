"""Where menus and lists are that a program opens over its window, where it only knows places within windows.

GTK 3 counts places within a window from the corner of the menu, its shadow included. Of the screen it knows where the
menu would be if the window lay in the corner, and leaves the shadow out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from screenagent.desktop.accessibility.places import around
from screenagent.desktop.accessibility.query import Numbers


class Shift(NamedTuple):
    x: int
    y: int


def from_corner_of_window(
    in_window: Sequence[Numbers | None], on_screen: Sequence[Numbers | None], top: Numbers | None
) -> list[Numbers | None]:
    """Return the places of controls as counted from the corner of their window, also of those that lie in a menu.

    `top` is where the window itself is on the screen, as far as its program knows.
    """
    base = Shift(*top[:2]) if top else Shift(0, 0)
    shifts = [_shift(inside, outside, base) for inside, outside in zip(in_window, on_screen, strict=True)]
    corrected = _without_shadows(in_window, shifts)
    return [
        place and (place[0] + corrected[shift].x, place[1] + corrected[shift].y, *place[2:])
        for place, shift in zip(in_window, shifts, strict=True)
    ]


def _shift(inside: Numbers | None, outside: Numbers | None, base: Shift) -> Shift:
    """Return how far the corner that a place is counted from lies from that of the window."""
    if inside is None or outside is None:
        return Shift(0, 0)
    return Shift(outside[0] - inside[0] - base.x, outside[1] - inside[1] - base.y)


def _without_shadows(in_window: Sequence[Numbers | None], shifts: Sequence[Shift]) -> dict[Shift, Shift]:
    """Return where each menu is. A menu that opens from another has the shadows of both left out.

    The entries of a menu begin at its left edge, so that they tell how wide the shadow is there. Above them there may
    also be a gap, so that the shadow above is taken for no wider than that.
    """
    corrected = {Shift(0, 0): Shift(0, 0)}
    wide = high = 0
    for shift in dict.fromkeys(shifts):
        if shift not in corrected:
            left, upper, *_ = around(place for place, of in zip(in_window, shifts, strict=True) if of == shift)
            wide, high = wide + max(0, left), high + max(0, min(left, upper))
            corrected[shift] = Shift(shift.x - wide, shift.y - high)
    return corrected
