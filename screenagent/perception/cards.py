"""Cards and tiles, by sight: the smallest flat area with a border of its own, or another ground, around a text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from screenagent.geometry import PixelBox
from screenagent.perception.controls import steps_between
from screenagent.perception.ocr import PictureArray
from screenagent.perception.pixels import connected_regions

EDGE: Final = 4  # of 255 in any channel: neighbouring pixels that differ by more part two areas
LARGEST: Final = 0.45  # of the picture: a larger area is the page
NESTED: Final = 4  # areas in one another that are looked at: the head of a card may have a ground of its own
BORDER: Final = 6  # pixels from the rim of an area to the ground around it


class CardFinder:
    """Finds the areas of one picture that hold a text."""

    def __init__(self, picture: PictureArray) -> None:
        self._areas, self._bounds = connected_regions(steps_between(picture) <= EDGE, corners=False)
        self._most = LARGEST * self._areas.size

    def around(self, text: PixelBox) -> Iterator[PixelBox]:
        """Yield the areas around a text, the smallest first."""
        box = text
        for _ in range(NESTED):
            beside = list(self._beside(box))
            found = [area for area in beside if _holds(area, box) and area.area > 1.5 * text.area]
            found += [PixelBox.around_all((box, area)) for area in beside if _is_stacked(area, box)]
            area = min(found, key=lambda one: one.area, default=None)
            if area is None or area.area > self._most:
                return
            yield area
            box = area

    def _beside(self, box: PixelBox) -> Iterator[PixelBox]:
        """Yield the bounds of the areas right outside a box, on its four sides."""
        height, width = self._areas.shape
        for reach in range(1, BORDER + 1):
            for x, y in _rim(box, reach):
                if 0 <= x < width and 0 <= y < height and (number := int(self._areas[y, x])):
                    left, top, across, down, _ = self._bounds[number - 1].tolist()
                    yield PixelBox.at(left, top, width=across, height=down)


def _rim(box: PixelBox, reach: int) -> npt.NDArray[np.int64]:
    left, top, right, bottom = box.grown(reach).rounded
    x, y = round(box.center_x), round(box.center_y)
    return np.array([(left, y), (right, y), (x, top), (x, bottom)])


def _holds(area: PixelBox, box: PixelBox) -> bool:
    inside = area.left <= box.left + 1 and area.right >= box.right - 1
    return inside and area.top <= box.top + 1 and area.bottom >= box.bottom - 1


def _is_stacked(area: PixelBox, box: PixelBox) -> bool:
    """Whether an area goes on above or below another, as the body of a card does under its head."""
    apart = max(area.top - box.bottom, box.top - area.bottom)
    return abs(area.left - box.left) <= BORDER and abs(area.right - box.right) <= BORDER and -1 <= apart <= BORDER
