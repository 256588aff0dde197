"""The folder of what waits for a person: one small file for each entry, whoever may have written it."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from screenagent.errors import BadFile
from screenagent.files import is_ours, open_inside, write_inside
from screenagent.sessions.entries import KEPT, KeptEntry, short
from screenagent.showing import visible, visible_json

PRIVATE_FOLDER: Final = 0o700
PRIVATE_FILE: Final = 0o600
OTHERS_WRITE: Final = 0o022
LARGEST: Final = 1_000_000
"""Bytes of an entry; most have a few hundred."""
MOST: Final = 1000
"""Entries that are read; the newest of them."""
MOST_FILES: Final = 20_000
"""Names in the folder that are looked at."""
_NAME: Final = re.compile(r"(row|question)-[0-9a-f]{16}\.json")


@dataclass(frozen=True)
class Inbox:
    """The entries in a folder that only its owner can open. Any number of processes may use it at the same time."""

    folder: Path

    def put(self, entry: KeptEntry) -> None:
        """Keep an entry; one of the same id is replaced."""
        folder = self.opened()
        written = visible_json(KEPT.dump_json(entry) + b"\n")
        if len(written) > LARGEST:
            raise OSError(errno.EFBIG, "the command of the play is too long for an entry", str(self.folder))
        write_inside(folder, f"{entry.id}.json", written, mode=PRIVATE_FILE)

    def opened(self) -> Path:
        """Return the folder, which is made if it is missing, and which nobody else can open from then on."""
        self.folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        if not is_ours(self.folder):
            raise PermissionError(errno.EPERM, "it is not a folder of yours", str(self.folder))
        if self.folder.stat().st_mode & 0o077:
            self.folder.chmod(PRIVATE_FOLDER)
        return self.folder

    def remove(self, id: str) -> bool:
        """Remove an entry; return whether it was there."""
        try:
            (self.folder / f"{id}.json").unlink()
        except FileNotFoundError:
            return False
        return True

    def kept(self, id: str) -> KeptEntry | None:
        """Return the entry of this id; None if there is none, or none that can be read."""
        with suppress(OSError, ValueError):
            return self._read(f"{id}.json")
        return None

    def all(self, problems: list[str]) -> Iterator[KeptEntry]:
        """Yield every entry that can be read; `problems` gets a sentence for each file that cannot."""
        for name in self._names(problems):
            try:
                yield self._read(name)
            except FileNotFoundError:
                continue  # it was settled meanwhile
            except (OSError, ValueError) as error:
                problems.append(problem(self.folder / name, error))

    def _names(self, problems: list[str]) -> Sequence[str]:
        """Return the names of the newest entries."""
        try:
            if not is_ours(self.folder) or self.folder.stat().st_mode & OTHERS_WRITE:
                problems.append(visible(f"{self.folder} is not a folder of yours alone, so nothing in it is read"))
                return ()
            with os.scandir(self.folder) as found:
                files = [entry for entry in islice(found, MOST_FILES) if _NAME.fullmatch(entry.name)]
        except FileNotFoundError:
            return ()
        except OSError as error:
            problems.append(problem(self.folder, error))
            return ()
        if len(files) > MOST:
            problems.append(f"{self.folder} holds {len(files)} entries; the newest {MOST} are read")
            files = sorted(files, key=_changed, reverse=True)[:MOST]
        return sorted(file.name for file in files)

    def _read(self, name: str) -> KeptEntry:
        with open_inside(self.folder, name) as file:
            written = file.read(LARGEST + 1)
        if len(written) > LARGEST:
            raise BadFile(f"it has more than {LARGEST} bytes")
        entry = KEPT.validate_json(written)
        if name != f"{entry.id}.json":
            raise BadFile(f"it says that it is {entry.id}")
        return entry


def _changed(file: os.DirEntry[str]) -> float:
    with suppress(OSError):
        return file.stat(follow_symlinks=False).st_mtime
    return 0.0


def problem(file: Path, error: OSError | ValueError) -> str:
    """Return the sentence that names a file that cannot be read as an entry."""
    why = error.strerror or str(error) if isinstance(error, OSError) else _first(error)
    return short(f"left out: {file}: {why}; remove it if you do not need it")


def _first(error: ValueError) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    found = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(map(str, found["loc"]))
    return f"{place}: {found['msg']}" if place else found["msg"]
