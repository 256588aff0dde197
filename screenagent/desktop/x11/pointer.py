"""The mouse of an X display, moved and pressed through XTEST."""

from __future__ import annotations

import threading
from typing import Final

from Xlib import X
from Xlib.ext import xtest

from screenagent.desktop.x11.connection import connect_display, disconnect_display, pointer
from screenagent.geometry import Pixel

KINDS: Final = {True: X.ButtonPress, False: X.ButtonRelease}


class XPointer:
    """Sends motions and buttons to one display, whatever the environment calls the session's."""

    def __init__(self, display: str) -> None:
        self._lock = threading.Lock()  # protects the connection: a recording asks where the mouse is in its own thread
        self._connection = connect_display(display)

    def close(self) -> None:
        disconnect_display(self._connection)

    @property
    def position(self) -> Pixel:
        with self._lock:
            return pointer(self._connection)

    def move(self, pixel: Pixel) -> None:
        with self._lock:
            xtest.fake_input(self._connection, X.MotionNotify, x=pixel.x, y=pixel.y)
            self._connection.sync()

    def button(self, button: int, *, pressed: bool) -> None:
        """Press or release a button where the mouse is."""
        with self._lock:
            xtest.fake_input(self._connection, KINDS[pressed], button)
            self._connection.sync()

    def turn_wheel(self, button: int) -> None:
        """Turn the wheel by one notch, which X counts as a click of a button of its own."""
        for pressed in (True, False):
            self.button(button, pressed=pressed)
