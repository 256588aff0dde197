"""The area of the document, and the parts of it that people name: its middle, its lower right corner."""

from __future__ import annotations

from typing import Final

from screenagent.geometry import PixelBox
from screenagent.grounding.phrase import Phrase
from screenagent.perception.screen import ScreenContents
from screenagent.perception.similarity import likeness

PART: Final = 0.2
"""How large a corner or an edge is, as a part of the area: its middle is what is pointed at."""


def document_part(phrase: Phrase, screen: ScreenContents) -> PixelBox | None:
    """Return where the document or the named side of it is seen; None if a label bears that name."""
    area = screen.document
    if area is None or any(likeness(phrase.name, label.text) > 0 for label in screen.labels):
        return None
    if not phrase.sides:
        return area
    across = _shift(phrase, "left", "right") * (1 - PART) / 2 * area.width
    down = _shift(phrase, "top", "bottom") * (1 - PART) / 2 * area.height
    wide, high = PART * area.width / 2, PART * area.height / 2
    x, y = area.center_x + across, area.center_y + down
    return PixelBox(x - wide, y - high, x + wide, y + high)


def _shift(phrase: Phrase, low: str, high: str) -> int:
    return (high in phrase.sides) - (low in phrase.sides)
