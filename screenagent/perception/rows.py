"""Rows of tables and lists, by sight: what stands between two rules, or beside one entry of a column."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import zip_longest
from typing import Final, NamedTuple

import numpy as np

from screenagent.geometry import PixelBox
from screenagent.perception.labels import Label, split_where
from screenagent.perception.ocr import PictureArray

APART: Final = 1.5  # letters between two words of one line from which on they are two texts
REACH: Final = 4.0  # of the entry's height: how far from it the rule is looked for that ends its row
ALONE: Final = 0.8  # of the entry's height: how far its row reaches where neither a rule nor another entry ends it
RULE: Final = 3  # of 255 in any channel: pixels above each other that differ by more may be a rule, or two grounds
ALONG: Final = 0.95  # the share of a rule's length along which they differ
GAP: Final = 5  # pixels of a rule of which one differs at least, since each column may have a rule of its own
STACKED: Final = 0.7  # of the distance to the next entry: lines that are so much closer belong to one entry


class TableRow(NamedTuple):
    """The part of the screen's height that a row takes."""

    top: float
    bottom: float

    def holds(self, rect: PixelBox) -> bool:
        return self.top <= rect.center_y <= self.bottom


def pieces(labels: Iterable[Label]) -> list[Label]:
    """Return the texts that stand alone: a line of a table is often read as one."""
    return [Label(run) for label in labels for run in split_where(_parted(label), label.words)]


def row_around(rect: PixelBox, picture: PictureArray, texts: Iterable[PixelBox]) -> TableRow:
    """Return the row that the entry at `rect` stands in. `texts` are what is written on the screen."""
    written = list(texts)
    column = sorted((text for text in written if aligned(text, rect)), key=lambda text: text.center_y)
    above = [text for text in reversed(column) if text.center_y < rect.top]
    below = [text for text in column if text.center_y > rect.bottom]
    near = rect.grown(0, REACH * rect.height)
    others = [text for text in written if near.top < text.center_y < near.bottom and text.shared_width(rect) <= 0]
    rules = _rules(rect, picture, others)
    over, under = _stacked(rect, above, below, rules), _stacked(rect, below, above, rules)
    first, last = [rect, *over][-1], [rect, *under][-1]
    reach = ALONE * rect.height
    tops = [line for line in rules if line <= first.center_y] + _halfway(first, above[len(over) :])
    bottoms = [line for line in rules if line >= last.center_y] + _halfway(last, below[len(under) :])
    return TableRow(max(tops, default=first.top - reach), min(bottoms, default=last.bottom + reach))


def _halfway(entry: PixelBox, others: Sequence[PixelBox]) -> list[float]:
    """Return what is as far from the entry as from the next one of its column."""
    return [(entry.center_y + other.center_y) / 2 for other in others[:1]]


def aligned(one: PixelBox, other: PixelBox) -> bool:
    """Return whether both stand in one column: they share some of it, and one of their edges or their middle."""
    near = 0.6 * min(one.height, other.height)
    edges = (one.left - other.left, one.right - other.right, one.center_x - other.center_x)
    return one.shared_width(other) > 0 and min(map(abs, edges)) < near


def _stacked(
    rect: PixelBox, these: Sequence[PixelBox], those: Sequence[PixelBox], rules: Sequence[float]
) -> list[PixelBox]:
    """Return the further lines of the entry at `rect` on one side of it, as an address under a name: they are closer to
    it than the next entry is to either."""
    found: list[PixelBox] = []
    behind = abs(those[0].center_y - rect.center_y) if those else 0.0
    for text, following in zip_longest(these, these[1:]):
        last = found[-1] if found else rect
        step = abs(text.center_y - last.center_y)
        ahead = abs(following.center_y - text.center_y) if following else 0.0
        low, high = sorted((last.center_y, text.center_y))
        if step > STACKED * max(behind, ahead) or any(low < rule < high for rule in rules):
            break
        found.append(text)
        behind = max(behind, ahead)
    return found


def _rules(rect: PixelBox, picture: PictureArray, others: Sequence[PixelBox]) -> list[float]:
    """Return where, above and below an entry, a line or another ground runs along all of it and as far as one of the
    other columns; what ends before them is a part of the entry, as a bar that shows a progress."""
    height, width = picture.shape[:2]
    reach = REACH * rect.height
    wide = PixelBox(rect.left - 2, rect.top - reach, rect.right + 2, rect.bottom + reach).clipped(width, height)
    left, top, right, bottom = wide.rounded
    part = picture[top:bottom, left:right].astype(np.int16)
    if part.shape[0] < 2 or part.shape[1] < 2:
        return []
    differs = np.abs(np.diff(part, axis=0)).max(axis=2) > RULE
    rows: list[int] = np.flatnonzero(differs.mean(axis=1) >= ALONG).tolist()
    return [float(row + 1) for row in (top + row for row in rows) if _reaches(row, rect, picture, others)]


def _reaches(row: int, rect: PixelBox, picture: PictureArray, others: Sequence[PixelBox]) -> bool:
    """Whether the rule below a row of pixels runs as far as one of the other columns, if there are any."""
    differs = np.abs(np.diff(picture[row : row + 2].astype(np.int16), axis=0)).max(axis=2)[0] > RULE
    gaps = np.flatnonzero(~np.convolve(differs, np.ones(GAP, bool), mode="same").astype(bool))
    left = max((int(gap) for gap in gaps if gap < rect.left), default=0)
    right = min((int(gap) for gap in gaps if gap > rect.right), default=len(differs))
    return not others or any(left < other.center_x < right for other in others)


def _parted(label: Label) -> Callable[[tuple[str, PixelBox], tuple[str, PixelBox]], bool]:
    letter = sum(rect.width for _, rect in label.words) / max(1, sum(len(text) for text, _ in label.words))
    return lambda one, other: other[1].left - one[1].right > APART * letter
