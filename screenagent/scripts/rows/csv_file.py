"""A CSV file as spreadsheets write it: its encoding and its delimiter are found out by looking at it."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Final

from screenagent.errors import BadFile
from screenagent.files import read_whole

DELIMITERS: Final = (",", ";", "\t", "|")
LARGEST: Final = 64_000_000
"""Bytes of a CSV file that is read."""

_MARKS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_SAID: Final = re.compile(r"sep=(.)(?:\r\n|\r|\n)")
"""The first line that Excel writes, and reads, to say what the delimiter is."""


@dataclass(frozen=True)
class CsvRow:
    """`number` counts the rows below the header from 1; `line` is where the row ends in the file."""

    number: int
    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class CsvFile:
    """The columns and the rows of a file; `notes` are what the user should know about how it was read."""

    file: Path
    names: tuple[str, ...]
    rows: tuple[CsvRow, ...]
    notes: tuple[str, ...] = ()


def read_csv(file: Path, *, wanted: Collection[str] | None = None) -> CsvFile:
    """Read the `wanted` columns of `file`, as far as it has them, by default all; raise `BadFile` if it is not a CSV
    file."""
    text, notes = _decoded(file)
    said = _SAID.match(text)
    body = text[said.end() :] if said else text
    delimiter = said[1] if said else _delimiter(body, wanted or ())
    records = _records(file, body, delimiter)
    _, header = next(records, (0, []))
    names = tuple(name.strip() for name in header)
    if not any(names):
        raise BadFile(f"{file} is empty; its first line names the parameters")
    wanted = names if wanted is None else wanted
    _check_header(file, names, wanted)
    found = list(_rows(file, names, records, wanted))
    rows = tuple(row for row in found if row is not None)
    if not rows:
        raise BadFile(f"{file} has no rows; its first line names the parameters")
    if empty := len(found) - len(rows):
        notes.append(f"{file}: {_rows_of(empty)} nothing in any column, and will not be played")
    return CsvFile(file, names, rows, tuple(notes))


def _rows_of(count: int) -> str:
    return "1 row has" if count == 1 else f"{count} rows have"


def _decoded(file: Path) -> tuple[str, list[str]]:
    content = read_whole(file, most=LARGEST)
    encoding = next((encoding for mark, encoding in _MARKS if content.startswith(mark)), "utf-8")
    notes = []
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding != "utf-8":
            raise BadFile(f"{file} is not {encoding.upper()}, though it begins as such: {error.reason}") from error
        text = _western(file, content)
        notes.append(f"{file} is not UTF-8, so it was read as Windows-1252; save it as UTF-8 if letters are wrong")
    if "\0" in text:
        raise BadFile(f"{file} is not a CSV file in UTF-8: there are NUL characters in it; save it as CSV UTF-8")
    return text, notes


def _western(file: Path, content: bytes) -> str:
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError as error:
        raise BadFile(f"{file} is neither UTF-8 nor Windows-1252; save it as CSV UTF-8") from error


def _delimiter(text: str, wanted: Collection[str]) -> str:
    """Return the delimiter that makes the first line name most of what is `wanted`, and then most columns."""
    return max(DELIMITERS, key=lambda delimiter: _likeness(text, delimiter, wanted))


def _likeness(text: str, delimiter: str, wanted: Collection[str]) -> tuple[int, int]:
    try:
        header = next(csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True), [])
    except csv.Error:
        return -1, 0
    return len({name.strip() for name in header}.intersection(wanted)), len(header)


def _records(file: Path, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the records that are not blank lines, with the line that each ends in."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for record in reader:
            if record:
                yield reader.line_num, record
    except csv.Error as error:
        raise BadFile(f"{file}, line {reader.line_num} is not CSV: {error}") from error


def _check_header(file: Path, names: tuple[str, ...], wanted: Collection[str]) -> None:
    twice = next((name for name in names if name in wanted and names.count(name) > 1), None)
    if twice is not None:
        raise BadFile(f"{file} has the column {twice!r} twice; remove one of them")


def _rows(
    file: Path, names: tuple[str, ...], records: Iterator[tuple[int, list[str]]], wanted: Collection[str]
) -> Iterator[CsvRow | None]:
    """Yield every row, and None for one that has nothing in any column."""
    columns = [(at, name) for at, name in enumerate(names) if name in wanted]
    for number, (line, record) in enumerate(records, start=1):
        if len(record) < len(names) or any(record[len(names) :]):
            raise BadFile(
                f"{file}, row {number} (line {line}) has {len(record)} fields, but the first line names {len(names)}"
            )
        yield CsvRow(number, line, {name: record[at] for at, name in columns}) if any(record) else None
