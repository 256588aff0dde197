"""Pictures as arrays: greys, differences, connected regions, windows of pixels, and other sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

import cc3d
import numpy as np
import numpy.typing as npt
from PIL import Image

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]


class Regions(NamedTuple):
    """The connected regions of a mask.

    numbers: (height, width), the number of the region at each pixel, from 1 on; 0 where there is none.
    bounds: (regions, 5), the left and top edge, width, height and pixels of each; region 1 is the first row.
    """

    numbers: npt.NDArray[np.unsignedinteger]
    bounds: npt.NDArray[np.int32]


def connected_regions(mask: Mask | Bytes, *, corners: bool) -> Regions:
    """Return the connected regions of `mask` in reading order. With `corners`, diagonal neighbours connect, too."""
    if not mask.size:
        return Regions(np.zeros(mask.shape, np.uint32), np.zeros((0, 5), np.int32))
    ones = np.ascontiguousarray(mask != 0)
    if corners:  # as numbers: cc3d 4.1 errs on bits whose width or height is odd
        numbers = cc3d.connected_components(ones.view(np.uint8), connectivity=8)
    else:
        numbers = cc3d.connected_components(ones, connectivity=4)
    measured = cc3d.statistics(numbers, no_slice_conversion=True)
    top, bottom, left, right = measured["bounding_boxes"][1:, :4].T.astype(np.int32)
    area = measured["voxel_counts"][1:].astype(np.int32)
    return Regions(numbers, np.column_stack((left, top, right - left + 1, bottom - top + 1, area)))


def enclosed(mask: Mask) -> Mask:
    """Return a mask with what it encloses."""
    outside = connected_regions(np.pad(~mask, 1, constant_values=True), corners=False).numbers
    return np.asarray(outside != outside[0, 0])[1:-1, 1:-1]


def grey(picture: Bytes) -> Bytes:
    """Return how bright each pixel of an RGB picture looks."""
    return np.asarray(Image.fromarray(picture).convert("L"))


def absolute_difference(one: Bytes, other: Bytes) -> Bytes:
    """Return by how much two pictures differ in each value."""
    return np.asarray(np.maximum(one, other) - np.minimum(one, other))


def channels(picture: Bytes) -> Iterator[Bytes]:
    """Yield the red, green and blue of an RGB picture."""
    return (np.ascontiguousarray(picture[..., channel]) for channel in range(3))


def steps(shades: Bytes) -> Bytes:
    """Return how much each pixel of one channel differs from its right or lower neighbour."""
    most = np.zeros_like(shades)
    most[:, :-1] = absolute_difference(shades[:, :-1], shades[:, 1:])
    np.maximum(most[:-1], absolute_difference(shades[:-1], shades[1:]), out=most[:-1])
    return most


def hues(colours: Floats) -> Floats:
    """Return the hue, in degrees, of each of (colours, 3) reds, greens and blues; 0 for a grey."""
    red, green, blue = colours.T
    spread = np.ptp(colours, axis=1)
    most = [colours.max(axis=1) == channel for channel in (red, green)]
    within = np.select(most, (green - blue, blue - red), red - green) / np.where(spread > 0, spread, 1)
    return np.asarray((within + np.select(most, (0, 2), 4)) * 60 % 360)


def dilation(picture: Bytes, height: int, width: int) -> Bytes:
    """Return the highest value in a window of this size around each pixel."""
    return _spread(_spread(picture, np.maximum, height, axis=0), np.maximum, width, axis=1)


def erosion(picture: Bytes, height: int, width: int) -> Bytes:
    """Return the lowest value in a window of this size around each pixel."""
    return _spread(_spread(picture, np.minimum, height, axis=0), np.minimum, width, axis=1)


def morphological_opening(picture: Bytes, height: int, width: int) -> Bytes:
    """Return a mask without whatever a window of this size does not fit into."""
    return dilation(erosion(picture, height, width), height, width)


def morphological_closing(picture: Bytes, height: int, width: int) -> Bytes:
    """Return a mask with every gap filled that a window of this size does not fit into."""
    return erosion(dilation(picture, height, width), height, width)


def _spread(picture: Bytes, of: Callable[[Bytes, Bytes], Bytes], size: int, *, axis: int) -> Bytes:
    """Return the maximum or the minimum of `size` neighbours of each pixel. What is beyond the picture has no say.

    The odd one of an even number is before the pixel for a maximum and after it for a minimum, so that one undoes the
    other's shift.
    """
    shorter, longer = (size - 1) // 2, size // 2
    edges = [(0, 0), (0, 0)]
    edges[axis] = (longer, shorter) if of is np.maximum else (shorter, longer)
    spread = np.pad(picture, edges, constant_values=0 if of is np.maximum else 255)
    reach = 1
    while reach < size:  # windows of up to twice the size from two that overlap
        step = min(reach, size - reach)
        last = spread.shape[axis] - step
        spread = of(spread[:last], spread[step:]) if axis == 0 else of(spread[:, :last], spread[:, step:])
        reach += step
    return spread


def resized(picture: Bytes, width: int, height: int, *, by: Image.Resampling = Image.Resampling.BILINEAR) -> Bytes:
    """Return a picture, grey or RGB, at another size."""
    return np.asarray(Image.fromarray(picture).resize((width, height), by))


def sampled(picture: Bytes, width: int, height: int) -> Bytes:
    """Return a picture, grey or RGB, at another size: each pixel lies between the four nearest to its place, however
    many others it covers."""
    rows, columns = (_neighbours(*sizes) for sizes in ((picture.shape[0], height), (picture.shape[1], width)))
    down = rows.share.reshape(-1, *([1] * (picture.ndim - 1)))
    lines = picture[rows.first] * (1 - down) + picture[rows.second] * down
    across = columns.share.reshape(1, -1, *([1] * (picture.ndim - 2)))
    mixed = lines[:, columns.first] * (1 - across) + lines[:, columns.second] * across
    return np.asarray(np.rint(mixed), np.uint8)


class _Neighbours(NamedTuple):
    """The two pixels before, by their places, between which each pixel after lies, and the share of the second."""

    first: npt.NDArray[np.intp]
    second: npt.NDArray[np.intp]
    share: Floats


def _neighbours(before: int, after: int) -> _Neighbours:
    centres = ((np.arange(after) + 0.5) * (before / after) - 0.5).clip(0, before - 1)
    first = centres.astype(np.intp)
    return _Neighbours(first, np.minimum(first + 1, before - 1), (centres - first).astype(np.float32))


def averaged(planes: Floats, width: int, height: int) -> Floats:
    """Return (..., height, width): `planes`, (..., rows, columns), at another size. Each pixel is the mean of the area
    that it covers."""
    rows, columns = planes.shape[-2:]
    return np.asarray(_shares(rows, height) @ planes @ _shares(columns, width).T)


def interpolated(planes: Floats, width: int, height: int) -> Floats:
    """Return (..., height, width): `planes`, (..., rows, columns), enlarged with values that change evenly."""
    rows, columns = planes.shape[-2:]
    return np.asarray(_steps(rows, height) @ planes @ _steps(columns, width).T)


@lru_cache(maxsize=32)
def _shares(before: int, after: int) -> Floats:
    """Return (after, before): the share of each pixel after that a pixel before covers."""
    edges = np.arange(after + 1) * (before / after)
    pixels = np.arange(before)
    overlap = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    return np.asarray(overlap.clip(0) * (after / before), np.float32)


@lru_cache(maxsize=32)
def _steps(before: int, after: int) -> Floats:
    """Return (after, before): the weights of the two pixels between whose centres each pixel after lies."""
    centres = ((np.arange(after) + 0.5) * (before / after) - 0.5).clip(0, before - 1)
    return (1 - abs(centres[:, None] - np.arange(before))).clip(0).astype(np.float32)
