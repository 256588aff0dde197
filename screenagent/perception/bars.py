"""Three bars above each other, as the button of a window's main menu bears them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Final

from screenagent.geometry import PixelBox
from screenagent.perception.dots import GROUND, figures_in, ink_in
from screenagent.perception.ocr import PictureArray

WIDE: Final = range(8, 33)  # a bar, in pixels
THICK: Final = range(1, 6)
LONG: Final = 2.5  # thicknesses that a bar is long at least
FULL: Final = 0.8  # the share of its bounds that a bar fills at least
STEP: Final = range(2, 13)  # pixels from bar to bar
FREE: Final = 4  # pixels around the bars in which nothing else is drawn
EVEN: Final = 1.1  # pixels by which the steps, and the ends of the bars, differ at most


def bars_in(picture: PictureArray) -> list[PixelBox]:
    """Return where exactly three bars of one width stand above each other in even steps, alone, from the top."""
    if min(picture.shape[:2]) < GROUND:
        return []
    ink, figures = figures_in(picture)
    _, _, across, down, area = figures.T
    flat = (across >= WIDE.start) & (across < WIDE.stop) & (down < THICK.stop) & (across >= LONG * down)
    bars = figures[flat & (area >= FULL * across * down)]
    found = _threes([PixelBox.at(x, y, width=w, height=h) for x, y, w, h, _ in bars.tolist()])
    alone = (sign for sign in found if ink_in(ink, sign.grown(FREE)) == ink_in(ink, sign))
    return sorted(alone, key=lambda sign: (sign.top, sign.left))


def _threes(bars: Sequence[PixelBox]) -> Iterator[PixelBox]:
    columns: dict[float, list[PixelBox]] = {}
    for bar in sorted(bars, key=lambda bar: bar.top):
        columns.setdefault(bar.left, []).append(bar)
    for first in bars:
        near = [bar for left in (-1, 0, 1) for bar in columns.get(first.left + left, ()) if _is_below(first, bar)]
        for second, third in combinations(sorted(near, key=lambda bar: bar.top), 2):
            step = second.center_y - first.center_y
            if step < STEP.stop and abs(third.center_y - second.center_y - step) <= EVEN:
                yield PixelBox.around_all((first, second, third))


def _is_below(first: PixelBox, bar: PixelBox) -> bool:
    return abs(bar.right - first.right) <= EVEN and STEP.start <= bar.center_y - first.center_y < 2 * STEP.stop
