"""Pictures within pictures: where a patch is on a screen, at its size or another, in its colours or other ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from screenagent.geometry import PixelBox
from screenagent.perception.changes import looks_same
from screenagent.perception.likeness import SearchedPicture
from screenagent.perception.pixels import grey, resized

Grey = NDArray[np.uint8]

SAME: Final = 0.97
"""Correlation from which on a patch is the same to the eye: a caret, a hover, other smoothing of letters."""
LIKE: Final = 0.8
"""Of outlines: another theme, another size. Below this much is alike that is not."""
FLAT: Final = 3.0
"""A patch whose greys deviate less than this looks like any other flat place."""
SCALES: Final = (1.0, 1.1, 0.9, 1.25, 0.8, 1.5, 0.67)
NOTICED: Final = 24
"""Pixels that differ by less, of 255, look alike."""
RESEMBLES: Final = 0.5
"""Of outlines, where a target is expected anyway: that something of its kind is there."""
MOST: Final = 200


class TemplateMatch(NamedTuple):
    """Where a patch was found, how well it fits, and how much larger it is there."""

    rect: PixelBox
    score: float
    scale: float = 1.0


class TemplateMatcher:
    """One picture of a screen, prepared for looking."""

    def __init__(self, image: Image.Image) -> None:
        self.pixels = np.asarray(image)
        self.height, self.width = self.pixels.shape[:2]

    @cached_property
    def grey(self) -> SearchedPicture:
        return SearchedPicture(grey(self.pixels))

    @cached_property
    def outlines(self) -> SearchedPicture:
        return SearchedPicture(outlines(self.grey.grey))

    def is_at(
        self, picture: NDArray[np.uint8], left: int, top: int, *, hidden: Sequence[tuple[int, int, int, int]] = ()
    ) -> bool:
        """Whether `picture` is there, all but its `hidden` parts, a caret, and what nobody would notice."""
        height, width = picture.shape[:2]
        if left < 0 or top < 0 or left + width > self.width or top + height > self.height:
            return False
        there = self.pixels[top : top + height, left : left + width]
        if hidden:
            there = there.copy()
            for start, upper, end, lower in hidden:
                there[upper:lower, start:end] = picture[upper:lower, start:end]
        return looks_same(picture, there, noticed=NOTICED)

    def same(self, patch: Grey) -> list[TemplateMatch]:
        """Every place that looks like `patch`, the best first; none for a patch that has no features."""
        if not patch.size or patch.std() < FLAT:
            return []
        return list(_matches(self.grey, patch, SAME))

    def resembles(self, patch: Grey, place: PixelBox) -> bool:
        """Whether something with the outlines of `patch` is at `place`, give or take a few pixels."""
        left, top, right, bottom = place.grown(6).clipped(self.width, self.height).rounded
        if not patch.size or patch.std() < FLAT:
            return True
        scaled = resized(patch, max(1, round(place.width)), max(1, round(place.height)))
        there = SearchedPicture(self.outlines.grey[top:bottom, left:right])
        return any(_matches(there, outlines(scaled), RESEMBLES))

    def like(self, patch: Grey) -> list[TemplateMatch]:
        """The same by its outlines alone, at other sizes too: at the first size where there is any, the best first."""
        for scale in SCALES:
            scaled = patch if scale == 1.0 else _scaled(patch, scale)
            found = list(_matches(self.outlines, outlines(scaled), LIKE))
            if found:
                return [match._replace(scale=scale) for match in found]
        return []


def outlines(grey: Grey) -> Grey:
    """How much each pixel differs from its neighbours: the same in a dark theme as in a light one."""
    around = np.pad(grey.astype(np.int16), 1, mode="reflect")
    rows = around[:-2] + 2 * around[1:-1] + around[2:]
    columns = around[:, :-2] + 2 * around[:, 1:-1] + around[:, 2:]
    across, down = abs(rows[:, 2:] - rows[:, :-2]), abs(columns[2:] - columns[:-2])
    return np.asarray((across.clip(max=255) + down.clip(max=255)) // 2, np.uint8)


def _scaled(patch: Grey, scale: float) -> Grey:
    height, width = (max(1, round(side * scale)) for side in patch.shape)
    return resized(patch, width, height, by=Image.Resampling.BICUBIC)


def _matches(searched: SearchedPicture, patch: Grey, least: float) -> Iterator[TemplateMatch]:
    """Peaks of the correlation, each once: rows may stand so close that they overlap a little, columns do not."""
    height, width = patch.shape
    if height > searched.grey.shape[0] or width > searched.grey.shape[1] or patch.std() < FLAT:
        return
    scores = searched.likeness(patch)
    for _ in range(MOST):
        top, left = divmod(int(scores.argmax()), scores.shape[1])
        best = float(scores[top, left])
        if best < least:
            return
        yield TemplateMatch(PixelBox.at(left, top, width=width, height=height), min(1.0, best))
        rows = slice(max(0, top - height // 2), top + height // 2 + 1)
        scores[rows, max(0, left - width) : left + width + 1] = 0.0
