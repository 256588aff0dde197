"""Files that a script expects an application to have made."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from pathlib import Path


@dataclass
class FileWatch:
    """Looks for a file that was written at or after the time `since`, and is not being written any more."""

    file: Path
    since: float = 0.0
    _seen: tuple[int, float] | None = None

    def is_there(self) -> bool:
        """Whether it is there with the size and the time that it had when this was asked before."""
        before, self._seen = self._seen, self._look()
        return self._seen is not None and self._seen == before

    @property
    def missing(self) -> str:
        """Why it is not there, as it was seen last."""
        if self._seen is not None:
            return f"{self.file} is still being written"
        return (
            f"{self.file} is there, but older than this replay" if self.file.is_file() else f"{self.file} is not there"
        )

    def _look(self) -> tuple[int, float] | None:
        try:
            found = self.file.stat()
        except OSError:
            return None
        if not stat.S_ISREG(found.st_mode) or found.st_mtime < self.since:
            return None
        return found.st_size, found.st_mtime
