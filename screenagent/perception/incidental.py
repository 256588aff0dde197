"""Changes that come with any click and are no effect of it: a focus ring, a caret, a browser's bubble for a link."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from screenagent.geometry import PixelBox, Size

Mask = npt.NDArray[np.bool_]  # (height, width): the pixels that differ between two pictures
RGB = npt.NDArray[np.uint8]  # (height, width, 3)

TILE: Final = 8  # changes in neighbouring tiles are one
FINE_TILE: Final = 4  # two rings side by side are told apart
SPECK: Final = 8  # pixels that differ: a rounded corner drawn anew, which nobody sees
CARET: Final = Size(width=3, height=40)  # a change no larger than this, in pixels, may be a blinking caret
RING: Final = 6  # pixels that a focus ring and the gap beside it take of a control's edge
RING_AT_LEAST: Final = Size(width=18, height=16)
RING_SHARE: Final = 0.35  # of each edge; a dotted ring has half of them
CORNER: Final = 2  # a bubble lies in its window's corner to the pixel; a status line's text has a margin
BUBBLE_HEIGHT: Final = range(14, 45)
BUBBLE_WIDTH: Final = 2 / 3  # of the window
CENTRED: Final = 0.25  # a button's text has the same room on both sides, within this share of it
EVEN: Final = 8  # of 255: what differs by less is one line
INK: Final = 40  # of 255: what differs so much from its ground is drawn on it


class Region(NamedTuple):
    """A rectangle of whole pixels; right and bottom are beyond its last pixel."""

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
    def slices(self) -> tuple[slice, slice]:
        """The rows and columns of an array of pixels."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def shrunk(self, by: int) -> Region:
        return Region(self.left + by, self.top + by, self.right - by, self.bottom - by)

    def holds(self, x: int, y: int) -> bool:
        return self.left <= x < self.right and self.top <= y < self.bottom


def differing(before: RGB, after: RGB) -> Mask:
    """Return which pixels of two pictures of one size differ; rows that are alike cost next to nothing."""
    channels = before != after
    mask: Mask = np.zeros(channels.shape[:2], np.bool_)
    rows = np.flatnonzero(channels.reshape(len(channels), -1).any(axis=1))
    if rows.size:
        part = slice(int(rows[0]), int(rows[-1]) + 1)
        red, green, blue = (channels[part, :, channel] for channel in range(3))
        mask[part] = red | green | blue
    return mask


def regions(mask: Mask, tile: int = TILE) -> list[Region]:
    """Return the rectangles in which pixels differ, those of neighbouring tiles joined."""
    height, width = mask.shape
    rows, columns = np.arange(0, height, tile), np.arange(0, width, tile)
    tiles = np.logical_or.reduceat(np.logical_or.reduceat(mask, rows, axis=0), columns, axis=1)
    left = {(int(row), int(column)) for row, column in np.argwhere(tiles)}
    return [_tight(mask, group, tile) for group in _connected(left)]


def parts(mask: Mask, region: Region) -> list[Region]:
    """Return the smaller rectangles that a region consists of, specks left out."""
    found = regions(mask[region.slices], FINE_TILE)
    moved = (
        Region(p.left + region.left, p.top + region.top, p.right + region.left, p.bottom + region.top) for p in found
    )
    return [part for part in moved if np.count_nonzero(mask[part.slices]) >= SPECK]


def is_caret(width: float, height: float) -> bool:
    """Return whether a change of this extent may be a blinking caret."""
    return width <= CARET.width and height <= CARET.height


def is_ring(mask: Mask, region: Region) -> bool:
    """Return whether only the region's edge has changed, on all four sides; a caret within it is left out."""
    if region.width < RING_AT_LEAST.width or region.height < RING_AT_LEAST.height:
        return False
    part = mask[region.slices]
    inner = extent(part[RING:-RING, RING:-RING])
    if inner is not None and not is_caret(inner.width, inner.height):
        return False
    edges = (part[:RING].any(axis=0), part[-RING:].any(axis=0), part[:, :RING].any(axis=1), part[:, -RING:].any(axis=1))
    return all(float(edge.mean()) >= RING_SHARE for edge in edges)


