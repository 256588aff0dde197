"""Tables as they are seen: a line of headings, and the rows below it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from screenagent.geometry import PixelBox
from screenagent.perception.labels import Label
from screenagent.perception.rows import aligned
from screenagent.perception.similarity import likeness
from screenagent.scripts.reading.phrase import Table
from screenagent.scripts.reading.places import NoPlace, column_of
from screenagent.scripts.reading.written import WrittenScreen, in_row

FEWEST: Final = 2  # headings of a table that is not named by them
ENDS: Final = 1.8  # a step from row to row that is so many times as long as the one before ends the table
FIRST: Final = 5.0  # heights of a heading that the first row is below it at most
STEP: Final = 4.0  # the same for each other row

Line = Sequence[Label]


@dataclass(frozen=True)
class SeenTable:
    """The headings, and the texts of each row by the number of their heading."""

    heads: Sequence[str]
    rows: Sequence[Sequence[Line]]


def seen_table(wanted: Table, screen: WrittenScreen) -> SeenTable:
    """Return the table under these headings; `NoPlace` if there is none, or more than one."""
    lines = list(_lines(screen.pieces))
    fitting = [number for number, line in enumerate(lines) if _heads(wanted.heads, line)]
    found = [(number, rows) for number in fitting if (rows := list(_body(lines[number], lines[number + 1 :])))]
    names = ", ".join(f"“{head}”" for head in wanted.heads)
    if not found:
        raise NoPlace(f"no rows are seen under {names}" if names else "no headings with rows below them are seen")
    if wanted.heads and len(found) > 1:
        raise NoPlace(f"{names} heads {len(found)} tables; name more of the headings of the one that is meant")
    number, rows = max(found, key=lambda one: (len(one[1]), -one[0]))
    return SeenTable(_distinct([head.text for head in lines[number]]), rows)


def _heads(names: Sequence[str], line: Line) -> bool:
    """Whether these are among the headings of a line; of a line alone, whether it may head a table."""
    if not names:
        return len(line) >= FEWEST and not any(any(map(str.isdigit, head.text)) for head in line)
    return all(any(likeness(name, head.text) > 0 for head in line) for name in names)


def _lines(pieces: Sequence[Label]) -> Iterator[Line]:
    """Yield the texts of each line of the screen, from the left, the topmost line first."""
    rest = sorted(pieces, key=lambda piece: piece.rect.center_y)
    while rest:
        line = [piece for piece in rest if in_row(piece.rect, rest[0].rect)]
        yield sorted(line, key=lambda piece: piece.rect.left)
        rest = [piece for piece in rest if piece not in line]


def _body(head: Line, below: Sequence[Line]) -> Iterator[Sequence[Line]]:
    """Yield the rows below a heading, as far as they follow each other evenly and stand in its columns."""
    heads = [one.rect for one in head]
    left, right = heads[0].left - heads[0].width, heads[-1].right + heads[-1].width
    rows = [line for line in ([one for one in line if left < one.rect.center_x < right] for line in below) if line]
    middles = [_middle([rect]) for rect in heads[:1]] + [_middle([one.rect for one in row]) for row in rows]
    steps = [other - one for one, other in pairwise(middles)]
    height = max(rect.height for rect in heads)
    for number, (row, step) in enumerate(zip(rows, steps, strict=True)):
        longest = FIRST * height if number == 0 else min(STEP * height, max(ENDS * steps[1], ENDS * height))
        cells = _cells(row, heads)
        if step > longest or cells is None:
            return
        yield cells


def _cells(row: Line, heads: Sequence[PixelBox]) -> Sequence[Line] | None:
    """Return the texts of a row under each heading; None if it is no row of that table."""
    cells: list[list[Label]] = [[] for _ in heads]
    for piece in row:
        cells[column_of(piece.rect, heads)].append(piece)
    fitting = [cell and aligned(cell[0].rect, head) for cell, head in zip(cells, heads, strict=True)]
    return cells if any(fitting) and sum(map(bool, cells)) >= min(FEWEST, len(heads)) else None


def _middle(rects: Sequence[PixelBox]) -> float:
    return sum(rect.center_y for rect in rects) / len(rects)


def _distinct(names: Sequence[str]) -> list[str]:
    """Return the headings; the second of one name is called “Amount 2”."""
    return [
        f"{name} {names[:number].count(name) + 1}" if name in names[:number] else name
        for number, name in enumerate(names)
    ]
