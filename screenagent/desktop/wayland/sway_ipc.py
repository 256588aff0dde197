"""Sway's own socket, by i3's protocol: questions with their answers, commands, and events as they come."""

from __future__ import annotations

import json
import select
import socket
import struct
import threading
from collections.abc import Iterator, Mapping
from enum import IntEnum
from pathlib import Path
from typing import Any, Final, NamedTuple

from screenagent.desktop.wayland.connection import ANSWER_SECONDS, CompositorGone
from screenagent.desktop.wayland.session import WaylandSession
from screenagent.protocols import Retry

MAGIC: Final = b"i3-ipc"
HEAD: Final = struct.Struct("<6sII")
EVENT: Final = 1 << 31
KINDS: Final = {0: "workspace", 2: "mode", 3: "window", 5: "binding", 6: "shutdown", 21: "input"}
"""Events by their numbers."""
PIECE: Final = 1 << 16
LARGEST: Final = 1 << 26
"""Bytes of one answer; a tree of a thousand windows takes two million."""
TIME: Final = struct.Struct("@ll")
PEER: Final = struct.Struct("3i")  # the process, user and group at the other end


class Asks(IntEnum):
    COMMAND = 0
    SUBSCRIBE = 2
    OUTPUTS = 3
    TREE = 4
    VERSION = 7
    CONFIG = 9
    BINDING_MODE = 12


def sway_socket(session: WaylandSession) -> str | None:
    """Return the socket of the Sway that shows `session`; None if its compositor is another one.

    `SWAYSOCK` may be of an earlier session, or of another than `WAYLAND_DISPLAY`, so the process at the other end has
    to be the same.
    """
    compositor = _served_by(session.socket)
    told = session.leads.get("SWAYSOCK", "")
    lying = sorted(map(str, Path(session.socket).parent.glob(f"sway-ipc.*.{compositor}.sock"))) if compositor else []
    candidates = (path for path in (told, *lying) if path)
    return next((path for path in candidates if compositor is not None and _served_by(path) == compositor), None)


def _served_by(path: str) -> int | None:
    """Return the process that serves a socket; None if there is none."""
    try:
        with _connected(path) as asking:
            credentials = asking.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, PEER.size)
    except OSError:
        return None
    return int(PEER.unpack(credentials)[0])


def _connected(path: str) -> socket.socket:
    """Return a connection to a socket. Sway lets three wait; beyond that one has to wait for its turn to wait."""
    made = socket.socket(socket.AF_UNIX)
    seconds, fraction = divmod(ANSWER_SECONDS, 1)
    try:
        # A timeout of Python's would let it fail at once where too many wait.
        made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, TIME.pack(int(seconds), int(fraction * 1e6)))
        made.connect(path)
    except BaseException:
        made.close()
        raise
    made.settimeout(ANSWER_SECONDS)
    return made


class SwayEvent(NamedTuple):
    """Something that has happened: to a window that it "focus"es, to a workspace, to the bindings that are in use."""

    kind: str
    change: str
    about: Mapping[str, Any]


class _Stream:
    """Messages to and from the socket, each waited for only for a limited time."""

    def __init__(self, path: str) -> None:
        self._came = bytearray()
        try:
            self._socket = _connected(path)
        except OSError as reason:
            raise CompositorGone(f"Sway cannot be reached at {path} ({reason.strerror or reason})") from reason

    def close(self) -> None:
        self._socket.close()

    def fileno(self) -> int:
        return self._socket.fileno()

    def send(self, kind: Asks, text: str) -> None:
        body = text.encode()
        try:
            self._socket.sendall(HEAD.pack(MAGIC, len(body), kind) + body)
        except OSError as reason:
            raise self._gone(reason) from reason

    def receive(self) -> tuple[int, Any]:
        """Return the kind of the next message, and what it says."""
        while (message := self.complete()) is None:
            self.read()
        return message

    def complete(self) -> tuple[int, Any] | None:
        """Return the next message if all of it has come."""
        if len(self._came) < HEAD.size:
            return None
        magic, length, kind = HEAD.unpack_from(self._came)
        if magic != MAGIC or length > LARGEST:
            raise CompositorGone("what answers at Sway's socket is not Sway")
        end = HEAD.size + length
        if len(self._came) < end:
            return None
        body = bytes(self._came[HEAD.size : end])
        del self._came[:end]
        return kind, json.loads(body.decode(errors="replace"))  # a title may hold anything

    def read(self) -> None:
        """Wait for more of a message."""
        try:
            piece = self._socket.recv(PIECE)
        except OSError as reason:
            raise self._gone(reason) from reason
        if not piece:
            raise CompositorGone("Sway has ended")
        self._came += piece

    def _gone(self, reason: OSError) -> CompositorGone:
        self.close()  # after half an answer, the next one would be taken for its rest
        return CompositorGone("Sway does not answer" if isinstance(reason, TimeoutError) else "Sway has ended")


class SwayIpc:
    """Asks Sway, from any thread. Every call raises `CompositorGone` once Sway has ended, or if it does not answer."""

    def __init__(self, path: str) -> None:
        self._stream = _Stream(path)
        self._turn = threading.Lock()  # protects the stream: an answer belongs to the question before it

    def close(self) -> None:
        self._stream.close()

    def tree(self) -> Any:
        return self._ask(Asks.TREE)

    def outputs(self) -> Any:
        return self._ask(Asks.OUTPUTS)

    def version(self) -> str:
        """Return what this Sway calls its version, such as "1.7"."""
        return str(self._ask(Asks.VERSION).get("human_readable", "")).partition(" ")[0]

    def config(self) -> str:
        """Return the text of the configuration in use, without what it includes."""
        return str(self._ask(Asks.CONFIG).get("config", ""))

    def binding_mode(self) -> str:
        """Return the set of key bindings in use; all but "default" are short-lived and take plain keys."""
        return str(self._ask(Asks.BINDING_MODE).get("name", "default"))

    def command(self, text: str) -> None:
        """Carry out a command. `Retry` with Sway's own words if it cannot."""
        for result in self._ask(Asks.COMMAND, text):
            if not result.get("success"):
                raise Retry(f"Sway does not carry out {text!r}: {result.get('error', 'it does not say why')}", "failed")

    def _ask(self, kind: Asks, text: str = "") -> Any:
        with self._turn:
            self._stream.send(kind, text)
            return self._stream.receive()[1]


class SwayEvents:
    """Hears the events of some kinds, such as "window"."""

    def __init__(self, path: str, *kinds: str) -> None:
        self._stream = _Stream(path)
        self._turn = threading.Lock()  # protects the stream: of two threads that see an event, one would wait for more
        self._arrived = select.poll()
        self._arrived.register(self._stream.fileno(), select.POLLIN)
        self._stream.send(Asks.SUBSCRIBE, json.dumps(kinds))
        if not self._stream.receive()[1].get("success"):
            self.close()
            raise CompositorGone(f"this Sway tells no events of {' and '.join(kinds)}")

    def close(self) -> None:
        self._stream.close()

    def fileno(self) -> int:
        return self._stream.fileno()

    def came(self, seconds: float = 0.0) -> list[SwayEvent]:
        """Return the events that have come, the oldest first; wait for the first of them for at most `seconds`."""
        found: list[SwayEvent] = []
        with self._turn:
            while self._arrived.poll(0 if found else seconds * 1000):
                self._stream.read()
                while (message := self._stream.complete()) is not None:
                    found += _events(*message)
        return found


def _events(number: int, told: Any) -> Iterator[SwayEvent]:
    if kind := KINDS.get(number & ~EVENT):
        yield SwayEvent(kind, str(told.get("change", "")), told)
