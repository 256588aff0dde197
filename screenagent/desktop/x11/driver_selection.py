"""The lock of an X server: a selection that only one run can own, whatever name it has for the server.

The server takes it from a run that ends, however that ends. Whoever owns it says on its window who it is, and hears
there that it is to stop.
"""

from __future__ import annotations

import os
import re
import select
import socket
import struct
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final, TypeVar

from Xlib import X, error
from Xlib.ext import res
from Xlib.protocol import event

from screenagent.control import until
from screenagent.desktop import NoDesktop
from screenagent.desktop.lock import named
from screenagent.desktop.x11.connection import CLIENT, GONE, connect_display, disconnect_display

SELECTION: Final = "_SCREENAGENT_DRIVER"
STOP: Final = "_SCREENAGENT_STOP"
LONGEST: Final = 1 << 14
"""Bytes that are read of what a run says of itself."""
GONE_SECONDS: Final = 0.3
"""The server has taken the selection from a run that was killed by then."""

SOCKETS: Final = "/tmp/.X11-unix"  # where X servers have them
PEER: Final = struct.Struct("3i")  # the process, user and group at the other end of a local socket

Answer = TypeVar("Answer")


class DriverSelection:
    """Owned by the run that drives `display`, once it was taken. A thread hears what is asked of it."""

    def __init__(self, display: str, *, stop: Callable[[], object], taken: Callable[[], object]) -> None:
        """`stop` is called when the run is asked to stop, and `taken` when somebody else has taken the selection."""
        self._server = connect_display(display)
        self._hears = {X.ClientMessage: stop, X.SelectionClear: taken}
        self._atom, self._stop = (self._server.intern_atom(name) for name in (SELECTION, STOP))
        root = self._server.screen().root
        self._window = root.create_window(0, 0, 1, 1, 0, X.CopyFromParent, window_class=X.InputOnly)
        self._ear, self._mouth = os.pipe()
        self._thread = threading.Thread(target=self._listen, name="driver", daemon=True)

    def take(self, said: bytes) -> bytes | None:
        """Own the selection and say `said` there; if it is owned already, return what its owner says."""
        self._window.change_property(self._atom, self._server.intern_atom("UTF8_STRING"), 8, said)
        until(self._takes, seconds=GONE_SECONDS)
        if not self._is_ours():
            owner = owner_of(self._server)
            return owner.said if owner else b""
        self._thread.start()
        return None

    def _is_ours(self) -> bool:
        owner = self._server.get_selection_owner(self._atom)
        return owner != X.NONE and bool(owner.id == self._window.id)

    def _takes(self) -> bool:
        """Take the selection if nobody has it, and nobody can meanwhile."""
        if self._server.get_selection_owner(self._atom) != X.NONE:
            return False
        self._server.grab_server()
        try:
            is_free = bool(self._server.get_selection_owner(self._atom) == X.NONE)
            if is_free:
                self._window.set_selection_owner(self._atom, X.CurrentTime)
        finally:
            self._server.ungrab_server()
            self._server.flush()
        return is_free

    def _listen(self) -> None:
        ready: list[int] = []
        with suppress(*GONE):  # then whoever works on the display notices it
            while self._ear not in ready:
                while self._server.pending_events():
                    self._heed(self._server.next_event())
                ready, _, _ = select.select([self._server.fileno(), self._ear], [], [])

    def _heed(self, told: Any) -> None:
        is_other = told.type == X.ClientMessage and told.client_type != self._stop
        if told.type in self._hears and not is_other:
            self._hears[told.type]()

    def close(self) -> None:
        """Let the selection go before anything else is done."""
        os.close(self._mouth)
        if self._thread.is_alive():
            self._thread.join()
        os.close(self._ear)
        with suppress(*GONE):
            self._window.destroy()
            self._server.sync()
        disconnect_display(self._server)


