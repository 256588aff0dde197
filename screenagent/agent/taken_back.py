"""Whether what a step brought about was taken back a moment later. Pure."""

from __future__ import annotations

from typing import Final

from screenagent.events import Effect
from screenagent.geometry import PixelBox
from screenagent.perception.changes import changed_box
from screenagent.screenshot import Screenshot

AROUND: Final = 6
"""Pixels: what surrounds a text in its field."""


def taken_back(first: Effect | None, later: Effect, seen: Screenshot, now: Screenshot) -> Effect | None:
    """Return that a field no longer reads what was `seen` in it at `first`; None if it does, or was left.

    Where the surroundings have changed, too, another page or window may have come, and the field is gone.
    """
    if first is None or first.code != "value" or first.outcome != "confirmed" or first.where is None:
        return None
    if later.outcome not in ("changed", "unchanged", "unknown") or seen.size != now.size:
        return None
    place = PixelBox(*first.where.pixels(now.size))
    around = place.grown(AROUND).clipped(now.size.width, now.size.height)
    if changed_box(seen, now, first.where) is None or not _is_frame_kept(seen, now, place, around):
        return None
    said = f"{first.evidence} at first, and another text a moment later"
    return first.model_copy(update={"outcome": "contradicted", "evidence": said})


def _is_frame_kept(seen: Screenshot, now: Screenshot, place: PixelBox, around: PixelBox) -> bool:
    """Return whether nothing has changed right above and below the place: the other text may be longer."""
    above = PixelBox(around.left, around.top, around.right, place.top)
    below = PixelBox(around.left, place.bottom, around.right, around.bottom)
    return all(changed_box(seen, now, strip.box(now.size)) is None for strip in (above, below))
