"""Choosing from what is shown, from what a list shows when it is scrolled, and from what it shows when it is opened."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import Final

from screenagent.actions import Move
from screenagent.events import PlannedStep
from screenagent.geometry import Box, Location
from screenagent.perception.similarity import likeness
from screenagent.planning.instructions.steps import click_on, press, type_text
from screenagent.planning.skills.moves import click, scroll_into_view
from screenagent.planning.skills.skill import SkillFailed, SkillRun
from screenagent.planning.skills.view import ScreenView

MOST_STEPS: Final = 30


def choose(view: ScreenView, names: Sequence[str], *, place: str) -> SkillRun:
    """One or several; several with ctrl, as lists have it."""
    for number, name in enumerate(names):
        closed = view.find(f"the {place}") or view.find("the drop-down")
        if closed is None or not closed.box or not view.is_one_line(closed.box):
            found = yield from scroll_into_view(view, f"“{name}”")
            if found is None:
                raise SkillFailed(f"“{name}” is not in the {place}")
            yield (click(found, f"“{name}”", held=("ctrl",) if number else ()),)
        elif not _holds(view, closed.box, name):
            yield (click(closed, f"the {place}"),)
            if found := _outside(view, name, closed.box):
                yield (click(found, f"“{name}”"),)
            else:
                yield (type_text(name), press("enter"))
                if not _holds(view, closed.box, name):
                    yield from _stepped_to(view, name, closed, closed.box)


def _stepped_to(view: ScreenView, name: str, closed: Location, box: Box) -> SkillRun:
    """In a list that opens but does not go where it is typed: by its arrow down, from the top."""
    yield (click(closed, "the list"), press("home"))
    for _ in range(MOST_STEPS):
        if found := _outside(view, name, box):
            yield (click(found, f"“{name}”"),)
            return
        seen = view.screen.digest
        yield (press("down"),)
        if view.screen.digest == seen:
            break
    raise SkillFailed(f"“{name}” is not in the list")


def follow(view: ScreenView, names: Sequence[str]) -> SkillRun:
    """Through menus: what the mouse over an item does not open, a click on it does."""
    for name, following in zip_longest(names, names[1:]):
        if following:
            yield (PlannedStep(action=Move(target=name)),)
            if view.find(following):
                continue
        yield (click_on(name),)


def _holds(view: ScreenView, box: Box, name: str) -> bool:
    if any(line.text.endswith(("..", "…")) and line.box.center in box for line in view.lines):
        return False  # cut off, it may be any that begins so
    shown = view.find(f"“{name}”")
    return bool(shown and shown.point in box) or any(
        likeness(name, line.text) > 0 and line.box.center in box for line in view.texts()
    )


def _outside(view: ScreenView, name: str, box: Box) -> Location | None:
    """The option itself in the list that is open, not the choice that it shows above."""
    found = view.find(f"“{name}”")
    if found and found.point not in box:
        return found
    return next(
        (
            Location(point=line.box.center, box=line.box, confidence=1.0, by="text")
            for line in view.texts()
            if likeness(name, line.text) > 0 and line.box.center not in box
        ),
        None,
    )
