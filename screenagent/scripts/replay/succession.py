"""Whether an action of a script can begin before all that may follow the one before it has had its time."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from screenagent.actions import Click, TypeText, WaitFor, targets
from screenagent.geometry import Location
from screenagent.screenshot import Screenshot
from screenagent.scripts.replay.actions import ScriptAction

Seen = Callable[[Mapping[str, str], Screenshot], tuple[Location, ...]]
"""Where all targets, by their words and their anchors' names, are by their appearance; empty if one is not."""


def may_follow(
    current: ScriptAction, following: ScriptAction, screenshot: Screenshot, *, shows: bool, seen: Seen
) -> bool:
    """Return whether `following` can begin on a screen at rest that `current` `shows` on, or not.

    Keys can follow a click into a field, which may show nothing if it was recorded so, and a look for words any click.
    What has a target can follow a click or a text if the target is found by its appearance, and is not where the click
    was: it may still be the one that was clicked.
    """
    match current.planned.action, following.planned.action:
        case Click(), TypeText() if current.gives_focus_to(following):
            return shows or current.may_show_nothing
        case Click(), WaitFor(gone=False):  # which waits by itself for what may follow
            return shows
        case Click() | TypeText(), action if targets(action):
            names = following.anchor_names
            is_known = all(target.words in names for target in targets(action))
            places = seen(names, screenshot) if shows and is_known else ()
            return places != () and not any(_is_under_mouse(place, screenshot) for place in places)
        case _:
            return False


def _is_under_mouse(place: Location, screenshot: Screenshot) -> bool:
    mouse = screenshot.pointer
    return mouse is not None and (place.point == mouse if place.box is None else mouse in place.box)
