"""Tables that a script goes through row by row."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

Row = Mapping[str, str]


def rows_of(name: str, folder: Path | None) -> Iterator[Row]:
    """The rows of a CSV file, from the script's folder; `ValueError` or `OSError` if it is none."""
    with (folder or Path()).joinpath(name).open(encoding="utf-8-sig", newline="") as lines:
        yield from csv.DictReader(lines, strict=True)