def fades(before: RGB, after: RGB, mask: Mask, region: Region) -> bool:
    """Return whether what changed in a region has become more like what lies round it."""
    around = np.median(_rim(after, region), axis=0)
    changed = mask[region.slices]
    distances = [np.abs(picture[region.slices][changed] - around).mean() for picture in (before, after)]
    return bool(distances[1] < distances[0])


def is_field(after: RGB, region: Region) -> bool:
    """Return whether what is drawn within a control's edge is not one text in its middle, as on a button.

    A drop-down that can be typed into has its text at one end and its arrow at the other.
    """
    inside = after[region.shrunk(RING).slices].astype(np.int16)
    ground = np.median(inside.reshape(-1, 3), axis=0)
    drawn = np.flatnonzero((np.abs(inside - ground).max(axis=2) > INK).any(axis=0))
    if drawn.size == 0:
        return True
    if drawn.size > 1 and int(np.diff(drawn).max()) > region.height:
        return True
    left, right = int(drawn[0]), inside.shape[1] - 1 - int(drawn[-1])
    return bool(abs(left - right) > max(3, CENTRED * (left + right)))


def is_link_bubble(region: Region, window: PixelBox) -> bool:
    """Return whether a region lies in its window's lower left or right corner, where browsers show links' addresses."""
    low = abs(region.bottom - window.bottom) <= CORNER
    aside = abs(region.left - window.left) <= CORNER or abs(region.right - window.right) <= CORNER
    return low and aside and region.height in BUBBLE_HEIGHT and region.width <= BUBBLE_WIDTH * window.width


def widens_bubble(after: RGB, region: Region, window: PixelBox) -> bool:
    """Return whether a region is the end of a bubble in its window's lower left corner, which grows with its address.

    The bubble's upper edge runs from the corner through the region, as one line on another ground.
    """
    left, start = max(0, round(window.left)), region.top
    joined = region._replace(left=left)
    if start < 1 or region.left <= left or not is_link_bubble(joined, window._replace(left=left)):
        return False
    edge, above = (
        after[row, left + CORNER : region.right - region.height].astype(np.int16) for row in (start, start - 1)
    )
    is_line = edge.size > 0 and int(np.ptp(edge, axis=0).max()) <= EVEN
    return is_line and bool(np.abs(edge - above).max(axis=1).min() > EVEN)


def extent(mask: Mask) -> Region | None:
    """Return the rectangle of all that differs."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if rows.size == 0:
        return None
    return Region(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


def _connected(left: set[tuple[int, int]]) -> Iterator[set[tuple[int, int]]]:
    while left:
        group, edge = set(), [left.pop()]
        while edge:
            row, column = edge.pop()
            group.add((row, column))
            near = {(row + down, column + across) for down in (-1, 0, 1) for across in (-1, 0, 1)} & left
            left -= near
            edge += near
        yield group


def _tight(mask: Mask, tiles: set[tuple[int, int]], tile: int) -> Region:
    rows, columns = [row for row, _ in tiles], [column for _, column in tiles]
    left, top = min(columns) * tile, min(rows) * tile
    found = extent(mask[top : (max(rows) + 1) * tile, left : (max(columns) + 1) * tile])
    assert found is not None  # a tile is in the group because a pixel of it differs
    return Region(found.left + left, found.top + top, found.right + left, found.bottom + top)


def _rim(picture: RGB, region: Region) -> npt.NDArray[np.uint8]:
    """Return the pixels right round a region, those beyond the picture's edge left out."""
    height, width = picture.shape[:2]
    outer = region.shrunk(-2)
    left, top = max(0, outer.left), max(0, outer.top)
    right, bottom = min(width, outer.right), min(height, outer.bottom)
    outside = np.ones((bottom - top, right - left), dtype=bool)
    outside[region.top - top : region.bottom - top, region.left - left : region.right - left] = False
    return picture[top:bottom, left:right][outside] if outside.any() else picture[region.slices].reshape(-1, 3)
