"""Frames of the display, and the patches in which two of them differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from screenagent.geometry import Box, Display
from screenagent.perception.incidental import tiled
from screenagent.perception.pixels import connected_regions

ScreenFrame = NDArray[np.uint32]
"""The pixels of a display, each one number (BGRX); its shape is (height, width)."""

TILE: Final = 8  # changes in neighbouring tiles are one patch
MAX_PATCHES: Final = 64  # more of them are one big change
CARET_WIDTH: Final = 3
CARET_HEIGHT: Final = range(6, 81)
SMALL: Final = 1 / 40  # of the screen: a wide button, a row of a list
NEAR: Final = 8
AROUND: Final = 20  # what is within one part in so many of the screen, to each side of the mouse, is around it


@dataclass(frozen=True, eq=False)
class CapturedFrame:
    """One capture of a display: its pixels, the display as it was then, and the boxes that our own windows covered.

    `at` is when the capture began.
    """

    pixels: ScreenFrame
    display: Display
    covered: tuple[Box, ...] = ()
    at: float = 0.0


class MonitorPlace(NamedTuple):
    """Where a monitor is in the input space, by the name that the system shows.

    `scale` is how many of its pixels one unit of the input space is, where the system tells it.
    """

    name: str
    left: int
    top: int
    width: int
    height: int
    scale: float = 1.0


class FramePoint(NamedTuple):
    x: int
    y: int


class Patch(NamedTuple):
    """A rectangle of pixels in which something changed; right and bottom are beyond its last pixel."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def is_caret(self) -> bool:
        return self.width <= CARET_WIDTH and self.height in CARET_HEIGHT

    def is_small(self, frame: ScreenFrame) -> bool:
        return self.width * self.height <= frame.size * SMALL

    def grown(self, x: int, y: int) -> Patch:
        return Patch(self.left - x, self.top - y, self.right + x, self.bottom + y)

    def moved(self, x: int, y: int) -> Patch:
        return Patch(self.left + x, self.top + y, self.right + x, self.bottom + y)

    def joined(self, other: Patch) -> Patch:
        """Return the smallest patch that holds both."""
        return Patch(*map(min, self[:2], other[:2]), *map(max, self[2:], other[2:]))

    def holds(self, other: Patch) -> bool:
        return self.joined(other) == self

    def overlaps(self, other: Patch) -> bool:
        across = min(self.right, other.right) > max(self.left, other.left)
        return across and min(self.bottom, other.bottom) > max(self.top, other.top)

    def near(self, place: FramePoint) -> bool:
        grown = self.grown(NEAR, NEAR)
        return grown.left <= place.x < grown.right and grown.top <= place.y < grown.bottom

    def is_around(self, place: FramePoint, frame: ScreenFrame) -> bool:
        """Return whether it is so close to a place of the mouse that it may be a part of what the mouse is over."""
        height, width = frame.shape
        point = Patch(place.x, place.y, place.x + 1, place.y + 1)
        return point.grown(width // AROUND, height // AROUND).overlaps(self)


def changed_patches(before: ScreenFrame, after: ScreenFrame) -> list[Patch]:
    """Return where two frames differ, with neighbouring differences joined."""
    if before.shape != after.shape:
        return [Patch(0, 0, after.shape[1], after.shape[0])]
    different = before != after
    tiles = tiled(different, TILE)
    if not tiles.any():
        return []
    bounds = connected_regions(tiles, corners=True).bounds
    if len(bounds) > MAX_PATCHES:
        return [_tight(different, Patch(0, 0, different.shape[1], different.shape[0]))]
    return [
        _tight(different, Patch(left * TILE, top * TILE, (left + width) * TILE, (top + height) * TILE))
        for left, top, width, height, _ in bounds.tolist()
    ]


def _tight(different: NDArray[np.bool_], around: Patch) -> Patch:
    part = different[max(0, around.top) : around.bottom, max(0, around.left) : around.right]
    rows, columns = np.flatnonzero(part.any(axis=1)).tolist(), np.flatnonzero(part.any(axis=0)).tolist()
    return Patch(columns[0], rows[0], columns[-1] + 1, rows[-1] + 1).moved(around.left, around.top)
