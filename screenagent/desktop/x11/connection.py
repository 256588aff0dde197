"""A connection to an X server, and what can be asked on any: where the mouse and the monitors are, properties."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any, Final

import Xlib.display
from Xlib import X, Xatom, error
from Xlib.ext import res
from Xlib.protocol import event, rq

from screenagent.desktop import NoDesktop
from screenagent.desktop.frames import MonitorPlace
from screenagent.geometry import Pixel

CLIENT: Final = ~0x1FFFFF  # the part of a window's id that says which program made it
LOCAL_HOST: Final = 252
"""Whoever is on this machine, as a family of hosts; python-xlib knows no such one."""

GONE: Final = (error.ConnectionClosedError,)  # what a call raises when the display has ended


class SeparateDisplay(Xlib.display.Display):  # type: ignore[misc] # python-xlib has no types
    """A connection that knows by which numbers its own server calls the requests, events and errors of extensions.

    python-xlib keeps one table for all servers, and each numbers them as it likes: after a connection to a second
    server, an input to the first would go out under the number of something else.
    """

    @property
    def display(self) -> Any:
        return self._connection

    @display.setter
    def display(self, connection: Any) -> None:
        connection.extension_major_opcodes = {}
        connection.event_classes = event.event_class.copy()
        connection.error_classes = error.xerror_class.copy()
        self._connection = connection


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
        display = SeparateDisplay(name)
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


class ChangeAccess(rq.Request):  # type: ignore[misc] # python-xlib has no types
    """Admits a kind of host, or no longer; of any family, as python-xlib's own request is not."""

    _request = rq.Struct(
        rq.Opcode(109),
        rq.Card8("mode"),
        rq.RequestLength(),
        rq.Card8("family"),
        rq.Pad(1),
        rq.LengthOf("host", 2),
        rq.List("host", rq.Card8Obj),
    )


def admit_only_user(name: str) -> None:
    """Let an X server admit programs of this user alone; one that we start admits every user of the machine."""
    display = connect_display(name)
    try:
        others = [(host.family, list(host.name)) for host in display.list_hosts().hosts]
        user = list(b"localuser\0#%d" % os.getuid())
        ChangeAccess(display.display, mode=X.HostInsert, family=X.FamilyServerInterpreted, host=user)
        for family, host in (*others, (LOCAL_HOST, [])):
            ChangeAccess(display.display, mode=X.HostDelete, family=family, host=host)
        display.sync()
    finally:
        disconnect_display(display)


def pointer(display: Any) -> Pixel:
    """Return where the mouse is."""
    at = display.screen().root.query_pointer()
    return Pixel(x=at.root_x, y=at.root_y)


class MonitorNames:
    """Where which monitor of a display is, each by the name that the system shows (RandR's)."""

    def __init__(self, display: Any) -> None:
        self._display = display
        self._names: dict[int, str] = {}  # a name's number never gets another meaning

    def __call__(self) -> list[MonitorPlace]:
        found = self._display.screen().root.xrandr_get_monitors().monitors
        return [
            MonitorPlace(self._name(one.name), one.x, one.y, one.width_in_pixels, one.height_in_pixels) for one in found
        ]

    def _name(self, atom: int) -> str:
        if atom not in self._names:
            self._names[atom] = str(self._display.get_atom_name(atom))
        return self._names[atom]


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
