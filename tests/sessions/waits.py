"""A play whose rows go into an inbox, for tests of it; no desktop is opened."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from screenagent.sessions.entries import Entry, PlayCommand, RowEntry, WaitingEntries
from screenagent.sessions.inbox import Inbox
from screenagent.sessions.missed import KeptInbox
from screenagent.sessions.row_inbox import RowInbox
from screenagent.sessions.waiting import kept_waiting
from tests.scripts.rows.table import Desk, csv_of

ROWS = csv_of([("Ada", 1), ("Ben", 2), ("Cleo", 3)])


@dataclass
class Night:
    """Plays that nobody watches."""

    folder: Path
    told: list[Entry] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.inbox = Inbox(self.folder / "inbox")
        self.desk = Desk(self.folder)
        table = self.folder / "customers.csv"
        play = PlayCommand(
            script=str(self.folder / "rows.yaml"),
            table=str(table),
            results=str(self.desk.results),
            folder=str(self.folder),
            options=("--approve", "risky"),
        )
        self.kept = KeptInbox(self.inbox, self.told.append, self.said.append)
        self.desk.heard = RowInbox(self.kept, "Rows", play)

    def play(self, rows: str = ROWS) -> list[str]:
        return self.desk.play(rows)

    @property
    def waiting(self) -> WaitingEntries:
        return kept_waiting(self.inbox)

    @property
    def rows(self) -> list[RowEntry]:
        return [entry for entry in self.waiting.entries if isinstance(entry, RowEntry)]

    @property
    def row(self) -> RowEntry:
        [row] = self.rows
        return row
