"""What shows the windows of a session on X: a server without a monitor, and a window manager."""

from __future__ import annotations

import os
import socket
import stat
import struct
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import ClassVar, Final

from screenagent.desktop.process_stat import stat_fields
from screenagent.desktop.session_programs import SessionPrograms
from screenagent.desktop.x11.driver_selection import SOCKETS
from screenagent.desktop.x11.windows import POLL_SECONDS, X11Windows
from screenagent.geometry import Size

FAMILY_LOCAL: Final = 256
"""What an authority file calls a connection within a machine."""


class Xvfb:
    """An X server and openbox."""

    packages: ClassVar[Mapping[str, str]] = {"Xvfb": "xvfb", "openbox": "openbox"}
    variables: ClassVar[Mapping[str, str]] = {"GDK_BACKEND": "x11"}

    process: subprocess.Popen[bytes]
    display: str
    windows: X11Windows

    def start(self, programs: SessionPrograms, found: Mapping[str, str], size: Size) -> None:
        self._programs, self._found = programs, found
        screen = f"{size.width}x{size.height}x24"
        server = [found["Xvfb"], "-screen", "0", screen, "-noreset", "-nolisten", "tcp", "-dpi", "96", "-displayfd"]
        self._said = programs.start_service(server, lambda fd: [str(fd)])
        self.process = programs.started[-1]

    def open(self) -> Mapping[str, str]:
        self.display = f":{self._said()}"
        self._programs.environment["DISPLAY"] = self.display
        self._manager = self._programs.start([self._found["openbox"], "--sm-disable"])
        self.windows = X11Windows(self.display)
        return {"DISPLAY": self.display}

    def opened_as(self) -> str:
        return self.display

    def wait_until_managed(self) -> None:
        windows = self.windows
        self._programs.await_service(self._manager, windows.managed, poll=POLL_SECONDS, wait=windows.changed)

    def accessibility_bus(self) -> str:
        """Return the address that its launcher has left with the server."""
        return self.windows.root_text("AT_SPI_BUS")

    def close(self) -> None:
        self.windows.close()


def x_authority(display: str, cookie: bytes) -> bytes:
    """Return the entry of an authority file that lets programs of this machine in to a display."""
    parts = (socket.gethostname().encode(), display.removeprefix(":").encode(), b"MIT-MAGIC-COOKIE-1", cookie)
    return struct.pack(">H", FAMILY_LOCAL) + b"".join(struct.pack(">H", len(part)) + part for part in parts)


def remove_x_socket(display: str, server: int) -> None:
    """Remove the socket of an X server that was killed, if nobody listens there now."""
    number = display.removeprefix(":")
    place = Path(SOCKETS) / f"X{number}"
    with suppress(OSError), socket.socket(socket.AF_UNIX) as tried:
        found = place.lstat()
        of_this_user = stat.S_ISSOCK(found.st_mode) and found.st_uid == os.getuid()
        if not of_this_user or stat_fields(server)[:1] not in ([], ["Z"]):
            return
        tried.setblocking(False)
        try:
            tried.connect(str(place))
        except ConnectionRefusedError:
            if os.path.samestat(found, place.lstat()):
                place.unlink()
                _remove_lock(Path(SOCKETS).parent / f".X{number}-lock", server)


def _remove_lock(lock: Path, server: int) -> None:
    """Remove the file by which a server says that it has the number of a display, if it was this one."""
    with suppress(ValueError):
        if int(lock.read_text().strip("\0")) == server:  # wlroots ends it with a zero
            lock.unlink()
