"""The tooltip that comes where the mouse rests: a window of its own that is followed, never changed pixels alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from screenagent.actions import Move
from screenagent.desktop.floating import FloatingArea
from screenagent.desktop.local import LocalDesktop
from screenagent.geometry import Box
from screenagent.protocols import Approved
from screenagent.screenshot import Screenshot

POLL_SECONDS: Final = 0.015
PATIENCE_SECONDS: Final = 1.2  # Qt shows a tooltip after 0.7 s, the others after 0.5 s
STILL_SECONDS: Final = 0.06  # what a tooltip shows has to stand still for so long; the button may go on lighting up
STALE_SECONDS: Final = 0.45  # a tooltip that stands as it did before the mouse moved belongs to the place before
GONE_SECONDS: Final = 1.0
TALLEST: Final = 120  # pixels, of a popup that does not say what it is


class PopupWindow(NamedTuple):
    """A window that no window manager has framed, and whether it says that it is a tooltip, or anything else."""

    area: FloatingArea
    is_tooltip: bool
    is_typed: bool

    @property
    def may_be_tooltip(self) -> bool:
        """Whether it is one, or a small popup of a toolkit that says nothing of its windows."""
        return self.is_tooltip or (not self.is_typed and self.area.bottom - self.area.top <= TALLEST)


Popups = Mapping[int, PopupWindow]
"""The popups that are shown, by their ids, the latest last."""


@dataclass(frozen=True, kw_only=True)
class TooltipWatch:
    """Waits for tooltips to come and to go. `look` captures what an area shows; `now` and `wait` are the clock's."""

    look: Callable[[FloatingArea], NDArray[Any]]
    popups: Callable[[], Popups]
    now: Callable[[], float]
    wait: Callable[[float], None]

    def tooltip(self, before: Popups) -> FloatingArea | None:
        """Return where the tooltip stands still that came since `before`, after the mouse moved; None if none came."""
        began = still_since = self.now()
        shown: FloatingArea | None = None
        kept: NDArray[Any] | None = None
        while (now := self.now()) < began + PATIENCE_SECONDS:
            area = self._came(before, late=now >= began + STALE_SECONDS)
            part = self.look(area) if area else None
            if area != shown or (part is not None and kept is not None and not np.array_equal(part, kept)):
                still_since = now
            shown, kept = area, part
            if shown and now - still_since >= STILL_SECONDS:
                return shown
            self.wait(POLL_SECONDS)
        return None

    def gone(self) -> bool:
        """Wait until no tooltip is shown; return whether all have gone in time."""
        ends = self.now() + GONE_SECONDS
        while (shown := any(popup.may_be_tooltip for popup in self.popups().values())) and self.now() < ends:
            self.wait(POLL_SECONDS)
        return not shown

    def _came(self, before: Popups, *, late: bool) -> FloatingArea | None:
        """Return where the tooltip is that is new or has changed; one that stands as it did counts if it is `late`."""
        tips = {id: popup for id, popup in self.popups().items() if popup.may_be_tooltip}
        new = [popup.area for id, popup in tips.items() if late or before.get(id) != popup]
        return new[-1] if new else None


class TooltipMouse:
    """The mouse of an X desktop, as it rests on one place after another and goes back to where it was."""

    def __init__(self, desktop: LocalDesktop, popups: Callable[[], Popups]) -> None:
        self._desktop = desktop
        self._popups = popups
        self._watch = TooltipWatch(look=self._part, popups=popups, now=time.monotonic, wait=desktop.control.wait)
        self.start = desktop.display.point(desktop.pointer())

    def rest(self, approved: Approved[Move]) -> Screenshot | None:
        """Move the mouse there and return a picture of the tooltip that comes; None if none does."""
        before = self._popups()
        self._desktop.perform(approved)
        area = self._watch.tooltip(before)
        box = area and self._desktop.display.box(area)
        return _cut(self._desktop.screenshot(), box) if box else None

    def leave(self, approved: Approved[Move]) -> None:
        """Move the mouse away and wait until the tooltip has gone."""
        self._desktop.perform(approved)
        self._watch.gone()

    def _part(self, area: FloatingArea) -> NDArray[Any]:
        box = self._desktop.display.box(area)
        return np.asarray(_cut(self._desktop.screenshot(), box).pixels if box else ())


@contextmanager
def resting_mouse(desktop: LocalDesktop) -> Iterator[TooltipMouse]:
    """Follow the tooltips of an X desktop for as long as the mouse rests here and there."""
    from screenagent.desktop.x11.popup_windows import PopupWindows

    with closing(PopupWindows(desktop.x_display)) as popups:
        yield TooltipMouse(desktop, popups)


def _cut(screenshot: Screenshot, box: Box) -> Screenshot:
    return Screenshot.of(screenshot.pixels.crop(box.pixels(screenshot.size)))
