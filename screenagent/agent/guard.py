"""Is the screen still the one that was reviewed? Looked at just before an input is sent. Pure."""

from __future__ import annotations

from typing import Final

from screenagent.actions import CloseWindow, FocusWindow, Input, KeyboardInput, OpenProgram
from screenagent.geometry import Box, Location
from screenagent.perception.changes import changed_box
from screenagent.perception.incidental import is_caret
from screenagent.perception.named_window import names_one, window_named
from screenagent.perception.standing import stands_alike
from screenagent.screenshot import Screenshot, Window

PATCH: Final = 0.03
"""Side of the patch round a target without a box, as a part of the display: about 38 by 22 pixels at 1280x720."""

NEAR: Final = 0.006
"""How far a target may move and still be the same place: under 8 pixels at 1280x720."""


CARET_HEIGHT: Final = 6
"""Pixels; what is lower is no caret."""


def same_screen(reviewed: Screenshot, now: Screenshot, action: Input, locations: tuple[Location, ...]) -> bool:
    """For the keyboard, the same foreground window; for the mouse, the same picture round each target; for a window
    that is named, the same one."""
    match action:
        case OpenProgram():
            return True
        case FocusWindow(window=words) | CloseWindow(window=words):
            return is_same_named(words, reviewed, now)
    if now.digest == reviewed.digest and now.window == reviewed.window:
        return True
    if isinstance(action, KeyboardInput):
        return same_window(reviewed, now) and same_windows(reviewed, now, locations)
    if not same_windows(reviewed, now, locations):
        return False
    return now.size == reviewed.size and all(_same_patch(reviewed, now, location) for location in locations)


def same_window(reviewed: Screenshot, now: Screenshot) -> bool:
    """Titles may change (a document is edited); the window may not, except for our own terminal, where one approves."""
    if now.window and now.window.own:
        return True
    return (reviewed.window and reviewed.window.id) == (now.window and now.window.id)


def same_windows(reviewed: Screenshot, now: Screenshot, locations: tuple[Location, ...]) -> bool:
    """Return whether the windows at these places are the ones that were reviewed and are called as they were; without
    places, the window in front. The policy has judged them by that."""
    points = [location.point for location in locations]
    pairs = [(reviewed.window_at(point), now.window_at(point)) for point in points] or [(reviewed.window, now.window)]
    return all(before is after or _is_still(before, after) for before, after in pairs)


def _is_still(before: Window | None, after: Window | None) -> bool:
    return before is not None and after is not None and (after.own or before.is_called_like(after))


def is_same_named(words: str, reviewed: Screenshot, now: Screenshot) -> bool:
    """Return whether these words name the same window on both screens, and it is called as it was."""
    if not (names_one(words, reviewed) and names_one(words, now)):
        return False
    before, after = window_named(words, reviewed), window_named(words, now)
    return before.id == after.id and _is_still(before, after)


def same_places(earlier: tuple[Location, ...], later: tuple[Location, ...]) -> bool:
    return len(earlier) == len(later) and all(
        abs(a.point.x - b.point.x) <= NEAR and abs(a.point.y - b.point.y) <= NEAR
        for a, b in zip(earlier, later, strict=True)
    )


def same_things(
    reviewed: Screenshot, earlier: tuple[Location, ...], now: Screenshot, later: tuple[Location, ...]
) -> bool:
    """Return whether the targets are where they were and look as they did. What moves by itself need not look alike."""
    return same_places(earlier, later) and all(
        stands_alike(reviewed, before, now, after) or any(before.point in moving for moving in reviewed.moving)
        for before, after in zip(earlier, later, strict=True)
    )


def _same_patch(reviewed: Screenshot, now: Screenshot, location: Location) -> bool:
    """A caret that blinks in the target does not make it another one."""
    box = location.box or Box.around(location.point, width=PATCH, height=PATCH)
    changed = changed_box(reviewed, now, within=box)
    if changed is None:
        return True
    edges = changed.exact_pixels(now.size)
    return round(edges.height) >= CARET_HEIGHT and is_caret(round(edges.width), round(edges.height))
