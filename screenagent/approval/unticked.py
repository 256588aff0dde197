"""The labels of check boxes, radio buttons and switches that are off: what such a label says does not happen."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Final

import numpy as np

from screenagent.geometry import Box, PixelBox, Size
from screenagent.perception.labels import TextLine, text_lines
from screenagent.perception.marks import STANDS_OUT, marks_in
from screenagent.perception.ocr import PictureArray
from screenagent.screenshot import Screenshot, Word

WORD_GAP: Final = 1.0
REACH: Final = 2.5
"""How far left of its label a box to tick stands at most, in heights of a line."""
MOST: Final = 25
"""Lines that are looked at closely: a window in which more have something left of them is no form with a few boxes."""
ROOM: Final = 0.6
"""How much higher and lower it may reach than a line, in heights of a line."""


def unticked_labels(words: Iterable[Word], screen: Screenshot | None) -> frozenset[Box]:
    """Return the boxes of the words that are labels of what is seen to be off."""
    if screen is None or screen.image is None:
        return frozenset()
    picture = np.asarray(screen.image)
    rooms = ((line, _room(line, screen.size)) for line in text_lines(words, gap=WORD_GAP))
    looked_at = islice((each for each in rooms if _shows_anything(picture, each[1])), MOST)
    return frozenset(word.box for line, room in looked_at if _is_off(picture, room) for word in line.words)


def _room(line: TextLine, size: Size) -> PixelBox:
    """Where a box to tick would stand whose label is the line."""
    rect = line.box.exact_pixels(size)
    height = rect.bottom - rect.top
    left, top = rect.left - REACH * height, rect.top - ROOM * height
    return PixelBox(left, top, rect.left, rect.bottom + ROOM * height).clipped(size.width, size.height)


def _is_off(picture: PictureArray, room: PixelBox) -> bool:
    marks = marks_in(picture, room, ())
    return bool(marks) and all(mark.state == "unchecked" for mark in marks)


def _shows_anything(picture: PictureArray, room: PixelBox) -> bool:
    """Whether the part has more than one colour in the middle of its height, where a box to tick has its sides."""
    left, top, right, bottom = room.rounded
    row = picture[(top + bottom) // 2, left:right]
    return row.size > 0 and int(np.ptp(row, axis=0).max()) > STANDS_OUT
