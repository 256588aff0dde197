"""Cells of a spreadsheet by their name: where the letter of the column and the number of the row meet."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from statistics import median
from typing import Final, NamedTuple

from screenagent.geometry import PixelBox
from screenagent.perception.screen import ScreenContents

FEWEST: Final = 3  # numbers below each other, and letters beside each other, that make a sheet
_CELL: Final = re.compile(r"(?:the )?cell ([A-Z])(\d{1,4})", re.I)


class SheetMark(NamedTuple):
    """A letter of a column or a number of a row, as a number, and where it is read."""

    value: int
    rect: PixelBox


def cell_named(name: str, screen: ScreenContents) -> PixelBox | None:
    """Return where the cell of this name is seen: "cell C4". The letter of its column must be read; its row may be
    reckoned from other rows, which are all as high."""
    named = _CELL.fullmatch(name)
    if named is None:
        return None
    words = [word for label in screen.labels for word in label.words]
    numbers = [SheetMark(int(text), rect) for text, rect in words if text.isdigit()]
    letters = [SheetMark(ord(text), rect) for text, rect in words if re.fullmatch("[A-Z]", text)]
    rows = _longest(numbers, across=lambda rect: rect.center_x, along=lambda rect: rect.center_y)
    columns = _longest(letters, across=lambda rect: rect.center_y, along=lambda rect: rect.center_x)
    column = next((mark.rect for mark in columns if mark.value == ord(named[1].upper())), None)
    if column is None or len(rows) < FEWEST or column.center_y > rows[0].rect.center_y:
        return None
    height = median(_steps(rows))
    first = median(mark.rect.center_y - mark.value * height for mark in rows)
    y = first + int(named[2]) * height
    if not column.bottom < y < screen.size.height or column.center_x < rows[0].rect.right:
        return None
    return PixelBox(column.center_x - height, y - height / 3, column.center_x + height, y + height / 3)


def _longest(
    marks: Sequence[SheetMark], *, across: Callable[[PixelBox], float], along: Callable[[PixelBox], float]
) -> list[SheetMark]:
    """Return the longest run of marks in one line that grow as the line goes on; of two, the first."""
    best: list[SheetMark] = []
    for start in marks:
        line = [mark for mark in marks if abs(across(mark.rect) - across(start.rect)) < start.rect.height / 2]
        run: list[SheetMark] = []
        for mark in sorted(line, key=lambda mark: along(mark.rect)):
            if not run or mark.value > run[-1].value:
                run.append(mark)
        if len(run) >= FEWEST and _follows(run) and len(run) > len(best):
            best = run
    return best


def _follows(run: Sequence[SheetMark]) -> bool:
    """Whether most marks follow each other by one."""
    return sum(two.value - one.value == 1 for one, two in pairwise(run)) >= (len(run) - 1) / 2


def _steps(rows: Sequence[SheetMark]) -> list[float]:
    return [(two.rect.center_y - one.rect.center_y) / (two.value - one.value) for one, two in pairwise(rows)]
