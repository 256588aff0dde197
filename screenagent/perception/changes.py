"""What differs between two pictures of the screen, and whether it is where an action was done. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops

from screenagent.geometry import WHOLE, Box, Location, PixelBox, Size
from screenagent.screenshot import Screenshot

CARET: Final = Size(width=3, height=40)  # a change no larger than this, in pixels, may be a blinking caret
REACH: Final = 0.1  # side of the surroundings, as a part of the display, where a clicked menu or tooltip opens
LARGE: Final = 0.05  # a change of at least this share of the screen is not a clock: a dialog opened or closed
ELSEWHERE: Final = "elsewhere"

Pixels = npt.NDArray[np.uint8]  # (height, width, 3)


@dataclass(frozen=True)
class Difference:
    """What changed, and where that is with respect to the action."""

    box: Box
    place: str

    @property
    def is_expected(self) -> bool:
        """Whether the change may be the action's effect; a clock elsewhere on the screen is not."""
        return self.place != ELSEWHERE


def difference(before: Screenshot, after: Screenshot, at: tuple[Location, ...] = ()) -> Difference | None:
    """Return the change that answers an action done `at` these places, or None if at most a caret blinked.

    The effect is looked for around the places, then in the focused window, then anywhere if the change is large or
    another window came to the front.
    """
    if before.digest == after.digest:
        return None
    if before.size != after.size:
        return Difference(WHOLE, "all over the screen")
    pixels = ImageChops.difference(before.pixels, after.pixels)
    everything = _extent(pixels)
    if everything is None or is_caret(everything):
        return None
    for box, place in _looked_at(before, after, at):
        edges = box.pixels(after.size)
        found = _extent(pixels.crop(edges), corner=edges[:2])
        if found and not is_caret(found):
            return Difference(found.box(after.size), place)
    place = "all over the screen" if _share(pixels) >= LARGE else ELSEWHERE
    return Difference(everything.box(after.size), place)


def changed_box(before: Screenshot, after: Screenshot, within: Box = WHOLE) -> Box | None:
    """Return the box of what differs in a part of two screens, if anything. Screens of two sizes differ everywhere."""
    if before.size != after.size:
        return within
    edges = within.pixels(after.size)
    found = _extent(ImageChops.difference(before.pixels.crop(edges), after.pixels.crop(edges)), corner=edges[:2])
    return found.box(after.size) if found else None


def changed_shares(before: Screenshot, after: Screenshot, boxes: Sequence[Box]) -> list[float]:
    """Return the share of pixels that differ in each box. Screens of different sizes differ everywhere."""
    if before.size != after.size:
        return [1.0] * len(boxes)
    if before.digest == after.digest:
        return [0.0] * len(boxes)
    pixels = ImageChops.difference(before.pixels, after.pixels)
    return [_share(pixels.crop(box.pixels(after.size))) for box in boxes]


def looks_same(before: Pixels, after: Pixels, *, noticed: int) -> bool:
    """Return whether two pictures of one size differ at most by a caret and by `noticed`, of 255, in any channel."""
    steps = np.maximum(before, after) - np.minimum(before, after)
    columns = np.flatnonzero((steps.max(axis=2) > noticed).any(axis=0))
    return columns.size == 0 or int(columns[-1] - columns[0]) < CARET.width


def is_caret(edges: PixelBox) -> bool:
    """Return whether a change of this extent may be a blinking caret."""
    return edges.width <= CARET.width and edges.height <= CARET.height


def _looked_at(before: Screenshot, after: Screenshot, at: tuple[Location, ...]) -> Iterator[tuple[Box, str]]:
    for location in at:
        if location.box is not None:
            yield location.box, "at the target"
        yield Box.around(location.point, width=REACH, height=REACH), "at the target"
    if (before.window and before.window.id) != (after.window and after.window.id):
        yield WHOLE, "another window is in front"
    window = after.window
    if window is None or window.box is None or window.own:  # the input went to a window that is not known
        yield WHOLE, "on the screen"
    else:
        yield window.box, "in the window in front"


def _extent(pixels: Image.Image, *, corner: tuple[int, int] = (0, 0)) -> PixelBox | None:
    """Return the box of what is not black, in pixels of the picture that `pixels` was cut from at `corner`."""
    found = pixels.getbbox()
    return PixelBox(*found).moved(*corner) if found else None


def _share(pixels: Image.Image) -> float:
    different = np.asarray(pixels).any(axis=-1)
    return float(different.mean()) if different.size else 0.0
