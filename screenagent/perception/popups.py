"""What an open menu or list, or something that opens over a target, does to a click."""

from __future__ import annotations

from typing import Final

import numpy as np

from screenagent.geometry import Location, PixelBox
from screenagent.perception.changes import effects
from screenagent.perception.incidental import TILE, Region, differing, regions
from screenagent.perception.restyle import UNLIKE, drawn_alike, is_recoloured
from screenagent.screenshot import Screenshot

SHADOW: Final = 16  # pixels round a popup that it may darken; what opened it is as near
ENTRY_HEIGHT: Final = 48  # of a menu's title or a drop-down's field, in pixels, which loses its highlight
OVERHANG: Final = 12  # pixels by which what covers a target reaches beyond it


def only_closed_popup(before: Screenshot, after: Screenshot, at: tuple[Location, ...]) -> bool:
    """Return whether a click did no more than close the menu or list that was open elsewhere."""
    if len(at) != 1 or not before.popups or before.size != after.size:
        return False
    if any(popup in after.popups for popup in before.popups):
        return False
    size = before.size
    popups = [popup.exact_pixels(size) for popup in before.popups]
    target = at[0].point.pixel(size)
    if any(popup.grown(SHADOW).holds(target.x, target.y) for popup in popups):
        return False
    changed = effects(before, after, at)
    for popup in popups:
        changed[Region(*popup.grown(SHADOW).clipped(*changed.shape[::-1]).rounded).slices] = False
    pictures = np.asarray(before.pixels), np.asarray(after.pixels)
    return all(
        _is_of_opener(region, popups)
        or (
            region.shrunk(-SHADOW).holds(target.x, target.y)
            and is_recoloured(pictures[0][region.slices], pictures[1][region.slices])
        )
        for region in regions(changed)
    )


def is_covered(before: Screenshot, hovered: Screenshot, location: Location) -> bool:
    """Return whether something has opened over a target as the mouse came to it, so that the target is not seen."""
    if location.box is None or before.size != hovered.size:
        return False
    box = location.box.exact_pixels(before.size)
    pictures = [np.asarray(screen.pixels) for screen in (before, hovered)]
    over = [region for region in regions(differing(*pictures)) if _reaches_beyond(region, box)]
    place = Region(*box.rounded).slices
    return bool(over) and drawn_alike(pictures[0][place], pictures[1][place]) < UNLIKE


def _is_of_opener(region: Region, popups: list[PixelBox]) -> bool:
    """Return whether a change is right beside a popup, and of what had opened it: it loses its highlight."""
    found = PixelBox(*region)
    return region.height <= ENTRY_HEIGHT and any(popup.grown(SHADOW + TILE).shared_area(found) for popup in popups)


def _reaches_beyond(region: Region, box: PixelBox) -> bool:
    found = PixelBox(*region)
    if found.shared_area(box) < box.area / 2:
        return False
    sides = (box.left - found.left, box.top - found.top, found.right - box.right, found.bottom - box.bottom)
    return sum(side > OVERHANG for side in sides) >= 2
