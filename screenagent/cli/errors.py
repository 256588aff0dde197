"""How an error ends a command: what the user can fix in one line, a bug with its traceback."""

from __future__ import annotations

import errno
from typing import NamedTuple

from screenagent.control import Stopped
from screenagent.engine.config import EngineError
from screenagent.errors import MissingExtra, UserError


class Ending(NamedTuple):
    """The line on stderr, and the exit code."""

    text: str
    exit_code: int


def ending(error: Exception) -> Ending | None:
    """Return how `error` ends a command; None if it is a bug."""
    match error:
        case Stopped():
            return Ending("stopped", 130)
        case UserError():
            return Ending(_line(error), error.exit_code)
        case ModuleNotFoundError():
            missing = MissingExtra.of(error)
            return ending(missing) if missing else None
        case OSError(errno=errno.ENOSPC):
            place = error.filename or error
            return Ending(
                f"screenagent: the disk is full: {place}; free some space, or choose another folder with --runs", 1
            )
        case OSError(strerror=str(why), filename=str(place)):
            return Ending(f"screenagent: {place}: {why}", 1)
        case EngineError() | OSError():
            return Ending(_line(error), 1)
        case _:
            return None


def _line(error: Exception) -> str:
    """Return the error's text as one line; a script's problems stand behind each other."""
    lines = (line.strip() for line in str(error).splitlines())
    return f"screenagent: {'; '.join(line for line in lines if line)}"
