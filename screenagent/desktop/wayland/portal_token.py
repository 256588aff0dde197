"""The token by which a desktop remembers that the user has allowed the agent to work there."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

PRIVATE_FILE: Final = 0o600
PRIVATE_FOLDER: Final = 0o700
LONGEST: Final = 4096  # bytes; those of today have 36


class RestoreToken:
    """A token in a file that only its owner can read; without a file nothing is remembered.

    A token is good for one start: the portal then gives another, which takes its place.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file

    def read(self) -> str | None:
        """Return the token; None if there is none, or if the file is not one that only we could have written."""
        if self._file is None:
            return None
        try:
            descriptor = os.open(self._file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return None
        with os.fdopen(descriptor, "rb") as file:
            found = os.fstat(descriptor)
            open_to_others = found.st_mode & (stat.S_IRWXG | stat.S_IRWXO)
            if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or open_to_others:
                return None
            said = file.read(LONGEST + 1)
        return said.decode("ascii", "replace") if 0 < len(said) <= LONGEST and said.isascii() else None

    def replace(self, token: str | None) -> None:
        """Keep `token`, or none if the desktop gave none, in place of the last one.

        If it cannot be written, the desktop asks again at the next start.
        """
        if self._file is None:
            return
        with suppress(OSError):
            self._file.unlink(missing_ok=True)
            if token and token.isascii():
                self._write(self._file, token)

    def _write(self, file: Path, token: str) -> None:
        file.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        part = file.with_name(f"{file.name}.part")
        part.unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(part, flags, PRIVATE_FILE), "w", encoding="ascii") as written:
            written.write(token)
        part.replace(file)
