"""Choosing from what is shown, from what a list shows when it is scrolled, and from what it shows when it is opened."""

from __future__ import annotations

from collections.abc import Sequence

from screenagent.geometry import Box, Location
from screenagent.planner.sight import Sight
from screenagent.planner.skill import Stuck, Work
from screenagent.planner.skills.moves import click, into_view, press, type_text


def choose(sight: Sight, names: Sequence[str], *, place: str) -> Work:
    """One or several; several with ctrl, as lists have it."""
    for number, name in enumerate(names):
        closed = sight.find(f"the {place}") or sight.find("the drop-down")
        if closed is None or not closed.box or not sight.is_one_line(closed.box):
            found = yield from into_view(sight, f"“{name}”")
            if found is None:
                raise Stuck(f"“{name}” is not in the {place}")
            yield (click(sight, found, f"“{name}”", held=("ctrl",) if number else ()),)
        elif not _holds(sight, closed.box, name):
            yield (click(sight, closed, f"the {place}"),)
            if found := _outside(sight, name, closed.box):
                yield (click(sight, found, f"“{name}”"),)
            else:
                yield (type_text(name), press("enter"))


def _holds(sight: Sight, box: Box, name: str) -> bool:
    return any(line.text.casefold() == name.casefold() and line.box.center in box for line in sight.lines)


def _outside(sight: Sight, name: str, box: Box) -> Location | None:
    """The option itself in the list that is open, not the choice that it shows above."""
    return next(
        (
            Location(point=line.box.center, box=line.box, confidence=1.0, by="text")
            for line in sight.lines
            if line.text.casefold() == name.casefold() and line.box.center not in box
        ),
        None,
    )
