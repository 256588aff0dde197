"""Which Wayland session is meant, and what leads programs to it. Cheap to ask: nothing of Wayland is loaded here."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from screenagent.desktop.wayland.unix_sockets import served_by

LEADS: Final = (
    "WAYLAND_DISPLAY",
    "DISPLAY",
    "XDG_RUNTIME_DIR",
    "XDG_CURRENT_DESKTOP",
    "SWAYSOCK",
    "DBUS_SESSION_BUS_ADDRESS",
    "AT_SPI_BUS_ADDRESS",
)
"""What of an environment says which session it is."""

X_SOCKETS: Final = "/tmp/.X11-unix"


@dataclass(frozen=True)
class WaylandSession:
    """A session, by the variables that lead a program to it."""

    leads: Mapping[str, str] = field(hash=False)

    @property
    def socket(self) -> str:
        """The compositor's socket, as a path."""
        return str(Path(self.leads.get("XDG_RUNTIME_DIR", ""), self.leads["WAYLAND_DISPLAY"]))

    @property
    def name(self) -> str:
        """What the session is called on this machine: as its socket, without the folder where that is our own."""
        runtime = os.environ.get("XDG_RUNTIME_DIR")
        return self.socket.removeprefix(f"{runtime}/") if runtime else self.socket

    @property
    def desktop(self) -> str:
        """What the desktop calls itself, such as "sway" or "ubuntu:GNOME"; empty if it says nothing."""
        return self.leads.get("XDG_CURRENT_DESKTOP", "")

    @property
    def is_kde(self) -> bool:
        return "kde" in self.desktop.casefold().split(":")

    @property
    def is_gnome(self) -> bool:
        return "gnome" in self.desktop.casefold().split(":")

    def as_argument(self) -> str:
        """Return it as one word of a command, for a process of ours that `session_from` reads it in."""
        return json.dumps(dict(self.leads))

    @property
    def session_bus(self) -> str | None:
        return self.leads.get("DBUS_SESSION_BUS_ADDRESS")


def session_from(argument: str) -> WaylandSession:
    """Return the session that `as_argument` has written."""
    return WaylandSession(json.loads(argument))


def session_of(environment: Mapping[str, str]) -> WaylandSession | None:
    """Return the session that an environment leads to; None where it leads to no compositor."""
    if not environment.get("WAYLAND_DISPLAY"):
        return None
    return WaylandSession({name: environment[name] for name in LEADS if environment.get(name)})


def own_session() -> WaylandSession | None:
    """Return the Wayland session that we are in; None where we are in none, or where `DISPLAY` names an X server that
    stands beside it, as one that was started by hand."""
    if (session := session_of(os.environ)) is None:
        return None
    beside = session.leads.get("DISPLAY")
    return session if not beside or _is_xwayland(beside, session.socket) else None


def _is_xwayland(display: str, compositor: str) -> bool:
    """Return whether an X server is the one that shows old programs in the session of a compositor, or is not there.

    Compositors serve its socket themselves and start it with the first program. So it is not spoken to if that tells.
    """
    if local := re.fullmatch(r"(?:unix)?:(\d+)(?:\.\d+)?", display, re.ASCII):
        server = served_by(f"{X_SOCKETS}/X{local[1]}")
        if server is None or (server and server == served_by(compositor)):
            return True
    from Xlib import error

    from screenagent.desktop.x11.connection import SeparateDisplay

    try:
        server = SeparateDisplay(display)
    except (error.DisplayError, OSError):
        return True
    try:
        return "XWAYLAND" in server.list_extensions()
    finally:
        server.close()
