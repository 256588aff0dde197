"""Three dots in a line, above or beside each other, as the button of a menu bears them: no icon set draws them large
enough to be told from letters."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from screenagent.geometry import PixelBox
from screenagent.perception.ocr import PictureArray
from screenagent.perception.pixels import absolute_difference, connected_regions, grey

SIDE: Final = range(1, 9)  # of a dot, in pixels
FULL: Final = 0.5  # the share of its bounds that a dot fills at least
INK: Final = 50  # of 255: a dot differs from its ground by more
GROUND: Final = 21  # pixels around a place that say what its ground is; an odd number
STEP: Final = (1.3, 5.0)  # from dot to dot, in sides of a dot
EVEN: Final = 1.6  # pixels by which the steps, and the sides of the dots, differ at most
FREE: Final = 1.6  # steps around the dots in which nothing else is drawn


def dots_in(picture: PictureArray) -> list[PixelBox]:
    """Return where three dots stand in a line, alone, from the top."""
    if min(picture.shape[:2]) < GROUND:
        return []
    ink, figures = figures_in(picture)
    _, _, across, down, area = figures.T
    round_ = (np.abs(across - down) <= 1) & (np.maximum(across, down) < SIDE.stop) & (area >= FULL * across * down)
    parts = [PixelBox.at(x, y, width=w, height=h) for x, y, w, h, _ in figures[round_].tolist()]
    found = {line for upright in (True, False) for line in _lines(parts, upright=upright) if _is_alone(line, ink)}
    return sorted(found, key=lambda line: (line.top, line.left))


def figures_in(picture: PictureArray) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int32]]:
    """Return what stands out from the ground around it: (height, width), 1 for ink, and (figures, 5), the left and top
    edge, width, height and pixels of each figure that hangs together."""
    shades = grey(picture)
    ink = (absolute_difference(shades, _ground(shades)) > INK).view(np.uint8)
    return ink, connected_regions(ink, corners=True).bounds


def _ground(shades: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return the median of every third pixel of every third row around each place."""
    height, width = shades.shape
    sampled = np.pad(shades, ((0, 2), (0, 2)), mode="edge")[1::3, 1::3]
    down, across = sampled.shape
    around = np.pad(sampled, GROUND // 6, mode="edge")
    samples = [around[y : y + down, x : x + across] for y in range(GROUND // 3) for x in range(GROUND // 3)]
    median = np.zeros_like(sampled)
    for bit in (128, 64, 32, 16, 8, 4, 2, 1):  # the highest number that more than half of the samples reach
        tried = median | np.uint8(bit)
        reached = sum((sample >= tried).view(np.uint8) for sample in samples)
        median = np.where(reached > len(samples) // 2, tried, median)
    return median.repeat(3, axis=0).repeat(3, axis=1)[:height, :width]


def _lines(dots: Sequence[PixelBox], *, upright: bool) -> Iterator[PixelBox]:
    """Yield the bounds of each three dots that stand in even steps."""
    turned = dots if upright else [_turned(dot) for dot in dots]
    columns: dict[int, list[PixelBox]] = {}
    for dot in sorted(turned, key=lambda dot: dot.top):
        columns.setdefault(round(dot.center_x), []).append(dot)
    for first in turned:
        for second in _next(first, columns):
            step = second.center_y - first.center_y
            thirds = (dot for dot in _next(second, columns) if abs(dot.center_y - second.center_y - step) <= EVEN)
            if third := next(thirds, None):
                line = PixelBox.around_all((first, second, third))
                yield line if upright else _turned(line)


def _turned(rect: PixelBox) -> PixelBox:
    return PixelBox(rect.top, rect.left, rect.bottom, rect.right)


def _next(dot: PixelBox, columns: Mapping[int, Sequence[PixelBox]]) -> Iterator[PixelBox]:
    """Yield the dots of its size below one, in line with it and not far off."""
    side = max(dot.width, dot.height)
    low, high = dot.center_y + STEP[0] * side, dot.center_y + STEP[1] * side
    for column in range(round(dot.center_x) - 1, round(dot.center_x) + 2):
        others = columns.get(column, ())
        for other in others[bisect_left(others, low - side, key=lambda one: one.top) :]:
            if other.top > high:
                break
            if low <= other.center_y <= high and abs(other.width - dot.width) <= EVEN:
                yield other


def _is_alone(line: PixelBox, ink: npt.NDArray[np.uint8]) -> bool:
    step = (max(line.width, line.height) - min(line.width, line.height)) / 2
    return ink_in(ink, line.grown(FREE * step)) == ink_in(ink, line)


def ink_in(ink: npt.NDArray[np.uint8], rect: PixelBox) -> int:
    """Return how many pixels of ink are within `rect`."""
    left, top, right, bottom = rect.clipped(ink.shape[1], ink.shape[0]).rounded
    return int(ink[top:bottom, left:right].sum())
