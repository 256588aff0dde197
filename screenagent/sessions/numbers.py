"""The numbers by which a person names entries: each keeps its number for as long as it waits, and none is given again.

So a number that was read in one terminal never means another entry that has come since.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from filelock import FileLock
from pydantic import Field

from screenagent.files import read_whole, write_inside
from screenagent.geometry import Value
from screenagent.sessions.inbox import LARGEST, PRIVATE_FILE, Inbox

FILE: Final = "numbers.json"
LOCK: Final = "numbers.lock"
LOCK_SECONDS: Final = 5.0
LAST: Final = 999
"""After this number they begin anew."""


class EntryNumbers(Value):
    """The number of each entry that waits, by its id, and the number that was given last."""

    last: int = Field(default=0, ge=0)
    given: Mapping[str, int] = {}

    def of(self, ids: Iterable[str]) -> EntryNumbers:
        """Return the numbers of these entries; new ones get the next that are free."""
        last, given = self.last, {}
        ids = list(ids)
        taken = {self.given[id] for id in ids if id in self.given}
        for id in ids:
            if id in self.given:
                given[id] = self.given[id]
                continue
            last = last + 1 if last < LAST else 1
            while last in taken:
                last += 1
            taken.add(last)
            given[id] = last
        return EntryNumbers(last=last, given=given)


def numbered(inbox: Inbox, ids: Iterable[str]) -> Mapping[str, int]:
    """Return the numbers of the entries, which are kept in the inbox from now on."""
    folder = inbox.opened()
    with FileLock(folder / LOCK, timeout=LOCK_SECONDS, mode=PRIVATE_FILE):
        known = _read(folder)
        numbers = known.of(ids)
        if numbers != known:
            write_inside(folder, FILE, numbers.model_dump_json().encode(), mode=PRIVATE_FILE)
    return numbers.given


def _read(folder: Path) -> EntryNumbers:
    """Return what was given so far; if that cannot be read, numbers begin anew."""
    with suppress(FileNotFoundError, ValueError):
        return EntryNumbers.model_validate_json(read_whole(folder / FILE, most=LARGEST))
    return EntryNumbers()
