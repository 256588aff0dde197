"""Sliders by their picture: a handle that is higher than the groove that it moves in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from screenagent.geometry import PixelBox
from screenagent.perception.marks import SIDE, STANDS_OUT, far, grounds
from screenagent.perception.ocr import PictureArray
from screenagent.perception.pixels import connected_regions

SHORTEST: Final = 50  # pixels of a groove
THICKEST: Final = 0.8  # of the handle's height: the groove is less
HANDLE: Final = (0.4, 2.0)  # width to height of a handle


def handles_in(picture: PictureArray, region: PixelBox) -> Iterator[PixelBox]:
    """Yield the handle of each level slider in a part of the picture."""
    left, top, right, bottom = region.clipped(picture.shape[1], picture.shape[0]).rounded
    part = picture[top:bottom, left:right]
    if min(part.shape[:2]) < SIDE.start:
        return
    found: set[PixelBox] = set()
    for ground in grounds(part):
        numbers, bounds = connected_regions(far(part, ground) > STANDS_OUT, corners=True)
        for number, (x, y, width, height, _) in enumerate(bounds.tolist(), start=1):
            if height in SIDE and width >= max(SHORTEST, 3 * height):
                handle = _handle(numbers[y : y + height, x : x + width] == number)
                if handle is not None:
                    found.add(handle.moved(left + x, top + y))
    yield from found


def _handle(shape: npt.NDArray[np.bool_]) -> PixelBox | None:
    """The one part of a shape where it is high, if it is low on both sides of that, or on one."""
    height = shape.shape[0]
    rows = np.where(shape.any(axis=0), shape[::-1].argmax(axis=0), 0), shape.argmax(axis=0)
    highs = height - rows[0] - rows[1]
    groove = float(np.median(highs))
    high = np.flatnonzero(highs > max(groove + 2, (groove + height) / 2))
    if groove > THICKEST * height or not high.size or int(np.ptp(high)) + 1 != high.size:
        return None
    first, last = _spread(highs, groove, int(high[0]), int(high[-1]))
    if not HANDLE[0] <= (last - first) / height <= HANDLE[1]:
        return None
    return PixelBox(first, 0, last, height)


def _spread(highs: npt.NDArray[np.int64], groove: float, first: int, last: int) -> tuple[int, int]:
    """Return where the handle begins and ends: a round one is no higher than its groove at its ends."""
    while first > 0 and highs[first - 1] > groove:
        first -= 1
    while last + 1 < len(highs) and highs[last + 1] > groove:
        last += 1
    return first, last + 1
