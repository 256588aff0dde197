"""Whether what stood at a place still stands there, though the mouse has lit it up. Pure."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from screenagent.geometry import Box, Location, PixelBox
from screenagent.perception.restyle import PLAIN, RGB, SHIFT, Gray, steepness
from screenagent.screenshot import Screenshot

PATCH: Final = 0.03  # side of the patch around a place without a box, as a part of the display
REACH: Final = (420, 60)  # pixels to each side of the point; what lies farther from it in a large box does not count
CELL: Final = 9  # pixels: about one letter
ALIKE: Final = 0.85  # correlation of one cell in other colours is 1; of a letter that differs in one stroke it is 0.8
CORE: Final = (
    0.5  # of the most that is drawn around a cell: a cell with less holds the rim of a letter, and a line beside it
)
LINE: Final = 0.6  # of a row or column that a line crosses, as under a link or around a button
NEW_LINE: Final = 0.35  # by so much more of it than before
CARET: Final = 3  # pixels


def stands_alike(reviewed: Screenshot, place: Location, now: Screenshot, place_now: Location | None = None) -> bool:
    """Return whether the same is drawn at two places, in whatever colours: a highlight does not make it another.

    Lines that are new count as a highlight, too. A letter that differs, is gone or has moved does not.
    """
    before, after = _picture(reviewed, place), _picture(now, place_now or place)
    if before.shape != after.shape:
        return False
    point = place.point.pixel(reviewed.size)
    left, top, _, _ = _edges(reviewed, place)
    return is_drawn_alike(before, after, at=(point.x - left, point.y - top))


def is_drawn_alike(before: RGB, after: RGB, *, at: tuple[int, int]) -> bool:
    """Return whether two pictures of one size show the same, letter by letter; new things count only at `at`."""
    if np.array_equal(before, after) or _is_caret(before, after) or not before.size:
        return True
    one, other = steepness(before), _shifted_onto(steepness(before), steepness(after))
    for picture in (one, other):
        _without_rim(picture)
    _without_new_lines(one, other)
    drawn, correlation = _local(one), _correlations(one, other)
    differs = (drawn >= np.maximum(PLAIN, CORE * _most_around(drawn))) & (correlation < ALIKE)
    new = (drawn < PLAIN) & (_local(other) >= 2 * PLAIN)
    x, y = at
    here = (slice(max(0, y - CELL // 2), y + CELL // 2 + 1), slice(max(0, x - CELL // 2), x + CELL // 2 + 1))
    return not (differs.any() or new[here].any())


def _picture(screen: Screenshot, place: Location) -> RGB:
    return np.asarray(screen.pixels.crop(_edges(screen, place)))


def _edges(screen: Screenshot, place: Location) -> tuple[int, int, int, int]:
    box = place.box or Box.around(place.point, width=PATCH, height=PATCH)
    found, point = box.exact_pixels(screen.size), place.point.pixel(screen.size)
    around = PixelBox(point.x, point.y, point.x, point.y).grown(*REACH)
    near = PixelBox(
        max(found.left, around.left), max(found.top, around.top),
        min(found.right, around.right), min(found.bottom, around.bottom),
    )  # fmt: skip
    return near.clipped(screen.size.width, screen.size.height).rounded


def _is_caret(before: RGB, after: RGB) -> bool:
    columns = np.flatnonzero((before != after).any(axis=(0, 2)))
    rows = np.flatnonzero((before != after).any(axis=(1, 2)))
    return bool(columns[-1] - columns[0] < CARET and rows[-1] - rows[0] >= 2 * CARET - 1)


def _shifted_onto(one: Gray, other: Gray) -> Gray:
    """Return the second picture, moved as a button is that is lifted or pressed."""
    shifts = [(down, across) for down in range(-SHIFT, SHIFT + 1) for across in range(-SHIFT, SHIFT + 1)]
    return max((np.roll(other, shift, axis=(0, 1)) for shift in shifts), key=lambda moved: float((one * moved).sum()))


def _without_rim(picture: Gray) -> None:
    """Leave out the frame of a control, and what has come in beside it as it moved."""
    for rim in (np.s_[: SHIFT + 1], np.s_[-SHIFT - 1 :], np.s_[:, : SHIFT + 1], np.s_[:, -SHIFT - 1 :]):
        picture[rim] = 0


def _without_new_lines(one: Gray, other: Gray) -> None:
    for axis in (0, 1):
        share, earlier = ((picture >= PLAIN).mean(axis=axis) for picture in (other, one))
        lines = (share >= LINE) & (share - earlier >= NEW_LINE)
        for picture in (one, other):
            (picture.T if axis == 0 else picture)[lines] = 0


def _local(picture: Gray) -> Gray:
    """Return the mean of the cell around each pixel."""
    sums = np.pad(np.pad(picture, CELL // 2, mode="edge").astype(np.float64), ((1, 0), (1, 0))).cumsum(0).cumsum(1)
    cells = sums[CELL:, CELL:] - sums[:-CELL, CELL:] - sums[CELL:, :-CELL] + sums[:-CELL, :-CELL]
    return np.asarray(cells / CELL**2, dtype=np.float32)


def _most_around(picture: Gray) -> Gray:
    """Return the most within a cell of each pixel to all sides."""
    for axis in (0, 1):
        padded = np.pad(picture, [(CELL, CELL) if side == axis else (0, 0) for side in (0, 1)], mode="edge")
        picture = sliding_window_view(padded, 2 * CELL + 1, axis=axis).max(axis=-1)
    return picture


def _correlations(one: Gray, other: Gray) -> Gray:
    means = _local(one), _local(other)
    spread = [np.maximum(_local(p * p) - m * m, 1e-3) for p, m in zip((one, other), means, strict=True)]
    return np.asarray((_local(one * other) - means[0] * means[1]) / np.sqrt(spread[0] * spread[1]), dtype=np.float32)
