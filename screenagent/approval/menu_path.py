"""A way through a menu: its entries are asked about together with the step that opens it. Pure.

Whoever goes to the terminal to answer closes the menu that is open, so the menu should not be open then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile
from typing import Final

from screenagent.actions import Action, Click, Move
from screenagent.episode import Episode, Step
from screenagent.events import Approve
from screenagent.geometry import WHOLE, Box, Location
from screenagent.perception.changes import changed_shares
from screenagent.perception.labels import text_lines
from screenagent.screenshot import Screenshot, Word

MOST_ENTRIES: Final = 2
LARGEST_MENU: Final = 0.35
"""The largest part of the screen that a menu changes; a larger one is another page or window."""
SURE: Final = 0.6
"""How sure the place of an entry has to be that nobody is shown again."""
PATCH: Final = 0.03
"""Side of the patch round a place without a box, as a part of the display."""
NOTICED: Final = 0.02
"""The part of a place that has to differ for it to be another; a caret in it is less."""
QUOTES: Final = "“”\"'‘’ "


def opens(action: Action | None) -> bool:
    """Whether the action may open a menu: a plain click, or the mouse over an entry that has more of them."""
    match action:
        case Click(button="left" | "right", count=1, modifiers=()):
            return True
        case _:
            return isinstance(action, Move)


def entries_after(episode: Episode, words: Callable[[], Sequence[Word]]) -> tuple[Click, ...]:
    """Return the clicks that come next in the plan, on what is not on the screen yet: the step under way brings it."""
    step = episode.current
    if step is None or step.decision is None or step.decision.step.action != step.action or not _is_click(step.action):
        return ()
    ahead = [planned.action for planned in step.decision.plan.steps[step.decision.at + 1 :][:MOST_ENTRIES]]
    if not ahead or not _may_be_entry(ahead[0]):
        return ()
    shown = [_bare(line.text) for line in text_lines(words())]
    clicks = [action for action in takewhile(_may_be_entry, ahead) if isinstance(action, Click)]
    return tuple(takewhile(lambda click: not any(_bare(click.target.words) in line for line in shown), clicks))


def came_with_menu(action: Action, locations: Sequence[Location], episode: Episode) -> bool:
    """Whether this entry was approved with the step that opened its menu, and is in what that one brought up."""
    step, screen = episode.current, episode.screenshot
    if step is None or screen is None or step.decision is None or step.decision.step.action != action:
        return False
    approved = any(
        isinstance(opener.verdict, Approve) and opener.verdict.entries >= back
        for back, opener in enumerate(_done_before(step, episode), start=1)
    )
    return (
        approved
        and all(place.confidence >= SURE for place in locations)
        and _same_window(episode.steps[-2].before, screen)
        and came_up(episode.steps[-2].before, screen, locations)
    )


def came_up(before: Screenshot, after: Screenshot, locations: Sequence[Location]) -> bool:
    """Whether these places are in something new that is no larger than a menu."""
    if before.image is None or after.image is None or not locations:
        return False
    everywhere, *places = changed_shares(before, after, [WHOLE, *map(_patch, locations)])
    return everywhere <= LARGEST_MENU and all(share > NOTICED for share in places)


def has_closed(opener: Step, reviewed: Screenshot, now: Screenshot, locations: Sequence[Location]) -> bool:
    """Whether a menu that `opener` opened was at these places when they were reviewed, and is gone now."""
    if not (opens(opener.action) and opener.acted and isinstance(opener.verdict, Approve)):
        return False

    def in_menu(screen: Screenshot) -> bool:
        return bool(locations) and all(any(place.point in menu for menu in screen.popups) for place in locations)

    return _same_window(opener.before, now) and in_menu(reviewed) and not (in_menu(now) or in_menu(opener.before))


def _done_before(step: Step, episode: Episode) -> Iterator[Step]:
    """The steps right before this one in its plan, the last first, as far as they were done one after the other."""
    decision = step.decision
    assert decision is not None
    for back, earlier in enumerate(episode.steps[-2 : -2 - MOST_ENTRIES : -1], start=1):
        planned = earlier.decision
        if planned is None or (planned.plan, planned.at) != (decision.plan, decision.at - back):
            return
        if not earlier.acted or earlier.feedback:
            return
        yield earlier


def _is_click(action: Action | None) -> bool:
    return isinstance(action, Click) and opens(action)


def _may_be_entry(action: Action) -> bool:
    return isinstance(action, Click) and action.button == "left" and opens(action) and action.target.at is None


def _bare(words: str) -> str:
    return words.strip(QUOTES).casefold()


def _same_window(before: Screenshot, after: Screenshot) -> bool:
    return (before.window and before.window.id) == (after.window and after.window.id)


def _patch(location: Location) -> Box:
    return location.box or Box.around(location.point, width=PATCH, height=PATCH)
