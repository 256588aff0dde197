"""The processes at the user's terminals: this one, or the client that a warm process carries out a command for, and the
faces that are attached to our run from others. What they run in is no place for the agent's own inputs."""

from __future__ import annotations

import os


class _Front:
    client: int | None = None
    is_detached = False
    faces: tuple[int, ...] = ()
    changes = 0
    """Other threads compare it with what they saw last; only the thread of the session changes it."""


def stand_behind(client: int) -> None:
    """From here on this process works for `client`, which the terminal has started."""
    _Front.client = client


def front_process() -> int:
    """Return the process that the terminal has started."""
    return _Front.client or os.getpid()


def front_processes() -> tuple[int, ...]:
    """Return the processes at terminals where a person supervises us."""
    return _Front.faces if _Front.is_detached else (front_process(), *_Front.faces)


def front_changes() -> int:
    """Return a number that is another one as soon as `front_processes` are others."""
    return _Front.changes


def leave_terminal() -> None:
    """From here on nobody supervises us at the terminal that has started us."""
    _Front.is_detached = True
    _Front.changes += 1


def face_came(process: int) -> None:
    """Say that a person may supervise us from where this process runs."""
    _Front.faces = (*_Front.faces, process)
    _Front.changes += 1


def face_left(process: int) -> None:
    """Say that one of the faces of this process has gone."""
    if process in _Front.faces:
        at = _Front.faces.index(process)
        _Front.faces = _Front.faces[:at] + _Front.faces[at + 1 :]
        _Front.changes += 1


def is_in_front() -> bool:
    """Whether the terminal has started this process itself."""
    return _Front.client is None
