"""Crops of the screen: which part a model is shown, and at what size."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final, Literal

from PIL import Image

from screenagent.geometry import WHOLE, Box, Point, Size
from screenagent.screenshot import Screenshot

CropMode = Literal["auto", "full", "window", "region", "tiles"]

NATIVE: Final = Size(width=1280, height=720)
"""The largest screen that 3,600 patches of 16 pixels show pixel for pixel."""
PATCH: Final = 16
OVERLAP: Final = 0.25
"""The fraction of a tile that its neighbour also shows, so that a control cut by one tile is whole in the next."""


def fits(size: Size, patches: int) -> bool:
    """Return whether a model that takes `patches` sees every pixel of a picture of this size."""
    return size.width * size.height <= patches * PATCH**2


def enlargement(size: Size, patches: int) -> int:
    """Return the largest whole factor by which this size can be enlarged within `patches`; at least 1."""
    return max(1, math.isqrt(patches * PATCH**2 // (size.width * size.height)))


def longest_side(patches: int) -> int:
    """Return the longer side of a picture of `patches` that is twice as wide as it is high."""
    return math.isqrt(2 * patches * PATCH**2)


def region(point: Point, size: Size, *, of: Size = NATIVE) -> Box:
    """Return the box of size `of` around `point` on a screen of `size`, moved inside if it crosses an edge."""
    width, height = min(of.width, size.width), min(of.height, size.height)
    left = min(max(round(point.x * size.width - width / 2), 0), size.width - width)
    top = min(max(round(point.y * size.height - height / 2), 0), size.height - height)
    return Box.of_pixels((left, top, left + width, top + height), size)


def tiles(size: Size) -> Iterator[Box]:
    """Yield overlapping boxes of `NATIVE` size that cover a screen, in reading order."""
    for top in _starts(size.height, NATIVE.height):
        for left in _starts(size.width, NATIVE.width):
            yield Box.of_pixels((left, top, left + NATIVE.width, top + NATIVE.height), size)


def _starts(length: int, tile: int) -> list[int]:
    if length <= tile:
        return [0]
    count = math.ceil((length - tile * OVERLAP) / (tile * (1 - OVERLAP)))
    return [round(number * (length - tile) / (count - 1)) for number in range(count)]


def cropped(
    screenshot: Screenshot,
    *,
    patches: int,
    part: Box = WHOLE,
    multiple: int = PATCH,
    enlarge: int = 1,
    longest: int | None = None,
) -> Screenshot:
    """Return `part` of the screen as a picture of at most `patches`, enlarged `enlarge` times if that fits.

    Its sides are multiples of `multiple`, so that the model's preprocessing does not resize it again, and none is
    longer than `longest`.
    """
    crop = part.pixels(screenshot.size)
    width, height = (crop[2] - crop[0]) * enlarge, (crop[3] - crop[1]) * enlarge
    within = longest / max(width, height) if longest else 1.0
    scale = min(1.0, within, math.sqrt(patches * PATCH**2 / (width * height)))
    size = _floor(width * scale, multiple), _floor(height * scale, multiple)
    if part == WHOLE and size == screenshot.pixels.size:
        return screenshot
    cut = screenshot.pixels.crop(crop)
    return Screenshot.of(cut if cut.size == size else cut.resize(size, Image.Resampling.BICUBIC))


def _floor(side: float, multiple: int) -> int:
    return max(multiple, int(side + 1e-6) // multiple * multiple)
