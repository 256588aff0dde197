"""A connection to an X server, and what can be asked on any: where the mouse and the monitors are, properties."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

import Xlib.display
from Xlib import X, Xatom, error
from Xlib.ext import res
from Xlib.support import connect

from screenagent.desktop import NoDesktop
from screenagent.geometry import Pixel

_replacing = threading.Lock()  # protects Xlib's `connect.get_display`, which is one for the process

CLIENT: Final = ~0x1FFFFF  # the part of a window's id that says which program made it
GONE: Final = (error.ConnectionClosedError,)  # what a call raises when the display has ended


def connect_display(name: str | None) -> Any:
    """A connection to the X display `name`, or to the one the session names."""
    name = name or os.environ.get("DISPLAY")
    if not name:
        if os.environ.get("WAYLAND_DISPLAY"):
            raise NoDesktop(
                "this is a Wayland session without X, where no input can be sent: log in to an X11 session, "
                "or work on a virtual desktop with --virtual"
            )
        raise NoDesktop("no display: DISPLAY is not set; log in to a graphical session or use --virtual")
    try:
        display = Xlib.display.Display(name)
    except (error.DisplayError, OSError) as reason:
        raise NoDesktop(f"the X display {name!r} cannot be opened ({reason}); is it running, is it yours?") from reason
    if "XWAYLAND" in display.list_extensions():
        display.close()
        raise NoDesktop(
            f"the X display {name!r} belongs to a Wayland session, where only a part of the screen can be seen and "
            "reached: log in to an X11 session, or work on a virtual desktop with --virtual"
        )
    return display


def disconnect_display(display: Any) -> None:
    """End a connection; of a display that has ended there is nothing left to say goodbye to."""
    with suppress(*GONE):
        display.close()


@contextmanager
def default_display(name: str) -> Iterator[None]:
    """Meanwhile, let connections that are opened without a name lead to the display `name`, in every thread.

    For libraries that take no name. The environment stays as it is: other threads and child processes read it.
    """
    with _replacing:
        usual = connect.get_display
        connect.get_display = lambda asked: usual(asked or name)
        try:
            yield
        finally:
            connect.get_display = usual


def pointer(display: Any) -> Pixel:
    """Return where the mouse is."""
    at = display.screen().root.query_pointer()
    return Pixel(x=at.root_x, y=at.root_y)


def monitors(display: Any) -> object:
    """Return where which monitor is, by which a change is known: a name, left, top, width and height each."""
    return [
        (found.name, found.x, found.y, found.width_in_pixels, found.height_in_pixels)
        for found in display.screen().root.xrandr_get_monitors().monitors
    ]


def property_values(window: Any, name: str, kind: int = Xatom.WINDOW) -> list[int]:
    """Return the numbers of a property; none if it is not set, or if the window has closed."""
    try:
        found = window.get_full_property(window.display.get_atom(name), kind)
    except error.BadWindow:
        return []
    return list(found.value) if found else []


def ancestry(window: Any, root: Any) -> list[Any]:
    """Return a window and all that hold it, up to the one that lies on the root; none for the root or a closed one."""
    line: list[Any] = []
    try:
        while window and window.id != root.id:
            line.append(window)
            window = window.query_tree().parent
    except error.BadWindow:
        return []
    return line


def process_of(display: Any, id: int) -> int | None:
    """Return the process that made a window, by the server; None if it runs on another machine or is not known."""
    if not display.has_extension(res.extname):
        return None
    answer = display.res_query_client_ids([{"client": id, "mask": res.LocalClientPIDMask}])
    return next((int(pid) for told in answer.ids for pid in told.value), None)


def property_text(window: Any, name: str) -> str:
    found = window.get_full_property(window.display.get_atom(name), X.AnyPropertyType)
    if found is None:
        return ""
    value = found.value
    return value if isinstance(value, str) else bytes(value).decode("utf-8", errors="replace")
