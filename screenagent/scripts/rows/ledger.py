"""What became of each row: a fold over the lines of a results file, and which of its rows are which of a CSV file's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Final, Literal

from screenagent.scripts.replay.results import ReplayResult
from screenagent.scripts.rows.lines import Begun, Line, Planned, RowWords, Settled

RowStatus = Literal["failed", "to_settle", "set_aside", "not_played", "skipped", "done"]
"""What became of a row. `to_settle`: nobody knows whether it took effect, so a person has to say what is to be done."""

_FIRMNESS: Final[Mapping[RowStatus, int]] = {
    "done": 0, "skipped": 1, "to_settle": 2, "set_aside": 3, "failed": 4, "not_played": 5
}  # fmt: skip
"""Of rows that say the same, those that were dealt with are matched first."""

CUT_OFF: Final = "it was cut off after its first input"


@dataclass
class PlayedRow:
    """One row as the results file knows it, under a name of its own."""

    id: str
    row: int | None
    values: Mapping[str, str]
    given: frozenset[str]
    key: str = ""
    status: RowStatus = "not_played"
    why: str = ""
    by_hand: bool = False
    plays: int = 0
    result: ReplayResult | None = None

    def hear(self, line: Begun | ReplayResult | Settled) -> None:
        """Take in what a line says of this row."""
        self.row, self.values, self.key = line.row, line.values, line.key or self.key
        self.given = _given(line)
        self.by_hand = isinstance(line, Settled)
        match line:
            case Begun():
                self.status, self.why, self.plays, self.result = "to_settle", CUT_OFF, self.plays + 1, None
            case ReplayResult():
                self.status, self.why = _ended(line, was_begun=self.why == CUT_OFF)
                self.result = line
            case Settled(verdict="again"):
                self.status, self.why = "not_played", "it is to be played again"
            case Settled(verdict=verdict):
                self.status, self.why = "done" if verdict == "done" else "skipped", ""


def _given(line: Begun | ReplayResult | Settled) -> frozenset[str]:
    return frozenset(line.values).difference(line.defaults)


def _ended(result: ReplayResult, *, was_begun: bool) -> tuple[RowStatus, str]:
    """What a result says of its row, and why; of version 0.1 it does not say whether an input was sent."""
    why = result.message or result.outcome
    if result.outcome == "done":
        return "done", ""
    if result.set_aside:
        return "set_aside", result.set_aside
    if result.outcome == "stopped":
        return ("to_settle", CUT_OFF) if was_begun or result.steps else ("not_played", "")
    return ("to_settle", f"{why}; {result.doubt}") if result.doubt else ("failed", why)


@dataclass
class Ledger:
    """Every row that a results file speaks of, in the order in which they were first played."""

    rows: dict[str, PlayedRow] = field(default_factory=dict)
    planned: Planned | None = None
    scripts: list[str] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))
    _unnamed: dict[tuple[int | None, frozenset[tuple[str, str]]], str] = field(default_factory=dict)

    @classmethod
    def of(cls, lines: Iterable[Line]) -> Ledger:
        ledger = cls()
        for line in lines:
            ledger.hear(line)
        return ledger

    def hear(self, line: Line) -> None:
        """Take in one line."""
        if line.script not in self.scripts:
            self.scripts.append(line.script)
        if isinstance(line, Planned):
            self.planned = line
            return
        name = line.id or self._name(line)
        row = self.rows.get(name)
        if row is None:
            row = self.rows[name] = PlayedRow(name, line.row, line.values, _given(line))
        row.hear(line)

    def added(self, words: RowWords, given: frozenset[str]) -> PlayedRow:
        """Add a row that was not played yet."""
        name = self._next_id()
        self.rows[name] = PlayedRow(name, words.row, words.values, given, words.key)
        return self.rows[name]

    def _next_id(self) -> str:
        return next(name for number in self._numbers if (name := f"r{number}") not in self.rows)

    def _name(self, line: Begun | ReplayResult | Settled) -> str:
        """Return the name of the row of a line of version 0.1, which is known by its number and its values."""
        known = (line.row, frozenset(line.values.items()))
        if known not in self._unnamed:
            self._unnamed[known] = self._next_id()
        return self._unnamed[known]

    def matched(self, rows: Sequence[RowWords], given: Iterable[str]) -> Iterator[PlayedRow | None]:
        """Yield, for each of `rows`, the row of the results that it is; None for a new one.

        A row is known by its key, or else by the values that were `given` for it, wherever it stands.
        """
        played = [row for row in self.rows.values() if row.row is not None]
        found = dict(_by_key(rows, played))
        taken = {row.id for row in found.values()}
        is_keyed = any(row.key for row in rows)
        left = [row for row in played if row.id not in taken and not (is_keyed and row.key)]
        for names, group in _by_names(left, frozenset(given)):
            found |= _by_values([row for row in rows if row.row not in found], group, names)
        return (found.get(row.row) for row in rows)


def _by_key(rows: Sequence[RowWords], played: Sequence[PlayedRow]) -> Iterator[tuple[int, PlayedRow]]:
    known = {row.key: row for row in played if row.key}
    yield from ((row.row, known[row.key]) for row in rows if row.key in known)


def _by_names(
    played: Iterable[PlayedRow], given: frozenset[str]
) -> Iterator[tuple[Sequence[str], Sequence[PlayedRow]]]:
    """Yield rows that were played with the same columns, and the names by which they can be compared with new ones.

    A column that has come or gone since then is left out, so that it makes no row another one.
    """
    groups: dict[frozenset[str], list[PlayedRow]] = defaultdict(list)
    for row in played:
        groups[row.given].append(row)
    for names in sorted(groups, key=lambda names: (names != given, sorted(names))):
        if common := sorted(names & given):
            yield common, groups[names]


def _by_values(
    rows: Sequence[RowWords], played: Sequence[PlayedRow], names: Sequence[str]
) -> Iterator[tuple[int, PlayedRow]]:
    """Yield the number of each of `rows` that is one of `played`; of rows that say the same, each is one of them."""
    alike: dict[tuple[str | None, ...], list[PlayedRow]] = defaultdict(list)
    for row in played:
        alike[tuple(row.values.get(name) for name in names)].append(row)
    wanted: dict[tuple[str | None, ...], list[RowWords]] = defaultdict(list)
    for new in rows:
        wanted[tuple(new.values.get(name) for name in names)].append(new)
    for values, several in wanted.items():
        firmest = sorted(alike[values], key=lambda row: _FIRMNESS[row.status])[: len(several)]
        in_order = sorted(firmest, key=lambda row: row.row or 0)
        yield from ((new.row, row) for new, row in zip(several, in_order, strict=False))
