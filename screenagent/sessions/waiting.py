"""What waits for a person, and how it is settled. Whether a row still waits is said by its results file alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from screenagent.errors import UserError
from screenagent.scripts.rows.ledger import Ledger, PlayedRow
from screenagent.scripts.rows.lines import Begun, Line, Settlement, is_in_use, open_results, read_lines
from screenagent.scripts.rows.settling import SAID, numbered_rows, settled
from screenagent.sessions.entries import (
    AlreadySettled,
    How,
    KeptEntry,
    MissedQuestion,
    RowEntry,
    WaitingEntries,
    short,
    values_digest,
)
from screenagent.sessions.inbox import Inbox, problem
from screenagent.sessions.live_questions import live_waiting

LOCK_SECONDS: Final = 2.0
"""So long the settling of a row waits for another one of the same results file."""

_VERDICTS: Final[Mapping[How, Settlement]] = {"continue": "again", "skip": "skip", "done": "done"}


def waiting(inbox: Inbox) -> WaitingEntries:
    """Return all that waits for this user: the open questions of live runs, then what is kept."""
    live, kept = live_waiting(), kept_waiting(inbox)
    return WaitingEntries(entries=(*live.entries, *kept.entries), problems=(*live.problems, *kept.problems))


def kept_waiting(inbox: Inbox) -> WaitingEntries:
    """Return what waits: of the rows, those of which their results file says so."""
    problems: list[str] = []
    kept = list(inbox.all(problems))
    rows = list(_rows_waiting([entry for entry in kept if isinstance(entry, RowEntry)], problems))
    runs = {row.run for row in rows}
    missed = [entry for entry in kept if isinstance(entry, MissedQuestion) and entry.run not in runs]
    return WaitingEntries(entries=tuple(sorted((*rows, *missed), key=_began)), problems=tuple(problems))


def settle(inbox: Inbox, entry: KeptEntry, how: How) -> str:
    """Do what a person says of an entry, and return it in a sentence. Raise `AlreadySettled` if it waits no more.

    A row is settled in its results file; `continue` means that it is to be played again.
    """
    match entry:
        case RowEntry():
            said = _settle_row(entry, _verdict(how))
            inbox.remove(entry.id)
        case MissedQuestion():
            if not inbox.remove(entry.id):
                raise AlreadySettled(f"the question of “{entry.task}” is settled already")
            said = "the question is put away"
    return said


def tidy(inbox: Inbox) -> None:
    """Remove the entries of rows that wait no more; those of a play that is under way are its own matter."""
    kept = [entry for entry in inbox.all([]) if isinstance(entry, RowEntry) and _is_at_rest(Path(entry.play.results))]
    waiting = {entry.id for entry in _rows_waiting(kept, [])}
    for entry in kept:
        if entry.id not in waiting:
            inbox.remove(entry.id)


def _is_at_rest(results: Path) -> bool:
    """Whether a results file can be read, and nobody writes to it."""
    with suppress(OSError, ValueError):
        KnownRows.of(results)
        return not is_in_use(results)
    return False


def _began(entry: RowEntry | MissedQuestion) -> tuple[float, int]:
    """Return what entries are sorted by: when they came, and the row."""
    return entry.at.timestamp(), entry.row if isinstance(entry, RowEntry) else 0


def _verdict(how: How) -> Settlement:
    if (verdict := _VERDICTS.get(how)) is None:
        raise UserError(f"a row is not settled by {how!r}; say continue, skip or done")
    return verdict


@dataclass(frozen=True)
class KnownRows:
    """What a results file says of its rows, each with its number in the table; `at_work` is the row being played."""

    rows: dict[str, tuple[int, PlayedRow]]
    at_work: str = ""

    @classmethod
    def of(cls, results: Path) -> KnownRows:
        last: Line | None = None
        ledger = Ledger()
        with read_lines(results) as lines:
            for last in lines:
                ledger.hear(last)
        rows = {row.id: (number, row) for number, row in numbered_rows(ledger).items()}
        return cls(rows, last.id if isinstance(last, Begun) and is_in_use(results) else "")

    def waiting(self, entry: RowEntry) -> tuple[int, PlayedRow] | None:
        """Return the row of an entry, with its number; None if it does not wait any more."""
        found = self.rows.get(entry.row_id)
        return found if found and still_waits(entry, found[1]) else None


def still_waits(entry: RowEntry, row: PlayedRow) -> bool:
    """Whether the row is the one that the entry means, and a person still has to say what becomes of it."""
    waits = row.status in ("set_aside", "to_settle") or (entry.missed and row.status == "failed")
    return waits and values_digest(row.values) == entry.values


def _rows_waiting(entries: Sequence[RowEntry], problems: list[str]) -> Iterator[RowEntry]:
    """Yield the entries of rows that still wait, as their results files know them; one that is played now does not."""
    for results in dict.fromkeys(entry.play.results for entry in entries):
        try:
            known = KnownRows.of(Path(results))
        except (OSError, ValueError) as error:
            problems.append(problem(Path(results), error))
            continue
        for entry in entries:
            if entry.play.results == results and entry.row_id != known.at_work and (found := known.waiting(entry)):
                number, row = found
                yield entry.model_copy(update={"row": number, "why": short(row.why)})


def _settle_row(entry: RowEntry, verdict: Settlement) -> str:
    results = Path(entry.play.results)
    if not results.is_file():
        raise AlreadySettled(f"{results} is not there any more, so nothing is known of row {entry.row}")
    with open_results(results, seconds=LOCK_SECONDS) as kept:
        ledger = Ledger.of(kept.lines)
        rows = {row.id: (number, row) for number, row in numbered_rows(ledger).items()}
        found = KnownRows(rows).waiting(entry)
        if found is None:
            raise AlreadySettled(f"row {entry.row} of {entry.script} is settled already{_as(rows.get(entry.row_id))}")
        number, _ = found
        [said] = settled(kept, ledger, {verdict: str(number)})
    return said


def _as(found: tuple[int, PlayedRow] | None) -> str:
    status = found[1].status if found else ""
    word = {"done": SAID["done"], "skipped": SAID["skip"], "not_played": SAID["again"]}.get(status, "")
    return f": it is {word}" if word else ""
