"""Where the windows of our own terminal lie."""

from __future__ import annotations

import threading
import time

from screenagent.desktop.own_terminal import WindowArea, lies_on_top
from screenagent.desktop.x11.controlling_terminal import is_shared
from screenagent.desktop.x11.terminal_windows import SEAT_SECONDS
from screenagent.desktop.x11.windows import X11Windows
from screenagent.geometry import Pixel


class OwnWindows:
    """Where the terminal that we run in is, on a connection of its own: pictures are taken by several threads."""

    def __init__(self, display: str | None = None) -> None:
        self._windows = X11Windows(display)
        self._own: frozenset[int] = frozenset()
        self._asked_at = 0.0
        self._lock = threading.Lock()
        self._ask()

    def close(self) -> None:
        self._windows.close()

    def __call__(self) -> list[WindowArea]:
        """From our lowest window upwards; no places are asked for where there is none."""
        with self._lock:
            self._look_for_own()
            if not self._own:
                return []
            frames = {self._windows.frame(id) for id in self._own}
            tops = self._windows.tops()
            lowest = next((place for place, top in enumerate(tops) if top.id in frames), len(tops))
            areas = [self._windows.area(top, own=top.id in frames) for top in tops[lowest:]]
        return [area for area in areas if area is not None]

    def has_keys(self) -> bool:
        """Whether keys go into it."""
        with self._lock:
            self._look_for_own()
            front = self._windows.foreground() if self._own else None
        return front is not None and front.own

    def is_under(self, place: Pixel) -> bool:
        """Whether it is what the mouse would be over at `place`."""
        return lies_on_top(self(), place)

    def _look_for_own(self) -> None:
        """When a window came or went, or another terminal may show what we run in."""
        late = is_shared() and time.monotonic() >= self._asked_at + SEAT_SECONDS
        if self._windows.changed(0) or late:
            self._ask()

    def _ask(self) -> None:
        self._own = frozenset(window.id for window in self._windows.all() if window.own)
        self._asked_at = time.monotonic()
