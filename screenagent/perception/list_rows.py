"""Rows of a framed list of settings: a name at the left end of the frame, and at the right end what it is set to."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Final, NamedTuple

from screenagent.geometry import PixelBox

LONG: Final = 5  # heights of the row that it is wide at least
BEGINS: Final = 0.8  # heights of the row from its left end within which its name begins
GAP: Final = 3  # heights of a word between the name and what it is set to, at least
_NUMBER: Final = re.compile(r"(?!0$)[-+−]?\d+(?:[.,]\d+)?%?")  # an icon is read as a lone 0


class RowSetting(NamedTuple):
    """Where the name of a row is written, and where its value is; `number` if that is one that can be typed. `end` is
    what lies right of the value's text: an arrow, if it opens a list."""

    name: PixelBox
    value: PixelBox
    number: bool
    end: PixelBox


def row_setting(row: PixelBox, words: Iterable[tuple[str, PixelBox]]) -> RowSetting | None:
    """Return the parts of a framed row, if it has two that stand far apart."""
    inside = sorted((word for word in words if row.holds(*word[1].center)), key=lambda word: word[1].left)
    if row.width < LONG * row.height or not inside or inside[0][1].left - row.left > BEGINS * row.height:
        return None
    high = max(rect.height for _, rect in inside)
    apart = next((at for at, (one, other) in enumerate(pairwise(inside), 1) if _gap(one, other) > GAP * high), None)
    if apart is None:
        return None
    name, value = inside[:apart], inside[apart:]
    number = _NUMBER.fullmatch(value[0][0]) is not None
    told = [rect for text, rect in value if len(text) > 1]  # an arrow or another icon is read as a letter
    if not (told or number):
        return None
    written = value[0][1] if number else PixelBox.around_all(told)
    right = written.right + high / 2 if number else row.right
    part = PixelBox(written.left - high / 2, written.center_y - high, right, written.center_y + high)
    end = PixelBox(written.right, row.top, row.right, row.bottom)
    return RowSetting(PixelBox.around_all(rect for _, rect in name), part, number, end)


def _gap(one: tuple[str, PixelBox], other: tuple[str, PixelBox]) -> float:
    return other[1].left - one[1].right
