"""What moves on the screen by itself: learned from frames in which nothing was done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

ScreenFrame = NDArray[np.uint32]  # (height, width), a pixel a number


FORGET_SECONDS: Final = 10.0


FILM_FRAMES: Final = 4  # big changes that follow each other so closely are a film; a window that comes or goes is not


FILM_SECONDS: Final = 1.5


TILE: Final = 8  # changes in neighbouring tiles are one patch


PATCHES: Final = 64  # more of them are one big change


CARET_WIDTH: Final = 3


CARET_HEIGHT: Final = range(6, 81)


SMALL: Final = 1 / 40  # of the screen: a wide button, a row of a list


NEAR: Final = 8


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

    def holds(self, other: Patch) -> bool:
        return (
            self.left <= other.left
            and self.top <= other.top
            and self.right >= other.right
            and self.bottom >= other.bottom
        )

    def near(self, place: FramePoint) -> bool:
        grown = self.grown(NEAR, NEAR)
        return grown.left <= place.x < grown.right and grown.top <= place.y < grown.bottom


@dataclass
class AmbientChange:
    """A change that nobody made, when one like it was last seen, and whether that makes its place a restless one."""

    patch: Patch
    at: float
    restless: bool

    def is_like(self, patch: Patch, *, since: float) -> bool:
        return self.at >= since and _reach(self.patch).holds(patch)


class AmbientChanges:
    """The places that change by themselves: learned while nothing was done, forgotten when they have come to rest."""

    def __init__(self) -> None:
        self._seen: list[AmbientChange] = []

    def learn(self, before: ScreenFrame, after: ScreenFrame, *, at: float) -> None:
        kept = [seen for seen in self._seen if seen.at >= at - FORGET_SECONDS]
        self._seen = kept + [
            AmbientChange(patch, at, restless=patch.is_small(after) or self._is_film(patch, at=at))
            for patch in changed_patches(before, after)
            if not patch.is_caret
        ]

    def forget(self) -> None:
        self._seen.clear()

    def holds(self, patch: Patch, *, at: float) -> bool:
        """A change like this one comes by itself; that it came again keeps it in mind."""
        known = [seen for seen in self._seen if seen.restless and seen.is_like(patch, since=at - FORGET_SECONDS)]
        for seen in known:
            seen.at = at
        return patch.is_caret or bool(known)

    def _is_film(self, patch: Patch, *, at: float) -> bool:
        return sum(seen.is_like(patch, since=at - FILM_SECONDS) for seen in self._seen) >= FILM_FRAMES


def changed_patches(before: ScreenFrame, after: ScreenFrame) -> list[Patch]:
    """Where two pictures differ, neighbouring differences taken together."""
    if before.shape != after.shape:
        return [Patch(0, 0, after.shape[1], after.shape[0])]
    if np.array_equal(before, after):
        return []
    different = before != after
    rows, columns = (np.arange(0, length, TILE) for length in different.shape)
    tiles = np.logical_or.reduceat(np.logical_or.reduceat(different, rows, axis=0), columns, axis=1)
    count, _, stats, _ = cv2.connectedComponentsWithStats(tiles.astype(np.uint8), connectivity=8)
    if count - 1 > PATCHES:
        return [_tight(different, Patch(0, 0, different.shape[1], different.shape[0]))]
    return [
        _tight(different, Patch(left * TILE, top * TILE, (left + width) * TILE, (top + height) * TILE))
        for left, top, width, height, _ in stats[1:].tolist()
    ]


def _tight(different: NDArray[np.bool_], around: Patch) -> Patch:
    part = different[max(0, around.top) : around.bottom, max(0, around.left) : around.right]
    rows, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
    return Patch(
        around.left + int(columns[0]),
        around.top + int(rows[0]),
        around.left + int(columns[-1]) + 1,
        around.top + int(rows[-1]) + 1,
    )


def _reach(patch: Patch) -> Patch:
    """How far the changes of a place that changes by itself may go: a clock's other digits stand beside the last."""
    return patch.grown(4 * min(patch.height, 40), patch.height // 2)
