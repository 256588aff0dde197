"""Whether a row, a tab or a button is highlighted: what it stands on has another colour than what is around it."""

from __future__ import annotations

from typing import Final

import numpy as np

from screenagent.geometry import PixelBox
from screenagent.perception.marks import commonest, far
from screenagent.perception.ocr import PictureArray

HIGHLIGHT: Final = 24  # of 255 in any channel: less is a row that the mouse is over, or every second row
ALIKE: Final = 6
ROUND_ABOUT: Final = 10  # heights of the row: how far its list is looked at
GROUND: Final = 0.3  # the share of its surroundings that the ground of a list has at least


def is_highlighted(picture: PictureArray, rect: PixelBox) -> bool | None:
    """Return whether the row whose text is in `rect` stands out from its list; None if no ground is to be seen."""
    reach = ROUND_ABOUT * rect.height
    list_rect = PixelBox(rect.left, rect.top - reach, rect.right + reach, rect.bottom + reach)
    around, row = _part(picture, list_rect), _part(picture, rect.grown(4, 1))
    if min(around.shape[:2]) < 2 or min(row.shape[:2]) < 2:
        return None
    ground, own = commonest(around), commonest(row)
    if float((far(around, ground) <= ALIKE).mean()) < GROUND:
        return None
    return int(np.abs(own - ground).max()) > HIGHLIGHT


def _part(picture: PictureArray, rect: PixelBox) -> PictureArray:
    left, top, right, bottom = rect.clipped(picture.shape[1], picture.shape[0]).rounded
    return picture[top:bottom, left:right]
