"""Tables that a script goes through row by row."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from screenagent.files import read_whole

Row = Mapping[str, str]


def table_rows(name: str, folder: Path | None) -> Sequence[Row]:
    """The rows of a CSV file, from the script's folder; `ValueError` or `OSError` if it is none."""
    text = read_whole((folder or Path()) / name).decode("utf-8-sig")
    try:
        return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise ValueError(f"it is no CSV file: {error}") from error
