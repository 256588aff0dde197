"""What was clicked a moment ago and is selected since: its letters may not be read on the highlight. Pure."""

from __future__ import annotations

from typing import Final

import numpy as np

from screenagent.actions import Click, targets
from screenagent.episode import Episode, Step
from screenagent.geometry import Box, Location
from screenagent.perception.restyle import RGB, drawn_alike
from screenagent.screenshot import Screenshot

SAME: Final = 0.9
"""How alike the same letters are drawn at least, before and after a highlight; one letter more is below 0.7."""
INK: Final = 60  # of 255, by which letters differ from their ground
EDGE: Final = 2  # pixels at the edges of a place that the edge of a highlight may cross


def selected_before(words: str, episode: Episode) -> Location | None:
    """Return where the last input clicked the target of these words, if the same is drawn there in other colours."""
    last = next((step for step in reversed(episode.steps) if step.sent), None)
    now = episode.screenshot
    if last is None or now is None or not _clicked(words, last):
        return None
    place = last.locations[0]
    return place if place.box and _is_recoloured(last.before, now, place.box) else None


def _clicked(words: str, step: Step) -> bool:
    """Whether a step clicked these words; where a skill had found them, they need not be read again."""
    action = step.action
    return isinstance(action, Click) and len(step.locations) == 1 and targets(action)[0].words == words


def _is_recoloured(before: Screenshot, now: Screenshot, box: Box) -> bool:
    same_window = (before.window and before.window.id) == (now.window and now.window.id)
    if before.image is None or now.image is None or before.size != now.size or not same_window:
        return False
    one, other = _part(before, box), _part(now, box)
    is_written = np.ptp(one) > INK and np.ptp(other) > INK
    return bool(is_written) and not np.array_equal(one, other) and drawn_alike(one, other) >= SAME


def _part(screen: Screenshot, box: Box) -> RGB:
    place = box.exact_pixels(screen.size)
    inner = place.grown(-EDGE) if min(place.width, place.height) > 4 * EDGE else place
    return np.asarray(screen.pixels.convert("RGB").crop(inner.rounded))
