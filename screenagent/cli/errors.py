"""Which exceptions are the user's to mend, and the sentence for each; the others are ours, with their traceback."""

from __future__ import annotations

import errno

from screenagent.desktop import NoDesktop


def sentence(error: Exception) -> str | None:
    """One line that says what was wrong and what to do, or None where the error is a bug."""
    match error:
        case OSError(errno=errno.ENOSPC):
            return f"the disk is full: {error.filename or error}; free some space, or choose another folder with --runs"
        case OSError() | NoDesktop():
            return str(error)
        # By name, since their modules need packages that not everybody has.
        case Exception(__class__=kind) if kind.__name__ in ("ServerError", "CheckpointError", "TooLong", "NoKeyring"):
            return str(error)
        case _:
            return None
