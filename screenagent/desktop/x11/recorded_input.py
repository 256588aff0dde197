"""The keys and buttons that a person presses on an X display, by the server's record of them (RECORD)."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import Any, Final

from Xlib import X
from Xlib.ext import record
from Xlib.protocol import rq

from screenagent.actions import Button, Direction
from screenagent.desktop import NoDesktop
from screenagent.desktop.input_listener import Ears
from screenagent.desktop.mouse import BUTTONS, WHEEL
from screenagent.desktop.x11.compose import Composer, read_sequences
from screenagent.desktop.x11.connection import GONE, connect_display, disconnect_display
from screenagent.desktop.x11.heard_keys import HeardKeys
from screenagent.desktop.x11.xkb_map import XkbMap
from screenagent.geometry import Pixel

NAMED_BUTTONS: Final[dict[int, Button]] = {number: name for name, number in BUTTONS.items()}
DIRECTIONS: Final[dict[int, Direction]] = {number: direction for direction, number in WHEEL.items()}
NOTHING: Final = (0, 0)
RANGE: Final = {
    "core_requests": NOTHING,
    "core_replies": NOTHING,
    "ext_requests": (0, 0, 0, 0),
    "ext_replies": (0, 0, 0, 0),
    "delivered_events": NOTHING,
    "device_events": (X.KeyPress, X.ButtonRelease),
    "errors": NOTHING,
    "client_started": False,
    "client_died": False,
}
EVENT: Final = rq.EventField(None)
FRESH_SECONDS: Final = 1.0
"""So long the map is taken to be what it was: another program may change it, and a connection is not told of that."""
START_SECONDS: Final = 10.0
JOIN_SECONDS: Final = 1.0


class XRecordedInput:
    """Between `start` and `stop`, a thread tells `ears` of each event, in the order in which the server got them."""

    def __init__(self, display: str | None, ears: Ears) -> None:
        self._display, self._ears = display, ears
        self._keys = HeardKeys(Composer(read_sequences()))
        self._map: XkbMap | None = None
        self._asked_at = 0.0
        self._server: Any = None  # asked, in any thread; `_record` is occupied from start to stop
        self._record: Any = None
        self._context = 0
        self._started = threading.Event()
        self._ended_by: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="recorded input", daemon=True)

    def start(self) -> None:
        self._server = connect_display(self._display)
        if not self._server.has_extension(record.extname):
            disconnect_display(self._server)
            raise NoDesktop("this X server has no RECORD extension, without which nobody can be listened to")
        self._record = connect_display(self._display)
        self._context = self._server.record_create_context(0, [record.AllClients], [RANGE])
        self._server.sync()
        self._thread.start()
        self._started.wait(START_SECONDS)

    def stop(self) -> None:
        """End the record; with the display, it has ended."""
        with suppress(*GONE):
            self._server.record_disable_context(self._context)
            self._server.sync()
        self._thread.join(JOIN_SECONDS)
        for connection in (self._record, self._server):
            disconnect_display(connection)

    def check(self) -> None:
        """Raise what ended the record before its time."""
        if self._thread.is_alive():
            return
        if self._ended_by is not None and not isinstance(self._ended_by, GONE):
            raise self._ended_by
        raise NoDesktop("the display has ended while it was listened to")

    def _run(self) -> None:
        try:
            self._record.record_enable_context(self._context, self._take)
        except Exception as error:  # noqa: BLE001 -- raised again by `check`
            self._ended_by = error
        finally:
            self._started.set()

    def _take(self, reply: Any) -> None:
        self._started.set()
        data = reply.data if reply.category == record.FromServer else b""
        while data:
            event, data = EVENT.parse_binary_value(data, self._record.display, None, None)
            self._hear(event)

    def _hear(self, event: Any) -> None:
        code, pixel = event.detail, Pixel(x=event.root_x, y=event.root_y)
        if event.type == X.KeyPress:
            self._ears.pressed(self._keys.pressed(code, event.state, self._current()))
        elif event.type == X.KeyRelease:
            if (name := self._keys.released(code)) is not None:
                self._ears.released(name)
        elif code in NAMED_BUTTONS:
            self._ears.button(NAMED_BUTTONS[code], pixel, event.type == X.ButtonPress)
        elif code in DIRECTIONS and event.type == X.ButtonPress:
            self._ears.wheel(DIRECTIONS[code], pixel)

    def _current(self) -> XkbMap:
        if self._map is None or time.monotonic() > self._asked_at + FRESH_SECONDS:
            self._map, self._asked_at = XkbMap.of(self._server), time.monotonic()
        return self._map
