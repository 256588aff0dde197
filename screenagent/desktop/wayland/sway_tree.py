"""The windows of a Sway session, as its tree lists them, and what has changed there."""

from __future__ import annotations

import json
import select
import socket
import struct
from collections.abc import Iterator, Mapping
from typing import Any, Final

from screenagent.desktop import NoDesktop
from screenagent.screenshot import Window

MAGIC: Final = b"i3-ipc"
HEADER: Final = struct.Struct("=6sII")
RUN_COMMAND, SUBSCRIBE, GET_TREE = 0, 2, 4
ANSWER_SECONDS: Final = 5.0


class SwayTree:
    """Asks Sway on one connection, and is told on another."""

    def __init__(self, path: str) -> None:
        self._asking, self._told = _connected(path), _connected(path)
        _exchange(self._told, SUBSCRIBE, '["window"]')

    def close(self) -> None:
        self._asking.close()
        self._told.close()

    def all(self) -> tuple[Window, ...]:
        return tuple(_window(node) for node in self._nodes())

    def foreground(self) -> Window | None:
        return next((_window(node) for node in self._nodes() if node["focused"]), None)

    def changed(self, seconds: float) -> None:
        """Wait until a window came, went or changed, or until `seconds` have passed."""
        if select.select([self._told], [], [], seconds)[0]:
            _read(self._told)

    def edges(self, window: Window) -> tuple[int, int, int, int] | None:
        """Left, top, right and bottom of what `window` holds, in the units of the layout."""
        for node in self._nodes():
            if node["id"] == window.id:
                frame, inside = node["rect"], node["window_rect"]
                left, top = frame["x"] + inside["x"], frame["y"] + inside["y"]
                return left, top, left + inside["width"], top + inside["height"]
        return None

    def arrange(self, window: Window, edges: tuple[int, int, int, int]) -> None:
        """Ask for the window to be put there: left, top, right and bottom in the units of the layout."""
        left, top, right, bottom = edges
        of = f"[con_id={window.id}]"
        resize = f"{of} resize set {right - left} px {bottom - top} px"
        _exchange(self._asking, RUN_COMMAND, f"{resize}; {of} move absolute position {left} px {top} px")

    def _nodes(self) -> Iterator[Mapping[str, Any]]:
        yield from _with_windows(_exchange(self._asking, GET_TREE))


def _with_windows(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Return the nodes of the tree that hold a window that is shown."""
    if node.get("pid") and node.get("visible", True):
        yield node
    for below in (*node["nodes"], *node["floating_nodes"]):
        yield from _with_windows(below)


def _window(node: Mapping[str, Any]) -> Window:
    app = node.get("app_id") or node.get("window_properties", {}).get("class") or ""
    return Window(id=node["id"], title=node["name"] or "", app=app, pid=node["pid"])


def _connected(path: str) -> socket.socket:
    connected = socket.socket(socket.AF_UNIX)
    connected.settimeout(ANSWER_SECONDS)
    try:
        connected.connect(path)
    except OSError as reason:
        connected.close()
        raise _ended() from reason
    return connected


def _exchange(asked: socket.socket, kind: int, words: str = "") -> Any:
    data = words.encode()
    try:
        asked.sendall(HEADER.pack(MAGIC, len(data), kind) + data)
    except OSError as reason:
        raise _ended() from reason
    return _read(asked)


def _read(asked: socket.socket) -> Any:
    _, length, _ = HEADER.unpack(_exactly(asked, HEADER.size))
    return json.loads(_exactly(asked, length))


def _exactly(asked: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        try:
            piece = asked.recv(length - len(data))
        except OSError as reason:
            raise _ended() from reason
        if not piece:
            raise _ended()
        data += piece
    return data


def _ended() -> NoDesktop:
    return NoDesktop("Sway has ended, or does not answer any more; start the virtual desktop anew")
