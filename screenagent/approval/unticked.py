"""The labels of check boxes, radio buttons and switches that are off: what such a label says does not happen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

from screenagent.geometry import Box, Size
from screenagent.perception.labels import TextLine, text_lines
from screenagent.perception.marks import marks_in
from screenagent.perception.ocr import PictureArray
from screenagent.screenshot import Screenshot, Word

WORD_GAP: Final = 1.0
REACH: Final = 2.5
"""How far left of its label a box to tick stands at most, in heights of a line."""
ROOM: Final = 0.6
"""How much higher and lower it may reach than a line, in heights of a line."""


def unticked_labels(words: Iterable[Word], screen: Screenshot | None) -> frozenset[Box]:
    """Return the boxes of the words that are labels of what is seen to be off."""
    if screen is None or screen.image is None:
        return frozenset()
    picture = np.asarray(screen.image)
    lines = (line for line in text_lines(words, gap=WORD_GAP) if _is_off(line, picture, screen.size))
    return frozenset(word.box for line in lines for word in line.words)


def _is_off(line: TextLine, picture: PictureArray, size: Size) -> bool:
    rect = line.box.exact_pixels(size)
    height = rect.bottom - rect.top
    room = rect._replace(
        left=rect.left - REACH * height,
        right=rect.left,
        top=rect.top - ROOM * height,
        bottom=rect.bottom + ROOM * height,
    )
    marks = marks_in(picture, room, ())
    return bool(marks) and all(mark.state == "unchecked" for mark in marks)
