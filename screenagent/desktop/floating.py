"""What lies on a display: windows, and above them open menus and drop-down lists, and tips."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

from screenagent.geometry import Pixel
from screenagent.screenshot import Window


class FloatingArea(NamedTuple):
    """A rectangle in the input space; right and bottom are beyond it."""

    left: int
    top: int
    right: int
    bottom: int

    def holds(self, pixel: Pixel) -> bool:
        return self.left <= pixel.x < self.right and self.top <= pixel.y < self.bottom


@dataclass(frozen=True)
class Floating:
    """Menus and lists, tips, and with `windows` all that takes the mouse, from the lowest to the top.

    A window that no window manager has framed, such as a menu, is known by the window that it belongs to. `managed` are
    the windows that programs have open, without panels, also those that are not on the screen.
    """

    popups: tuple[FloatingArea, ...] = ()
    tips: tuple[FloatingArea, ...] = ()
    windows: tuple[tuple[Window, FloatingArea], ...] = ()
    managed: tuple[Window, ...] = ()

    def masked(self, mask: Callable[[Window | None], Window | None]) -> Floating:
        """Return the same with what `mask` makes of each window."""
        windows = tuple((mask(owner) or owner, area) for owner, area in self.windows)
        return replace(self, windows=windows, managed=tuple(mask(window) or window for window in self.managed))
