"""Which rows of a CSV file a script is to be played for: its columns are the parameters."""

from __future__ import annotations

import difflib
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from screenagent.errors import BadFile, WrongUsage
from screenagent.scripts.parameters import Unbound, bound
from screenagent.scripts.rows.csv_file import CsvFile, read_csv
from screenagent.scripts.rows.lines import Planned, RowWords
from screenagent.scripts.schema import Script


@dataclass(frozen=True)
class PlannedRow:
    """A row that can be played: `cells` and `words` are its values, `problem` is why it cannot.

    `is_first` and `is_last` say whether it is the first and the last row of a play.
    """

    words: RowWords
    cells: Mapping[str, str]
    problem: str = ""
    is_first: bool = True
    is_last: bool = True

    @property
    def number(self) -> int:
        return self.words.row


@dataclass(frozen=True)
class RowPlan:
    """The rows of a CSV file, each with the values that the parameters of `script` have for it."""

    script: Script
    source: Path
    rows: tuple[PlannedRow, ...]
    given: tuple[str, ...]
    key: str = ""
    notes: tuple[str, ...] = ()

    @property
    def defaults(self) -> tuple[str, ...]:
        """The parameters that neither a column nor `--set` gives."""
        return tuple(name for name in _public(self.script) if name not in self.given)

    @property
    def line(self) -> Planned:
        """The plan as a line of the results file."""
        return Planned(
            script=self.script.name,
            source=str(self.source.resolve()),
            given=self.given,
            key=self.key,
            rows=tuple(row.words for row in self.rows),
        )


def plan_rows(script: Script, file: Path, sets: Mapping[str, str], *, key: str = "") -> RowPlan:
    """Plan a play for each row of `file`. Raise before anything is touched if its columns do not fit the script; a row
    whose values do not fit is planned with its problem. Without a `key` rows are known by that of the script."""
    key = key or script.key or ""
    table = read_csv(file, wanted={*script.parameters, *([key] if key else [])})
    columns = [name for name in table.names if name in script.parameters]
    given = tuple(name for name in _public(script) if name in sets or name in columns)
    notes = (*table.notes, *_unused_columns(script, table, sets, key))
    _check_columns(script, table, sets)
    if key and key not in table.names:
        known = ", ".join(repr(name) for name in table.names)
        raise WrongUsage(f"{file} has no column {key!r} to know its rows by; it has {known}")
    rows = tuple(_planned(script, table, sets, key))
    if key:
        _check_keys(table, rows, key)
    return RowPlan(script, file, rows, given, key, notes)


def _public(script: Script) -> Iterator[str]:
    return (name for name, parameter in script.parameters.items() if not parameter.secret)


def _planned(script: Script, table: CsvFile, sets: Mapping[str, str], key: str) -> Iterator[PlannedRow]:
    public = [*_public(script)]
    for row in table.rows:
        cells = {name: cell for name, cell in row.cells.items() if name in script.parameters}
        values, problem = {**sets, **cells}, ""
        try:
            values = bound(script, values)
        except Unbound as error:
            problem = str(error)
        known = {name: values[name] for name in public if name in values}
        words = RowWords(row=row.number, values=known, key=row.cells[key].strip() if key else "")
        yield PlannedRow(words, cells, problem)


def _check_columns(script: Script, table: CsvFile, sets: Mapping[str, str]) -> None:
    """Raise `Unbound` for what no row can mend: a secret's column, or a parameter that nothing gives."""
    if not set(table.names).intersection(script.parameters):
        there = ", ".join(script.parameters) or "none"
        raise Unbound(
            f"no column of {table.file} is a parameter of {script.name!r}: its first line says"
            f" {', '.join(repr(name) for name in table.names)}, and the script has {there}"
        )
    given = {*sets, *table.names}
    for name, parameter in script.parameters.items():
        if parameter.secret and name in given:
            raise Unbound(f"{name!r} is secret: its value comes from the secret of that name, not from {table.file}")
        if not parameter.secret and parameter.default is None and name not in given:
            raise Unbound(f"the parameter {name!r} needs a value: a column {name!r}, or --set {name}=…")


def _unused_columns(script: Script, table: CsvFile, sets: Mapping[str, str], key: str) -> Iterator[str]:
    """Say which columns are left out; raise `Unbound` for one that seems to be a parameter that nothing else gives."""
    unused = [name for name in table.names if name not in script.parameters and name != key]
    missing = [name for name in script.parameters if name not in table.names and name not in sets]
    for column in unused:
        spellings = {name.casefold(): name for name in missing}
        if near := difflib.get_close_matches(column.casefold(), spellings, n=1, cutoff=0.75):
            raise Unbound(
                f"{script.name!r} has no parameter {column!r}; did you mean {spellings[near[0]]!r}?"
                f" Rename the column, or remove it from {table.file}"
            )
    if named := [repr(name) for name in unused if name]:
        yield f"{table.file}: {'the column' if len(named) == 1 else 'the columns'} {', '.join(named)} will not be used"


def _check_keys(table: CsvFile, rows: Sequence[PlannedRow], key: str) -> None:
    keys = Counter(row.words.key for row in rows)
    for row in rows:
        if not row.words.key:
            raise BadFile(f"{table.file}, row {row.number} has nothing in the key column {key!r}")
        if keys[row.words.key] > 1:
            same = [str(other.number) for other in rows if other.words.key == row.words.key]
            raise BadFile(f"{table.file}: the key column {key!r} says {row.words.key!r} in the rows {', '.join(same)}")


def row_numbers(text: str, numbers: Iterable[int]) -> frozenset[int]:
    """Return which of `numbers` a text such as `7-30,33` names; raise `ValueError` if a part of it names none."""
    there = sorted(numbers)
    named: set[int] = set()
    for part in text.split(","):
        first, last = _range(part.strip())
        found = there[bisect_left(there, first) : bisect_right(there, last)]
        if not found:
            raise ValueError(f"there is no row {part.strip()}; there are {len(there)}, up to row {there[-1]}")
        named.update(found)
    return frozenset(named)


def _range(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{1,9})(?:\s*-\s*(\d{1,9}))?", text, re.ASCII)
    if found is None or int(found[1]) > int(found[2] or found[1]):
        raise ValueError(f"{text!r} does not name rows; write for example 7-30,33")
    return int(found[1]), int(found[2] or found[1])
