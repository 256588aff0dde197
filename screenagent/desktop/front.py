"""The process at the user's terminal: this one, or the client that a warm process carries out a command for."""

from __future__ import annotations

import os


class _Front:
    client: int | None = None


def stand_behind(client: int) -> None:
    """From here on this process works for `client`, which the terminal has started."""
    _Front.client = client


def front_process() -> int:
    """Return the process that the terminal has started."""
    return _Front.client or os.getpid()


def is_in_front() -> bool:
    """Whether the terminal has started this process itself."""
    return _Front.client is None


def let_go_of_terminal() -> None:
    """From here on read and write nothing, and keep no folder busy: this process goes on when the terminal ends."""
    null = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(null, number)
    os.close(null)
    os.chdir("/")
