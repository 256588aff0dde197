"""The folder of this user's sockets and locks, and who may be on the other side of a socket.

Every start of `screenagent` imports this, so it imports next to nothing itself.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket


class WrongOwner(Exception):
    """The folder or the socket is not of this user, or is a link."""


def runtime_folder() -> str:
    """Return the folder of this user's sockets and locks."""
    if base := os.environ.get("XDG_RUNTIME_DIR", "").strip():
        return os.path.join(base, "screenagent")
    import warnings

    from platformdirs import user_runtime_dir

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says which folder it takes where the session has none
        return user_runtime_dir("screenagent")


def open_runtime_folder() -> int:
    """Open the folder, if it is one of this user that nobody else can write to. Raise `WrongOwner` if it is not."""
    path = runtime_folder()
    try:
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except NotADirectoryError:  # or a link to one
        raise WrongOwner(path) from None
    found = os.fstat(folder)
    if found.st_uid != os.getuid() or found.st_mode & 0o022:
        os.close(folder)
        raise WrongOwner(path)
    return folder


def peer_user(connection: socket.socket) -> int:
    """Return the user whose process is on the other side of a Unix socket, as the kernel knows it."""
    return _peer(connection)[1]


def peer_process(connection: socket.socket) -> int:
    """Return the process on the other side of a Unix socket, as the kernel knows it; 0 if it is not of our table."""
    return _peer(connection)[0]


def _peer(connection: socket.socket) -> tuple[int, ...]:
    import socket
    import struct

    return struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
