"""What a person says of rows: they are done, they are not to be played, or they are to be played again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from screenagent.errors import WrongUsage
from screenagent.scripts.rows.ledger import Ledger, PlayedRow
from screenagent.scripts.rows.lines import ResultsFile, Settled, Settlement, now
from screenagent.scripts.rows.plan import row_numbers

SAID: Final[Mapping[Settlement, str]] = {"done": "done", "skip": "skipped", "again": "to be played again"}


def settled(results: ResultsFile, ledger: Ledger, said: Mapping[Settlement, str]) -> Iterator[str]:
    """Append what is `said` of rows, as in `6,9-11`; yield a sentence for each. Said twice, it is kept once.

    Raise `ValueError` before anything is appended if there is no such row, or if two things are said of one.
    """
    known = numbered_rows(ledger)
    if not known:
        raise WrongUsage(f"{results.path} has no rows to settle")
    verdicts: dict[int, Settlement] = {}
    for verdict, text in said.items():
        for number in row_numbers(text, known):
            if number in verdicts:
                raise ValueError(f"row {number} cannot be both {SAID[verdicts[number]]} and {SAID[verdict]}")
            verdicts[number] = verdict
    for number, verdict in sorted(verdicts.items()):
        yield _settle(results, ledger, known[number], number, verdict)


def _settle(results: ResultsFile, ledger: Ledger, row: PlayedRow, number: int, verdict: Settlement) -> str:
    if _is_settled(row, verdict):
        return f"row {number} is {SAID[verdict]} already"
    line = Settled(
        script=ledger.scripts[-1],
        row=number,
        values=row.values,
        key=row.key,
        id=row.id,
        defaults=tuple(name for name in row.values if name not in row.given),
        verdict=verdict,
        at=now(),
    )
    results.append(line)
    ledger.hear(line)
    return f"row {number} is {SAID[verdict]}"


def numbered_rows(ledger: Ledger) -> dict[int, PlayedRow]:
    """Return the rows by the numbers that they have in the CSV file that was played last."""
    planned = ledger.planned
    if planned is None:
        return {row.row: row for row in ledger.rows.values() if row.row is not None}
    known = list(ledger.matched(planned.rows, planned.given))
    given = frozenset(planned.given)
    return {words.row: row or ledger.added(words, given) for words, row in zip(planned.rows, known, strict=True)}


def _is_settled(row: PlayedRow, verdict: Settlement) -> bool:
    match verdict:
        case "done":
            return row.status == "done"
        case "skip":
            return row.status == "skipped"
        case "again":
            return row.status == "not_played"
