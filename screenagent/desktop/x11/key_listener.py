"""The keys that a person presses on an X display, by pynput's record of them and the server's map of the keyboard."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any, Final

from pynput import keyboard
from Xlib import X

from screenagent.desktop.x11.compose import Composer, read_sequences
from screenagent.desktop.x11.heard_keys import HeardKeys
from screenagent.desktop.x11.xkb_map import XkbMap

FRESH_SECONDS: Final = 1.0
"""So long the map is taken to be what it was: another program may change it, and a connection is not told of that."""


class XKeyListener(keyboard.Listener):  # type: ignore[misc] # pynput has no types
    def __init__(self, pressed: Callable[[Iterable[str]], None], released: Callable[[str], None]) -> None:
        self._tell_pressed, self._tell_released = pressed, released
        self._keys = HeardKeys(Composer(read_sequences()))
        self._map: XkbMap | None = None
        self._asked_at = 0.0
        super().__init__()

    def _handle_message(self, display: Any, event: Any, _injected: bool) -> None:
        """Take an event, on pynput's thread and with a connection that is for this."""
        if event.type == X.KeyPress:
            self._tell_pressed(self._keys.pressed(event.detail, event.state, self._current(display)))
        elif (name := self._keys.released(event.detail)) is not None:
            self._tell_released(name)

    def _current(self, display: Any) -> XkbMap:
        if self._map is None or time.monotonic() > self._asked_at + FRESH_SECONDS:
            self._map, self._asked_at = XkbMap.of(display), time.monotonic()
        return self._map
