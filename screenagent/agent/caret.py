"""Whether a field that was clicked has the focus: by the windows, and by its caret, which blinks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from screenagent.episode import Step
from screenagent.geometry import Box, PixelBox
from screenagent.perception.changes import changed_box
from screenagent.perception.ink import changed_areas
from screenagent.screenshot import Screenshot, Window

BLINK_SECONDS: Final = 1.3
"""Within this a caret that blinks has come or gone."""

WIDEST: Final = 3
HEIGHTS: Final = range(9, 60)
AROUND: Final = 8  # pixels round a field where the ring of its focus is drawn


class Until(Protocol):
    def __call__(self, predicate: Callable[[], object], *, seconds: float) -> bool: ...


@dataclass(frozen=True)
class CaretWatch:
    """Finds out whether a field that was clicked has the focus, by the windows and then by sight."""

    look: Callable[[], Screenshot]
    until: Until

    def why_elsewhere(self, click: Step) -> str:
        """Return what speaks against keys reaching the field that `click` clicked; empty if nothing does.

        A field that was not changed by the click may have had the focus before, so its caret is waited for. One that
        was, and looks again as it did before, shows its caret within one blink if it still has the focus.
        """
        before, after, now = click.before, click.after, self.look()
        if taker := _taker(click, now):
            return f"the window {taker.title!r} has the focus, and not the one that was clicked into"
        if after is None or after.image is None or before.image is None or before.size != now.size:
            return ""
        field = _field(click, now).grown(AROUND)
        place = field.box(now.size)
        if changed_box(before, now, within=place) is not None:
            return ""
        carets: list[PixelBox] = []

        def has_shown() -> bool:
            seen = self.look()
            carets[:] = _blinked(now, seen)
            return bool(carets) or changed_box(before, seen, within=place) is not None

        shown = self.until(has_shown, seconds=BLINK_SECONDS)
        if shown and carets and not any(field.holds(*box.center) for box in carets):
            return "the caret is in another place"
        lost = not shown and changed_box(before, after, within=place) is not None
        return "it lost the focus again" if lost else ""


def _taker(click: Step, now: Screenshot) -> Window | None:
    """Return the window that has the keys, if it is another than the one that was clicked into.

    A menu or list and its program have the keys together, and so has an editor that opens right over the field.
    """
    place = click.locations[0].point
    meant, has = click.before.window_at(place), now.focus or now.window
    if meant is None or has is None or has.id == meant.id:
        return None
    together = (has.app, has.title, has.pid) == (meant.app, meant.title, meant.pid)
    box = next((window.box for window in now.windows if window.id == has.id and window.box), None)
    is_main = now.window is not None and has.id == now.window.id
    return None if together and (is_main or (box and place in box)) else has


def _field(click: Step, now: Screenshot) -> PixelBox:
    place = click.locations[0]
    return (place.box or Box.around(place.point, width=0, height=0)).exact_pixels(now.size)


def _blinked(before: Screenshot, now: Screenshot) -> list[PixelBox]:
    """The carets of the window in front that have come or gone."""
    if before.size != now.size or before.digest == now.digest:
        return []
    window = now.window.box if now.window else None
    within = window.exact_pixels(now.size) if window else PixelBox(0, 0, now.size.width, now.size.height)
    areas = changed_areas(np.asarray(before.pixels), np.asarray(now.pixels))
    return [
        area for area in areas if area.width <= WIDEST and round(area.height) in HEIGHTS and within.holds(*area.center)
    ]
