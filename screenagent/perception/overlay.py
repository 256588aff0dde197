"""A dialog that lies in front of everything else in its window, by sight: all around it has been darkened."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from screenagent.geometry import PixelBox
from screenagent.perception.marks import Colour, commonest, far
from screenagent.perception.ocr import PictureArray
from screenagent.perception.pixels import connected_regions

COARSE: Final = 2  # every so many pixels are looked at; all other numbers are in what is left then
SMALLEST: Final = (80, 40)  # pixels: the width and height of a dialog at least
LARGEST: Final = 0.75  # of the picture: a larger part of one colour is no dialog
SHARE: Final = 0.02  # of the picture: what has one colour may be the ground of a dialog from this on
ALIKE: Final = 6  # of 255 in any channel: pixels that differ by no more have one colour
FILLED: Final = 0.5  # the share of a dialog that shows its ground
DARKENED: Final = 40  # of 255: what lies behind is darker than the dialog by more
SHADOW: Final = 12  # pixels around a dialog over which its shadow falls
BRIGHT: Final = 0.002  # the share of what lies behind that may be as bright as the dialog, as the mouse pointer is
AROUND: Final = 0.97  # the share of a side along which a dialog is seen to lie before something darker
WIDER: Final = 2.0  # how much larger than the dialog the part is that has been darkened, at least

Mask = npt.NDArray[np.bool_]


def dialog_in_front(picture: PictureArray) -> PixelBox | None:
    """Return where a dialog lies in front of a darkened window; None if there is none."""
    small = picture[::COARSE, ::COARSE]
    bright = small.max(axis=2)
    areas = (box for ground in _grounds(small) for box in _areas(small, ground))
    found = [box for box in areas if _is_in_front(small, bright, box)]
    smallest = min(found, key=lambda box: box.area, default=None)
    return PixelBox(*(COARSE * edge for edge in smallest)) if smallest else None


def _grounds(picture: PictureArray) -> Iterator[Colour]:
    """Yield the colours that enough of the picture has, to nearly the same value."""
    coarse = picture[::2, ::2].reshape(-1, 3).astype(np.int32)
    keys = (coarse[:, 0] >> 2) << 12 | (coarse[:, 1] >> 2) << 6 | coarse[:, 2] >> 2
    values, counts = np.unique(keys, return_counts=True)
    for key in values[counts >= SHARE * keys.size].tolist():
        yield np.asarray(np.median(coarse[keys == key], axis=0).astype(np.int16))


def _areas(picture: PictureArray, ground: Colour) -> Iterator[PixelBox]:
    """Yield the connected areas of a colour that have the size and the shape of a dialog."""
    same = far(picture, ground) <= ALIKE
    for x, y, width, height, area in connected_regions(same, corners=False).bounds.tolist():
        sized = width >= SMALLEST[0] and height >= SMALLEST[1] and width * height <= LARGEST * same.size
        if sized and area >= FILLED * width * height:
            yield PixelBox.at(x, y, width=width, height=height)


def _is_in_front(picture: PictureArray, bright: npt.NDArray[np.uint8], box: PixelBox) -> bool:
    """Whether what lies beside a box is darker than its ground, out to the ends of what has one colour there: on all
    sides of a dialog, on one side at least of a drawer."""
    height, width = bright.shape
    left, top, right, bottom = box.rounded
    level = int(np.median(bright[top:bottom, left:right])) - DARKENED
    outer = box.grown(SHADOW).clipped(width, height)
    sides = [side for side in _beside(box, bright.shape) if side.any() and _share(bright[side] <= level) >= AROUND]
    if level <= 0 or not sides:
        return False
    behind = _spread(far(picture, commonest(picture[sides[0]][None])) <= ALIKE, outer)
    if behind is None or behind.area < WIDER * box.area:
        return False
    around = _outside(outer, behind, bright.shape)
    return bool(around.any()) and _share(bright[around] > level) <= BRIGHT


def _share(mask: Mask) -> float:
    return float(mask.mean())


def _beside(box: PixelBox, shape: tuple[int, ...]) -> Iterator[Mask]:
    """Yield the strips along the four sides of a box, beyond its shadow."""
    for across, down in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        shadow = box.grown(SHADOW * abs(across), SHADOW * abs(down))
        yield _outside(shadow, shadow.moved(across * SHADOW / 2, down * SHADOW / 2), shape)


def _spread(same: Mask, outer: PixelBox) -> PixelBox | None:
    """Return the bounds of the largest connected area, if the dialog lies in it or at its edge."""
    bounds = connected_regions(same, corners=False).bounds
    areas = [(area, PixelBox.at(x, y, width=w, height=h)) for x, y, w, h, area in bounds.tolist()]
    _, largest = max(areas, key=lambda one: one[0], default=(0, None))
    return largest if largest and largest.grown(SHADOW).shared_area(outer) > 0 else None


def _outside(inner: PixelBox, outer: PixelBox, shape: tuple[int, ...]) -> Mask:
    """The pixels of one box that are not in another."""
    mask = np.zeros(shape[:2], bool)
    left, top, right, bottom = outer.clipped(shape[1], shape[0]).rounded
    mask[top:bottom, left:right] = True
    left, top, right, bottom = inner.clipped(shape[1], shape[0]).rounded
    mask[top:bottom, left:right] = False
    return mask
