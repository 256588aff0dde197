"""Sockets of compositors and X servers: connecting for a limited time, and who serves one."""

from __future__ import annotations

import socket
import struct
from typing import Final

CONNECTED_SECONDS: Final = 5.0
"""Who has not accepted within this hangs."""
PEER: Final = struct.Struct("3i")  # the process, user and group at the other end
TIME: Final = struct.Struct("ll")  # seconds and microseconds


def connected_socket(path: str) -> socket.socket:
    """Return a connection to a socket. Sway lets three wait; beyond that one has to wait for its turn to wait."""
    made = socket.socket(socket.AF_UNIX)
    seconds, fraction = divmod(CONNECTED_SECONDS, 1)
    try:
        # A timeout of Python's would let it fail at once where too many wait.
        made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, TIME.pack(int(seconds), int(fraction * 1e6)))
        made.connect(path)
    except BaseException:
        made.close()
        raise
    made.settimeout(CONNECTED_SECONDS)
    return made


def served_by(path: str) -> int | None:
    """Return the process that serves a socket; None if there is none. It is 0 where it is not told."""
    try:
        with connected_socket(path) as asking:
            credentials = asking.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, PEER.size)
    except OSError:
        return None
    return int(PEER.unpack(credentials)[0])
