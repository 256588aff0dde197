"""Whether the screen of an X server is locked, blank or off."""

from __future__ import annotations

import time
from contextlib import ExitStack, closing
from typing import Any, Final

from Xlib.ext import dpms, screensaver

from screenagent.desktop.session_lock import OFF, SessionLock
from screenagent.desktop.x11.connection import connect_display, disconnect_display

RECENT_SECONDS: Final = 0.5  # between two looks within one input there is less
BLANK: Final = "the screen saver is on, so the agent waits"


class ScreenLock:
    """Of an X display and the buses of its session, which are those of our own environment where none are named."""

    def __init__(self, display: str | None = None, *, session_bus: str | None = None) -> None:
        with ExitStack() as stack:
            self._server = connect_display(display)
            stack.callback(disconnect_display, self._server)
            self._has_saver = self._server.has_extension(screensaver.extname)
            self._looked_at = float("-inf")
            if self._has_saver:
                self._server.screen().root.screensaver_select_input(screensaver.NotifyMask)
                self._server.sync()
            self._has_power = self._server.has_extension(dpms.extname)
            self._session = stack.enter_context(closing(SessionLock(session_bus)))
            self._stack = stack.pop_all()

    def close(self) -> None:
        self._stack.close()

    def __call__(self) -> str | None:
        """Why nothing can be done on the screen now; None where it can."""
        if locked := self._session():
            return locked
        if self._has_saver and self._is_blank():
            return BLANK
        return OFF if self._has_power and _is_off(self._server.dpms_info()) else None

    def _is_blank(self) -> bool:
        """The saver is on, or came on since the last look of just now: the next key of ours turned it off again."""
        now, before = time.monotonic(), self._looked_at
        self._looked_at = now
        is_on = self._server.screen().root.screensaver_query_info().state == screensaver.StateOn
        told = [self._server.next_event() for _ in range(self._server.pending_events())]
        return is_on or (now < before + RECENT_SECONDS and any(map(self._turned_on, told)))

    def _turned_on(self, told: Any) -> bool:
        # Xlib makes a class of its own of each event, so an event is known by its number only.
        is_notice = told.type == self._server.extension_event.Notify
        return bool(is_notice and told.state == screensaver.StateOn)


def _is_off(power: Any) -> bool:
    return bool(power.state) and power.power_level != dpms.DPMSModeOn
