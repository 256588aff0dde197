"""What differs between two pictures of the screen, and whether it is where an action was done. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops

from screenagent.geometry import WHOLE, Box, Location, PixelBox
from screenagent.perception.incidental import (
    CARET,
    RING,
    Mask,
    Region,
    differing,
    extent,
    fades,
    is_caret,
    is_field,
    is_link_bubble,
    is_ring,
    parts,
    regions,
    widens_bubble,
)
from screenagent.perception.restyle import is_recoloured
from screenagent.screenshot import Screenshot

REACH: Final = 0.1  # side of the surroundings, as a part of the display, where a clicked menu or tooltip opens
LARGE: Final = 0.05  # a change of at least this share of the screen is not a clock: a dialog opened or closed
ELSEWHERE: Final = "elsewhere"
GROUND: Final = 0.5  # of a region: what changed so much of it is not only its label
LOST_HIGHLIGHT: Final = "something only lost its highlight"
LIT_UP: Final = "the place that it was dragged to only lit up"

Pixels = npt.NDArray[np.uint8]  # (height, width, 3)


@dataclass(frozen=True)
class Difference:
    """What changed, and where that is with respect to the action; `doubt` is why it may not be the action's effect."""

    box: Box
    place: str
    doubt: str = ""

    @property
    def is_expected(self) -> bool:
        """Whether the change may well be the action's effect; a clock elsewhere on the screen is not."""
        return self.place != ELSEWHERE and not self.doubt


def difference(before: Screenshot, after: Screenshot, at: tuple[Location, ...] = ()) -> Difference | None:
    """Return the change that answers an action done `at` these places, or None if nothing did that counts.

    A caret, a place that moves by itself, and a focus ring or a browser's bubble for a link that came with a click are
    no effect. The effect is looked for around the places, then in the focused window, then anywhere if the change is
    large or another window came to the front. It is doubtful if all that changed is that something elsewhere is no
    longer highlighted, or that the end of a drag is, or if the target is in a place that moves by itself.
    """
    if before.digest == after.digest:
        return None
    if before.size != after.size:
        return Difference(WHOLE, "all over the screen")
    changed = effects(before, after, at)
    everything = extent(changed)
    if everything is None:
        return _moving_target(before, after, at)
    doubt = LOST_HIGHLIGHT if _is_lost_highlight(before, after, changed, at) else ""
    doubt = LIT_UP if _is_lit_up(before, after, changed, at) else doubt
    for box, place in _looked_at(before, after, at):
        left, top, right, bottom = box.pixels(after.size)
        found = extent(changed[top:bottom, left:right])
        if found and not is_caret(found.width, found.height):
            return Difference(PixelBox(*found).moved(left, top).box(after.size), place, doubt)
    place = "all over the screen" if float(changed.mean()) >= LARGE else ELSEWHERE
    return Difference(PixelBox(*everything).box(after.size), place, doubt)


def _moving_target(before: Screenshot, after: Screenshot, at: tuple[Location, ...]) -> Difference | None:
    """Return the change of a place that moves by itself, with the target in it."""
    moving = [box for box in after.moving if any(location.point in box for location in at)]
    seen = next((box for box in moving if changed_box(before, after, within=box)), None)
    return Difference(seen, "at the target", "it moves there by itself") if seen else None


def _is_lost_highlight(before: Screenshot, after: Screenshot, changed: Mask, at: tuple[Location, ...]) -> bool:
    """Return whether all that changed is that something elsewhere has become as what lies round it."""
    if len(at) != 1 or float(changed.mean()) >= LARGE:
        return False
    edges = Box.around(at[0].point, width=REACH, height=REACH).pixels(after.size)
    left, top, right, bottom = edges
    if changed[top:bottom, left:right].any():
        return False
    pictures = np.asarray(before.pixels), np.asarray(after.pixels)
    return all(_loses_highlight(*pictures, changed, region) for region in regions(changed))


def _is_lit_up(before: Screenshot, after: Screenshot, changed: Mask, at: tuple[Location, ...]) -> bool:
    """Return whether all that changed after a drag is the colour of what the mouse is over at its end."""
    if len(at) < 2:
        return False
    pictures = np.asarray(before.pixels), np.asarray(after.pixels)
    *starts, end = (place.point.pixel(after.size) for place in at)
    found = regions(changed)
    return all(not region.holds(start.x, start.y) for region in found for start in starts) and all(
        region.holds(end.x, end.y) and is_recoloured(pictures[0][region.slices], pictures[1][region.slices])
        for region in found
    )


def _loses_highlight(before: Pixels, after: Pixels, changed: Mask, region: Region) -> bool:
    if float(changed[region.slices].mean()) < GROUND:  # a label that turned grey is disabled, which is an effect
        return False
    recoloured = is_recoloured(before[region.slices], after[region.slices])
    return recoloured and fades(before, after, changed, region)


def effects(before: Screenshot, after: Screenshot, at: tuple[Location, ...]) -> Mask:
    """Return the pixels that differ, those left out that changed by themselves or as they do with any click."""
    pictures = np.asarray(before.pixels), np.asarray(after.pixels)
    changed = differing(*pictures)
    for box in (*before.moving, *after.moving):
        left, top, right, bottom = box.pixels(after.size)
        changed[top:bottom, left:right] = False
    if float(changed.mean()) < LARGE:
        for region in regions(changed):
            together = (region,) if _is_incidental(region, changed, pictures, after, at) else parts(changed, region)
            if all(_is_incidental(part, changed, pictures, after, at) for part in together):
                changed[region.slices] = False
    return changed


def _is_incidental(
    region: Region, changed: Mask, pictures: tuple[Pixels, Pixels], after: Screenshot, at: tuple[Location, ...]
) -> bool:
    """Return whether a change of this kind comes with any click, or by itself."""
    if is_caret(region.width, region.height):
        return True
    if len(at) != 1:  # keys move the focus, and a drag may draw a frame
        return False
    target = at[0].point.pixel(after.size)
    if region.holds(target.x, target.y):
        caret = changed[region.shrunk(RING).slices].any()
        return is_ring(changed, region) and not caret and not is_field(pictures[1], region)
    if after.window and after.window.box:
        window = after.window.box.exact_pixels(after.size)
        if is_link_bubble(region, window) or widens_bubble(pictures[1], region, window):
            return True
    return is_ring(changed, region) and fades(*pictures, changed, region)


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
