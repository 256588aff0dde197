"""All rows of a results file at once: a table for the terminal, JUnit XML, and CSV with inputs and outputs."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import StringIO
from typing import Final, Self

from junitparser import Failure, JUnitXml, Skipped, TestCase

from screenagent.events import RunResult
from screenagent.geometry import Value
from screenagent.scripts.replay.results import junit_case, junit_suite
from screenagent.scripts.rows.ledger import Ledger, PlayedRow, RowStatus
from screenagent.scripts.rows.lines import RowWords
from screenagent.showing import abridged, visible

STATUS_WORDS: Final[Mapping[RowStatus, str]] = {
    "failed": "failed",
    "to_settle": "to be settled by hand",
    "set_aside": "set aside",
    "not_played": "not played",
    "skipped": "skipped",
    "done": "done",
}
"""What is said of a row, in the order in which a person wants to know."""

LONGEST_CELL: Final = 60
GONE: Final = "it is no longer in the CSV file"
_FORMULA: Final = re.compile(r"[=+\-@\t\r\n]")
_NUMBER: Final = re.compile(r"[-+]?\d+([.,]\d+)*%?")


class RowSummary(Value):
    """A row as it is shown; `number` is its place in the CSV file, None if it is no longer there."""

    number: int | None
    status: RowStatus
    why: str = ""
    key: str = ""
    values: Mapping[str, str] = {}
    outputs: Mapping[str, str] = {}
    remarks: tuple[str, ...] = ()
    plays: int = 0
    by_hand: bool = False
    outcome: RunResult | None = None
    performed: int = 0
    confirmed: int = 0
    changed: int = 0
    healed: int = 0
    seconds: float = 0.0
    run: str = ""

    @classmethod
    def of(cls, number: int | None, row: PlayedRow) -> Self:
        """Return what is known of `row`, which is the one with this number."""
        result = row.result
        known = cls(
            number=number,
            status=row.status,
            why=row.why,
            key=row.key,
            values=row.values,
            plays=row.plays,
            by_hand=row.by_hand,
        )
        if result is None:
            return known
        counts = {"performed": result.steps, **{name: getattr(result, name) for name in _TAKEN_OVER}}
        return known.model_copy(update=counts)

    @property
    def in_words(self) -> str:
        return STATUS_WORDS[self.status] + (" (by hand)" if self.by_hand and self.status == "done" else "")

    @property
    def said(self) -> str:
        """Why it is not done, and what did not hold although it is."""
        remarks = (remark for remark in self.remarks if not self.why or self.why not in remark)
        return "; ".join((*filter(None, (self.why,)), *remarks))

    @property
    def name(self) -> str:
        values = ", ".join(f"{name}={value}" for name, value in self.values.items())
        return values if self.number is None else f"row {self.number}: {values}"


_TAKEN_OVER: Final = ("outputs", "remarks", "outcome", "confirmed", "changed", "healed", "seconds", "run")


def summaries(ledger: Ledger) -> list[RowSummary]:
    """Return every row in the order of the CSV file that was played last, then those that are no longer in it."""
    planned = ledger.planned
    if planned is None:
        return [RowSummary.of(row.row, row) for row in ledger.rows.values()]
    known = list(ledger.matched(planned.rows, planned.given))
    there = {row.id for row in known if row}
    rows = [
        RowSummary.of(words.row, row) if row else _new(words) for words, row in zip(planned.rows, known, strict=True)
    ]
    return rows + [_gone(row) for row in ledger.rows.values() if row.id not in there]


def _gone(row: PlayedRow) -> RowSummary:
    summary = RowSummary.of(None, row)
    return summary.model_copy(update={"why": "; ".join((*filter(None, (summary.why,)), GONE))})


def _new(words: RowWords) -> RowSummary:
    return RowSummary(number=words.row, status="not_played", key=words.key, values=words.values)


def row_counts(statuses: Iterable[RowStatus]) -> str:
    """Return how many rows there are of each kind: "28 of 30 rows are done, 1 failed, 1 is not played"."""
    counts = Counter(statuses)
    others = (
        f"{counts[status]} {words}" for status, words in STATUS_WORDS.items() if counts[status] and status != "done"
    )
    return ", ".join((f"{counts['done']} of {counts.total()} rows done", *others))


def failures_first(rows: Sequence[RowSummary]) -> list[RowSummary]:
    order = list(STATUS_WORDS)
    return sorted(rows, key=lambda row: order.index(row.status))


def row_lines(rows: Sequence[RowSummary]) -> Iterator[str]:
    """Yield a line for each row: its number, what became of it, its values, what was read, and why."""
    for row in rows:
        number = "–" if row.number is None else str(row.number)
        values = ", ".join(f"{name} {value}" for name, value in row.values.items())
        read = "".join(f" → {name} {value}" for name, value in row.outputs.items())
        why = f": {abridged(row.said)}" if row.said else ""
        yield f"{number:>5}  {row.in_words:<21}  {abridged(values, LONGEST_CELL)}{abridged(read, LONGEST_CELL)}{why}"


def csv_text(rows: Sequence[RowSummary]) -> str:
    """Return the rows with their inputs and outputs as CSV; no cell of it is a formula for a spreadsheet."""
    inputs = list(dict.fromkeys(name for row in rows for name in row.values))
    outputs = list(dict.fromkeys(name for row in rows for name in row.outputs))
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(map(plain_cell, ("row", "status", "why", *inputs, *outputs, "run")))
    for row in rows:
        cells = [row.values.get(name, "") for name in inputs] + [row.outputs.get(name, "") for name in outputs]
        writer.writerow(map(plain_cell, (str(row.number or ""), row.in_words, row.said, *cells, row.run)))
    return text.getvalue()


def plain_cell(cell: str) -> str:
    """Return a cell that a spreadsheet shows as it stands: one that begins as a formula does gets an apostrophe."""
    text = cell.replace("\0", "")
    return f"'{text}" if _FORMULA.match(text.lstrip(" ")) and not _NUMBER.fullmatch(text) else text


def rows_junit(name: str, rows: Iterable[RowSummary]) -> JUnitXml:
    """Return the rows as a test suite: one that was not played is skipped, and one that is not done has failed."""
    return junit_suite(name, (_case(name, row) for row in rows))


def _case(script: str, row: RowSummary) -> TestCase:
    counts = f"{row.performed} performed, {row.confirmed} confirmed, {row.changed} only changed something"
    case = junit_case(row.name, script, seconds=row.seconds, counts=counts, run=row.run)
    match row.status:
        case "done":
            pass
        case "not_played" | "skipped":
            case.result = [Skipped(message=visible(row.why or row.in_words))]
        case status:
            case.result = [
                Failure(message=visible(row.why), type_=(row.outcome or status) if status == "failed" else status)
            ]
    return case
