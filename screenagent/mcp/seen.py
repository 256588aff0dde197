"""Does an input reach what the client saw when it planned it? Pure.

After the person's yes, the loop's guard compares the screen with the one that they were asked about. This compares the
one that they are asked about with the one that the client had seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from screenagent.actions import CloseWindow, FocusWindow, Input, OpenProgram
from screenagent.agent.guard import is_same_named, same_windows
from screenagent.geometry import WHOLE, Box, Location
from screenagent.perception.changes import effects
from screenagent.perception.incidental import regions
from screenagent.perception.standing import PATCH, stands_alike
from screenagent.screenshot import Screenshot

ANOTHER: Final = 0.02
"""If so much of the window in front has changed by itself, it shows something else: a dialog, or another page."""


@dataclass(frozen=True)
class FirstLooks:
    """What the client had `seen`, and the screen on which its steps begin: what differs came without it. A step that
    `is_first` begins there itself."""

    seen: Screenshot
    begun: Screenshot
    is_first: bool


def why_another(looks: FirstLooks, action: Input, locations: tuple[Location, ...]) -> str:
    """Return why the action reaches something else than what was seen; empty if it does not."""
    seen, begun = looks.seen, looks.begun
    if seen.digest == begun.digest and seen.window == begun.window:
        return ""
    match action:
        case OpenProgram():
            return ""
        case FocusWindow(window=words) | CloseWindow(window=words):
            is_same = not looks.is_first or is_same_named(words, seen, begun)
            return "" if is_same else "another window is called so than on your frame"
    if not all(_is_as_seen(seen, begun, place) for place in locations):
        return "what stands there is not what stood there on your frame"
    if looks.is_first and not same_windows(seen, begun, locations):
        return "another window is there than on your frame"
    if looks.is_first and _share(seen, begun) >= ANOTHER:
        return "the window in front shows something else than on your frame"
    return ""


def _is_as_seen(seen: Screenshot, begun: Screenshot, place: Location) -> bool:
    """Return whether the same stood there, and beside it: a button belongs to what its line says."""
    if seen.size != begun.size:
        return False
    if any(place.point in moving for moving in (*seen.moving, *begun.moving)):
        return True
    if not stands_alike(seen, place, begun):
        return False
    line = place.model_copy(update={"box": _line(place)})
    moves = any(_meet(line.box or WHOLE, moving) for moving in (*seen.moving, *begun.moving))
    return moves or stands_alike(seen, line, begun)


def _line(place: Location) -> Box:
    box = place.box or Box.around(place.point, width=PATCH, height=PATCH)
    return Box(left=0.0, top=box.top, right=1.0, bottom=box.bottom)


def _meet(one: Box, other: Box) -> bool:
    return one.left < other.right and other.left < one.right and one.top < other.bottom and other.top < one.bottom


def _share(seen: Screenshot, begun: Screenshot) -> float:
    """Return how much of the window in front has changed, but for what moves by itself or blinks."""
    if seen.size != begun.size:
        return 1.0
    left, top, right, bottom = ((begun.window and begun.window.box) or WHOLE).pixels(begun.size)
    changed = effects(seen, begun, ())[top:bottom, left:right]
    area = sum(region.width * region.height for region in regions(changed))
    return area / max(1, changed.size)
