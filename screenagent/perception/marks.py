"""What can be ticked or switched, by its picture: check boxes, radio buttons and switches, and whether each is on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from screenagent.geometry import PixelBox
from screenagent.perception.controls import straight_sides
from screenagent.perception.ocr import PictureArray
from screenagent.perception.pixels import connected_regions, enclosed
from screenagent.perception.roles import Role
from screenagent.screenshot import ElementState

SIDE: Final = range(10, 45)  # the height of what can be ticked, in pixels
SQUARE: Final = (0.85, 1.18)  # width to height of a box or a disc
BOX, DISC = 0.9, 0.72  # the share of its bounds that a box, be it rounded, fills at least, and that a disc fills
PILL: Final = (1.4, 2.8)  # and of a switch
STANDS_OUT: Final = 12  # of 255 in any channel: more than this is no longer the ground
INK: Final = 20  # of 255 in any channel: a mark differs from what it is drawn on by more
COLOUR: Final = 60  # where the strongest channel leads the weakest by more, it is no grey
MIDDLE: Final = 0.34  # of its side: the radius around the middle in which a mark is drawn
LARGE: Final = 0.05  # of a part: what has one colour there may be the ground of marks
MARKED, BARE = 0.08, 0.03  # the share of the middle that a mark covers at least, and that a bare one has at most

Colour = npt.NDArray[np.int16]
Mask = npt.NDArray[np.bool_]


class Mark(NamedTuple):
    """A check box, radio button or switch; `state` is None where its picture does not tell."""

    role: Role
    rect: PixelBox
    state: ElementState | None


def marks_in(picture: PictureArray, region: PixelBox, words: Sequence[PixelBox]) -> list[Mark]:
    """Return the marks that stand in a part of the picture, but for what belongs to `words`."""
    left, top, right, bottom = region.clipped(picture.shape[1], picture.shape[0]).rounded
    part = picture[top:bottom, left:right]
    if min(part.shape[:2]) < SIDE.start:
        return []
    found: dict[PixelBox, Mark] = {}
    for ground in grounds(part):
        for role, rect in _shapes(part, ground):
            placed = rect.moved(left, top)
            if not any(_is_letter(placed, word) for word in words):
                found.setdefault(placed, Mark(role, placed, mark_state(picture, placed)))
    return [mark for mark in found.values() if not any(_is_within(mark.rect, other) for other in found)]


def _shapes(part: PictureArray, ground: Colour) -> Iterator[tuple[Role, PixelBox]]:
    """What has the shape of a mark on this ground."""
    numbers, bounds = connected_regions(far(part, ground) > STANDS_OUT, corners=True)
    for number, (x, y, width, height, _) in enumerate(bounds.tolist(), start=1):
        if height in SIDE and SQUARE[0] * height <= width <= PILL[1] * height:
            filled = enclosed(numbers[y : y + height, x : x + width] == number)
            if (role := _role(filled)) is not None:
                yield role, PixelBox.at(x, y, width=width, height=height)


def mark_state(picture: PictureArray, rect: PixelBox) -> ElementState | None:
    """Return whether the check box, radio button or switch in `rect` is on; None where that is not to be seen."""
    left, top, right, bottom = rect.clipped(picture.shape[1], picture.shape[0]).rounded
    part = picture[top:bottom, left:right]
    if part.shape[0] not in SIDE or not SQUARE[0] <= part.shape[1] / part.shape[0] <= PILL[1]:
        return None
    return _switch_state(part) if rect.width >= PILL[0] * rect.height else _tick_state(part)


def _is_within(rect: PixelBox, other: PixelBox) -> bool:
    """Whether it is the dot of a radio button, or the knob of a switch."""
    return rect.area < other.area and other.holds(*rect.center)


def _is_letter(rect: PixelBox, word: PixelBox) -> bool:
    return word.grown(1).shared_area(rect) > 0.4 * min(rect.area, word.area)


def _role(filled: Mask) -> Role | None:
    height, width = filled.shape
    ratio, share = width / height, float(filled.mean())
    if SQUARE[0] <= ratio <= SQUARE[1]:
        if share > BOX:
            return "checkbox" if all(straight_sides(filled)) else None
        corners = (filled[0, 0], filled[0, -1], filled[-1, 0], filled[-1, -1])
        return "radio" if share > DISC and not any(corners) else None
    if PILL[0] <= ratio <= PILL[1] and share > 0.72:
        return "switch" if not filled[:2, :2].any() or share < 0.95 else None
    return None


def _tick_state(part: PictureArray) -> ElementState | None:
    height, width = part.shape[:2]
    y, x = np.ogrid[:height, :width]
    middle = np.hypot(x - (width - 1) / 2, y - (height - 1) / 2) <= MIDDLE * min(height, width)
    ground = np.median(part[middle], axis=0).astype(np.int16)
    ink = middle & (far(part, ground) > INK)
    share = float(ink.sum() / middle.sum())
    if share < BARE:
        return "checked" if int(np.ptp(ground)) > COLOUR else "unchecked"
    if share < MARKED:
        return None
    return "mixed" if _is_dash(ink, height) else "checked"


def _is_dash(ink: Mask, height: int) -> bool:
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    high, wide = int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1
    return high <= 0.25 * height and wide >= 2 * high


def _switch_state(part: PictureArray) -> ElementState | None:
    """The knob stands left or right: it is what is higher than its track, or the smaller of two colours."""
    height, width = part.shape[:2]
    reach = max(2, round(0.2 * height))
    middle, columns = height // 2, (height // 2, width - 1 - height // 2)
    left, right_end = (part[middle - reach : middle + reach + 1, x - reach : x + reach + 1] for x in columns)
    colours = [commonest(left), commonest(right_end)]
    apart = int(np.abs(colours[0] - colours[1]).max())
    if apart <= STANDS_OUT:
        return None
    shape = enclosed(far(part, part[0, 0].astype(np.int16)) > STANDS_OUT)
    highs = [int(shape[:, x].sum()) for x in columns]
    covers = [int((shape & (far(part, colour) <= apart // 3)).sum()) for colour in colours]
    if min(highs) < 0.75 * max(highs):
        right = highs[1] > highs[0]
    elif min(covers) < 0.9 * max(covers):
        right = covers[1] < covers[0]
    else:
        return None
    if not right and int(np.ptp(colours[1])) > 1.5 * COLOUR:
        return None  # a strong colour says that it is on, and the knob that it is off
    return "checked" if right else "unchecked"


def grounds(part: PictureArray) -> list[Colour]:
    """Return the colours that large parts of it have: a panel may lie on a page, and a window on a desktop."""
    keys, counts = np.unique(_keys(part), return_counts=True)
    common = [key for count, key in sorted(zip(counts.tolist(), keys.tolist(), strict=True), reverse=True)]
    large = [key for key in common[:4] if (_keys(part) == key).mean() >= LARGE]
    return [_colour(part, key) for key in large or common[:1]]


def commonest(part: PictureArray) -> Colour:
    """Return the colour that most of the part has."""
    keys, counts = np.unique(_keys(part), return_counts=True)
    return _colour(part, int(keys[np.argmax(counts)]))


def _colour(part: PictureArray, key: int) -> Colour:
    return np.asarray(np.median(part[_keys(part) == key], axis=0).astype(np.int16))


def _keys(part: PictureArray) -> npt.NDArray[np.int32]:
    """A number for each pixel; pixels of nearly the same colour have the same."""
    red, green, blue = (part[..., channel].astype(np.int32) >> 2 for channel in range(3))
    return np.asarray(red << 12 | green << 6 | blue)


def far(part: PictureArray, colour: Colour) -> Colour:
    """Return how much each pixel differs from a colour, in the channel where it differs most."""
    return np.asarray(np.abs(part.astype(np.int16) - colour).max(axis=2))
