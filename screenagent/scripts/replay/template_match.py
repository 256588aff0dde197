"""Pictures within pictures: where a patch is on a screen, at its size or another, in its colours or other ones."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from screenagent.geometry import PixelBox
from screenagent.perception.changes import looks_same

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
    def grey(self) -> Grey:
        return np.asarray(cv2.cvtColor(self.pixels, cv2.COLOR_RGB2GRAY), np.uint8)

    @cached_property
    def outlines(self) -> Grey:
        return outlines(self.grey)

    def is_at(self, picture: NDArray[np.uint8], left: int, top: int) -> bool:
        """Whether `picture` is there, all but a caret and what nobody would notice."""
        height, width = picture.shape[:2]
        if left < 0 or top < 0 or left + width > self.width or top + height > self.height:
            return False
        return looks_same(picture, self.pixels[top : top + height, left : left + width], noticed=NOTICED)

    def same(self, patch: Grey) -> list[TemplateMatch]:
        """Every place that looks like `patch`, the best first; none for a patch that has no features."""
        if not patch.size or patch.std() < FLAT:
            return []
        return list(_matches(self.grey, patch, SAME))

    def resembles(self, patch: Grey, place: PixelBox) -> bool:
        """Whether something with the outlines of `patch` is at `place`, give or take a few pixels."""
        left, top, right, bottom = place.grown(6).clipped(self.width, self.height).rounded
        size = max(1, round(place.width)), max(1, round(place.height))
        if not patch.size or patch.std() < FLAT:
            return True
        scaled = outlines(np.asarray(cv2.resize(patch, size, interpolation=cv2.INTER_AREA), np.uint8))
        return any(_matches(self.outlines[top:bottom, left:right], scaled, RESEMBLES))

    def like(self, patch: Grey) -> list[TemplateMatch]:
        """The same by its outlines alone, at other sizes too: at the first size where there is any, the best first."""
        for scale in SCALES:
            scaled = patch if scale == 1.0 else cv2.resize(patch, None, fx=scale, fy=scale, interpolation=_by(scale))
            found = list(_matches(self.outlines, outlines(np.asarray(scaled, np.uint8)), LIKE))
            if found:
                return [match._replace(scale=scale) for match in found]
        return []


def outlines(grey: Grey) -> Grey:
    """How much each pixel differs from its neighbours: the same in a dark theme as in a light one."""
    across = cv2.Sobel(grey, cv2.CV_16S, 1, 0, ksize=3)
    down = cv2.Sobel(grey, cv2.CV_16S, 0, 1, ksize=3)
    steepness = cv2.addWeighted(cv2.convertScaleAbs(across), 0.5, cv2.convertScaleAbs(down), 0.5, 0)
    return np.asarray(steepness, np.uint8)


def _by(scale: float) -> int:
    return cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA


def _matches(ground: Grey, patch: Grey, least: float) -> Iterator[TemplateMatch]:
    """Peaks of the correlation, each once: rows may stand so close that they overlap a little, columns do not."""
    height, width = patch.shape
    if height > ground.shape[0] or width > ground.shape[1] or patch.std() < FLAT:
        return
    scores = cv2.matchTemplate(ground, patch, cv2.TM_CCOEFF_NORMED)
    scores[~np.isfinite(scores)] = 0.0
    for _ in range(MOST):
        _, best, _, (left, top) = cv2.minMaxLoc(scores)
        if best < least:
            return
        yield TemplateMatch(PixelBox.at(left, top, width=width, height=height), min(1.0, float(best)))
        rows = slice(max(0, top - height // 2), top + height // 2 + 1)
        scores[rows, max(0, left - width) : left + width + 1] = 0.0