class AskedServer:
    """An X server that is asked who drives it, in a thread of its own: one that hangs holds nobody up."""

    def __init__(self, display: str) -> None:
        self.display = display
        self._questions: SimpleQueue[tuple[Callable[[Any], object], Future[Any]] | None] = SimpleQueue()
        threading.Thread(target=self._serve, name="asked server", daemon=True).start()

    def ask(self, question: Callable[[Any], Answer]) -> Future[Answer]:
        """Put a question to the server: a function of the connection to it."""
        answer: Future[Answer] = Future()
        self._questions.put((question, answer))
        return answer

    def close(self) -> None:
        self._questions.put(None)

    def _serve(self) -> None:
        server: Any = None
        lost: NoDesktop | None = None
        while (asked := self._questions.get()) is not None:
            question, answer = asked
            try:
                server = server or self._connected(lost)
                answer.set_result(question(server))
            except (NoDesktop, *GONE) as reason:
                lost = NoDesktop(str(reason))
                answer.set_exception(lost)
        if server:
            disconnect_display(server)

    def _connected(self, lost: NoDesktop | None) -> Any:
        if lost:
            raise lost
        local = named(self.display).removeprefix(":")
        if local.isdecimal() and _user_at(int(local)) is None:  # python-xlib leaves open what it cannot connect
            raise NoDesktop(f"there is no X server at {self.display}")
        server = connect_display(self.display)
        server.set_error_handler(lambda *_: None)  # the owner may end while it is asked
        return server


@dataclass(frozen=True)
class Owner:
    """What a run says of itself on a server, and its process as the server knows it; None if that is not sure."""

    said: bytes
    process: int | None


def owner_of(server: Any) -> Owner | None:
    """Return who has the selection; None if nobody has."""
    atom = server.intern_atom(SELECTION)
    window = server.get_selection_owner(atom)
    if window == X.NONE:
        return None
    try:
        found = window.get_property(atom, X.AnyPropertyType, 0, LONGEST // 4)
    except error.BadWindow:
        return None
    said = bytes(found.value) if found and found.format == 8 else b""
    return Owner(said, _process_of(server, window))


def ask_to_stop(server: Any) -> None:
    """Tell the owner of the selection to stop, on its window."""
    window = server.get_selection_owner(server.intern_atom(SELECTION))
    if window != X.NONE:
        message = (32, [0, 0, 0, 0, 0])
        window.send_event(event.ClientMessage(window=window, client_type=server.intern_atom(STOP), data=message))
        server.sync()


def local_displays() -> list[str]:
    """Return the names of the X servers on this machine that the system or this user runs: others may say anything."""
    folder, numbers = Path(SOCKETS), set[int]()
    with suppress(OSError):
        numbers |= {int(path.name[1:]) for path in folder.glob("X*") if path.name[1:].isdecimal()}
    with suppress(OSError):
        listening = Path("/proc/net/unix").read_text(errors="replace")
        numbers |= {int(number) for number in re.findall(rf"@{SOCKETS}/X(\d+)$", listening, re.ASCII | re.MULTILINE)}
    return [f":{number}" for number in sorted(numbers) if _user_at(number) in (0, os.getuid())]


def _user_at(number: int) -> int | None:
    """Return the user of the X server on this machine that has this number; None if there is none."""
    path = f"{SOCKETS}/X{number}"
    for address in (path, f"\0{path}"):
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as tried:
            tried.setblocking(False)
            tried.connect(address)
            return _peer(tried)
    return None


def _process_of(server: Any, window: Any) -> int | None:
    if _peer(server.display.socket) not in (0, os.getuid()) or not server.has_extension(res.extname):
        return None
    answer = server.res_query_client_ids([{"client": window.id & CLIENT, "mask": res.LocalClientPIDMask}])
    return next((int(one.value[0]) for one in answer.ids if one.value), None)


def _peer(connected: Any) -> int | None:
    """Return the user that an X server on this machine runs as."""
    if connected.family != socket.AF_UNIX:
        return None
    _, user, _ = PEER.unpack(connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, PEER.size))
    return int(user)
