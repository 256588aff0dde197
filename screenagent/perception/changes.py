"""What differs between two screens, and whether it is where something was done. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image, ImageChops

from screenagent.geometry import WHOLE, Box, Location, Size
from screenagent.screenshot import Screenshot

CARET: Final = Size(width=3, height=40)
"""A change no larger than this is a blinking caret, in pixels."""

REACH: Final = 0.1
"""Side of the surroundings of a place where the mouse did something, as a part of the display: a menu or a list that
opens, or a tooltip, begins in them."""

LARGE: Final = 0.05
"""So much of a screen is no clock: a dialog came up, or went."""

ELSEWHERE: Final = "elsewhere"

Edges = tuple[int, int, int, int]


@dataclass(frozen=True)
class Difference:
    box: Box
    place: str

    @property
    def is_expected(self) -> bool:
        """Whether it may be the answer to what was done; a clock elsewhere on the screen is not."""
        return self.place != ELSEWHERE


def difference(before: Screenshot, after: Screenshot, at: tuple[Location, ...] = ()) -> Difference | None:
    """What differs where an answer to something done `at` these places is to be looked for: round them, in the window
    in front, in one that came to the front, or anywhere if it is large. None where nothing differs, or a caret only."""
    if before.digest == after.digest:
        return None
    if before.size != after.size:
        return Difference(WHOLE, "all over the screen")
    pixels = ImageChops.difference(before.pixels, after.pixels)
    everything = _edges(pixels, WHOLE, after.size)
    if everything is None:
        return None
    for box, place in _looked_at(before, after, at):
        if edges := _edges(pixels, box, after.size):
            return Difference(Box.of_pixels(edges, after.size), place)
    place = "all over the screen" if _share(pixels) >= LARGE else ELSEWHERE
    return Difference(Box.of_pixels(everything, after.size), place)


def shares(before: Screenshot, after: Screenshot, boxes: Sequence[Box]) -> list[float]:
    """How much of each box differs; all of it where the screens are of another size."""
    if before.size != after.size:
        return [1.0] * len(boxes)
    if before.digest == after.digest:
        return [0.0] * len(boxes)
    pixels = ImageChops.difference(before.pixels, after.pixels)
    return [_share(pixels.crop(box.pixels(after.size))) for box in boxes]


def _looked_at(before: Screenshot, after: Screenshot, at: tuple[Location, ...]) -> Iterator[tuple[Box, str]]:
    for location in at:
        if location.box is not None:
            yield location.box, "at the target"
        yield Box.around(location.point, width=REACH, height=REACH), "at the target"
    if (before.window and before.window.id) != (after.window and after.window.id):
        yield WHOLE, "another window is in front"
    window = after.window
    if window is None or window.box is None or window.own:  # what was done went to a window that is not known
        yield WHOLE, "on the screen"
    else:
        yield window.box, "in the window in front"


def _edges(pixels: Image.Image, box: Box, size: Size) -> Edges | None:
    """The edges of what is not black within `box`; None where nothing is, or a caret."""
    left, top, right, bottom = box.pixels(size)
    found = pixels.crop((left, top, right, bottom)).getbbox()
    if found is None or (found[2] - found[0] <= CARET.width and found[3] - found[1] <= CARET.height):
        return None
    return left + found[0], top + found[1], left + found[2], top + found[3]


def _share(pixels: Image.Image) -> float:
    different = np.asarray(pixels).any(axis=-1)
    return float(different.mean()) if different.size else 0.0
