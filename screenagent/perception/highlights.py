"""Whether a row, a tab or a button is highlighted: what it stands on has another colour than what is around it."""

from __future__ import annotations

from typing import Final

import numpy as np

from screenagent.geometry import PixelBox
from screenagent.perception.marks import COLOUR, Colour, commonest, far
from screenagent.perception.ocr import PictureArray

HIGHLIGHT: Final = 24  # of 255 in any channel: less is a row that the mouse is over, or every second row
ALIKE: Final = 6
ROUND_ABOUT: Final = 10  # heights of the row: how far its list is looked at
NEAR: Final = 2.5  # heights of the row: how far the rows above and below it are looked at first
NEXT, GAP = 1.1, 0.3  # heights of the row beyond it, where the next row ends and begins
ELSEWHERE: Final = 0.1  # the share of these from which on other rows have the colour of this one
GROUND: Final = 0.3  # the share of its surroundings that the ground of a list has at least


def is_highlighted(picture: PictureArray, rect: PixelBox) -> bool | None:
    """Return whether the row whose text is in `rect` stands out from its list; None if no ground is to be seen."""
    row = _part(picture, rect.grown(4, 1))
    if min(row.shape[:2]) < 2:
        return None
    own, near = commonest(row), _beside(picture, rect, NEAR)
    if len(near) < 2:
        return _stands_out(picture, rect, own)
    if any(_is_alike(own, commonest(part)) for part in (np.concatenate(near), *near)):
        return int(np.ptp(own)) > COLOUR and _stands_out(picture, rect, own)
    if float((far(np.concatenate(near), own) <= ALIKE).mean()) > ELSEWHERE:
        return _stands_out(picture, rect, own)
    sides = _beside(picture, rect, NEXT, gap=-GAP)
    of_list = [side for side in sides if not _is_bordered(side, own)] or sides
    contrasts = {int(np.abs(own - commonest(side)).max()) > HIGHLIGHT for side in of_list}
    return contrasts.pop() if len(contrasts) == 1 else None


def _is_bordered(side: PictureArray, own: Colour) -> bool:
    """Whether a line parts a row from what is beside it, which belongs to no list with it then."""
    ground = commonest(side)
    lines = [row for row in side if int(np.ptp(row, axis=0).max()) <= ALIKE]
    return any(min(int(np.abs(line[0] - own).max()), int(np.abs(line[0] - ground).max())) > HIGHLIGHT for line in lines)


def _beside(picture: PictureArray, rect: PixelBox, heights: float, *, gap: float = GAP) -> list[PictureArray]:
    """What is above and below a row, a little wider than its text, as far as so many heights of it."""
    reach, gap = heights * rect.height, gap * rect.height
    right = rect.right + rect.height
    above = PixelBox(rect.left, rect.top - reach, right, rect.top - gap)
    below = PixelBox(rect.left, rect.bottom + gap, right, rect.bottom + reach)
    parts = (_part(picture, above), _part(picture, below))
    return [part for part in parts if min(part.shape[:2]) > 2]


def _stands_out(picture: PictureArray, rect: PixelBox, own: Colour) -> bool | None:
    """Whether a row has another colour than most of what is around it, and right of it."""
    reach = ROUND_ABOUT * rect.height
    around = _part(picture, PixelBox(rect.left, rect.top - reach, rect.right + reach, rect.bottom + reach))
    ground = commonest(around)
    if float((far(around, ground) <= ALIKE).mean()) < GROUND:
        return None
    return int(np.abs(own - ground).max()) > HIGHLIGHT


def _is_alike(one: Colour, other: Colour) -> bool:
    return int(np.abs(one - other).max()) <= ALIKE


def _part(picture: PictureArray, rect: PixelBox) -> PictureArray:
    left, top, right, bottom = rect.clipped(picture.shape[1], picture.shape[0]).rounded
    return picture[top:bottom, left:right]
