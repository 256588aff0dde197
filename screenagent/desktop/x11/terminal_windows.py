"""Which windows of a display are those of the terminals that we sit at."""

from __future__ import annotations

import os
import time
from typing import Any, Final

from Xlib import Xatom, error

from screenagent.desktop.x11.controlling_terminal import ControllingTerminal, controlling_terminals, is_shared
from screenagent.desktop.x11.properties import property_values

SEAT_SECONDS: Final = 5.0  # so often it is asked who looks at the tmux or screen that we run in


class TerminalWindows:
    """Asked over the connection of whoever asks."""

    def __init__(self, display: Any) -> None:
        self._display = display
        self._root = display.screen().root
        self._seats: tuple[ControllingTerminal, ...] = ()
        self._seated_at = -SEAT_SECONDS

    def own(self, id: int, pid: int | None) -> bool:
        """Tell by the window that a terminal says it is, or else by its process, all of whose windows then are ours."""
        return any(id == seat.window if seat.window else pid in seat.ancestors for seat in self._seated())

    def _seated(self) -> tuple[ControllingTerminal, ...]:
        """Return where we sit, with windows of this display; ask again only if terminals may come and go."""
        now = time.monotonic()
        if now >= self._seated_at + SEAT_SECONDS:
            self._seats = tuple(
                seat.model_copy(update={"window": self._window_of(seat)}) for seat in controlling_terminals()
            )
            self._seated_at = now if is_shared() else float("inf")
        return self._seats

    def _window_of(self, seat: ControllingTerminal) -> int | None:
        """Return the outermost window that a terminal says it is, if it is on this display and a terminal above us.

        An environment may be older than its terminal, and of another display.
        """
        if seat.window is None:
            return None
        managed = set(property_values(self._root, "_NET_CLIENT_LIST"))
        try:
            window = self._display.create_resource_object("window", seat.window)
            while window.id not in managed:
                window = window.query_tree().parent
                if not window:
                    return None
            pids = property_values(window, "_NET_WM_PID", Xatom.CARDINAL)
        except error.BadWindow:
            return None
        known = (
            pids[0] in seat.ancestors if pids else str(self._display.get_display_name()) == os.environ.get("DISPLAY")
        )
        return window.id if known else None
