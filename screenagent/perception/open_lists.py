"""The list that a drop-down has opened: what is new on the screen beside it, and what is written in that."""

from __future__ import annotations

from typing import Final

import numpy as np

from screenagent.geometry import Box, PixelBox
from screenagent.perception.pixels import absolute_difference, connected_regions, dilation
from screenagent.screenshot import Screenshot

NOTICED: Final = 10  # of 255 in any channel: more than this is a change
FEWEST_ROWS: Final = 0.8  # of the height of the drop-down: a smaller change is its own look


def opened_list(before: Screenshot, after: Screenshot, control: Box) -> Box | None:
    """Return the box of what came up at a control, above, below or over it; None if nothing did."""
    if before.size != after.size or before.digest == after.digest:
        return None
    place = control.exact_pixels(after.size)
    changed = absolute_difference(np.asarray(before.pixels), np.asarray(after.pixels)).max(axis=2) > NOTICED
    reach = max(7, round(place.height))
    numbers = connected_regions(dilation(changed.view(np.uint8), reach, reach), corners=True).numbers
    found = [_extent(changed & (numbers == number)) for number in np.unique(numbers[changed])]
    fitting = [rect for rect in found if _came_up_at(rect, place)]
    return max(fitting, key=lambda rect: rect.area).box(after.size) if fitting else None


def _came_up_at(rect: PixelBox, control: PixelBox) -> bool:
    beyond = max(control.top - rect.top, rect.bottom - control.bottom)
    beside = rect.shared_width(control) > 0.3 * control.width
    return beside and beyond > FEWEST_ROWS * control.height and rect.shared_height(control) > -1.5 * control.height


def _extent(mask: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> PixelBox:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return PixelBox(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
