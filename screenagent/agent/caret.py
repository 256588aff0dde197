"""Where the caret is, by sight: it blinks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from screenagent.episode import Step
from screenagent.geometry import Box, PixelBox
from screenagent.perception.changes import changed_box
from screenagent.perception.ink import changed_areas
from screenagent.screenshot import Screenshot

BLINK_SECONDS: Final = 1.3
"""Within this a caret that blinks has come or gone."""

WIDEST: Final = 3
HEIGHTS: Final = range(9, 60)
AROUND: Final = 8  # pixels round a field where the ring of its focus is drawn


class Until(Protocol):
    def __call__(self, predicate: Callable[[], object], *, seconds: float) -> bool: ...


@dataclass(frozen=True)
class CaretWatch:
    """Looks for the caret until it has blinked."""

    look: Callable[[], Screenshot]
    until: Until

    def is_elsewhere(self, click: Step) -> bool:
        """Whether `click` changed nothing at its field, and the caret blinks in another place of the window."""
        before, after = click.before, click.after
        if after is None or after.image is None or before.image is None or before.size != after.size:
            return False
        place = click.locations[0]
        field = (place.box or Box.around(place.point, width=0, height=0)).exact_pixels(after.size).grown(AROUND)
        if changed_box(before, after, within=field.box(after.size)) is not None:
            return False
        carets: list[PixelBox] = []

        def has_blinked() -> bool:
            carets[:] = _blinked(after, self.look())
            return bool(carets)

        return self.until(has_blinked, seconds=BLINK_SECONDS) and not any(field.holds(*box.center) for box in carets)


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
