"""Where a step is said to be done: in a dialog, on a tab, in a menu that is opened first."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Final

from screenagent.events import PlannedStep
from screenagent.planning.instructions.steps import click_on
from screenagent.planning.skills import states
from screenagent.planning.skills.skill import Skill

StepsOf = Callable[[str], tuple[PlannedStep | Skill, ...] | None]

_WINDOW: Final = re.compile(
    r"(?:in|on|inside|within|from)\s+the\s+(?:\S.{0,60}?\s)?(?:dialog(?:ue)?(?:\sbox|\swindow)?|window|pop-?up(?:\swindow)?"
    r"|message\sbox)\s*,?\s+(?P<step>\S.*)",
    re.IGNORECASE | re.DOTALL,
)
_CALLED: Final = re.compile(
    r"(?:in|on|inside|within)\s+(?-i:[A-Z])[\w-]*(?:\s[\w-]+){0,2}\s*,\s+(?P<step>\S.*)", re.IGNORECASE | re.DOTALL
)
_TAB: Final = re.compile(
    r"(?:in|on|under|from)\s+(?P<tab>the\s+\S.{0,60}?\s(?:tab|page))\s*,?\s+(?P<step>\S.*)", re.IGNORECASE | re.DOTALL
)
_MENU: Final = re.compile(
    r"(?:in|from|under)\s+(?P<menu>the\s+\S.{0,60}?\smenu)\s*,?\s+(?P<step>\S.*)", re.IGNORECASE | re.DOTALL
)


def placed_steps(phrase: str, read: StepsOf) -> tuple[PlannedStep | Skill, ...] | None:
    """Return the steps of a phrase that begins with a place, or None if it does not.

    The window in front is worked in anyway; a tab is selected first, and a menu is opened.
    """
    if window := _WINDOW.fullmatch(phrase) or _CALLED.fullmatch(phrase):
        return read(window["step"])
    if tab := _TAB.fullmatch(phrase):
        return _after(_selected(tab["tab"]), read(tab["step"]))
    if menu := _MENU.fullmatch(phrase):
        return _after(click_on(menu["menu"]), read(menu["step"]))
    return None


def _after(
    first: PlannedStep | Skill, steps: tuple[PlannedStep | Skill, ...] | None
) -> tuple[PlannedStep | Skill, ...] | None:
    return None if steps is None else (first, *steps)


def _selected(tab: str) -> Skill:
    return Skill(f"select {tab}", partial(states.select, target=tab), target=tab, blind=(click_on(tab),))
