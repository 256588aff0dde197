"""Dates and times: typed into a field that has the parts of one, or clicked in the calendar that a field opens."""

from __future__ import annotations

import re
from datetime import date, time
from typing import Final

from screenagent.geometry import Location
from screenagent.perception.labels import TextLine
from screenagent.planning.instructions.steps import type_text
from screenagent.planning.instructions.tokens import MONTHS, compile_pattern
from screenagent.planning.skills.moves import click, replace_text, require
from screenagent.planning.skills.skill import SkillFailed, SkillRun, TargetUnseen
from screenagent.planning.skills.view import ScreenView

MOST_MONTHS: Final = 240
_PARTS: Final = re.compile(r"(?:mm|dd|yyyy|--)\W", re.IGNORECASE)
_MONTH: Final = compile_pattern(r"({MONTH})\W*(\d{4})")


def choose_date(view: ScreenView, day: date, *, field: str, written: str, named: bool = False) -> SkillRun:
    """Enter a date; where the field was `named`, no other field will do."""
    place = _field_named(view, field) if named else view.find(field) or require(view, "the first field")
    if parts := _parts(view, place):
        yield (click(parts, "its first part"), type_text(f"{day:%m%d%Y}"))
        return
    if _shown_month(view) is None:
        yield (click(place, field),)
    if _shown_month(view) is None:
        yield replace_text(place, field, written)
        return
    yield from turn_to(view, day)


def turn_to(view: ScreenView, day: date) -> SkillRun:
    """In a calendar that is open: from month to month by its arrows, then the day."""
    for _ in range(MOST_MONTHS):
        if (shown := _shown_month(view)) is None:
            raise SkillFailed("the calendar does not say which month it shows")
        line, month = shown
        lacking = 12 * (day.year - month.year) + day.month - month.month
        if lacking == 0:
            yield (click(_day(view, day.day, line), f"day {day.day}"),)
            return
        seen = view.screen.digest
        yield (click(_arrow(view, line, onward=lacking > 0), "the next month" if lacking > 0 else "the month before"),)
        if view.screen.digest == seen:
            raise SkillFailed(f"the calendar goes no further than {line.text}")
    raise SkillFailed(f"{day:%B %Y} is too far away")


def _field_named(view: ScreenView, field: str) -> Location:
    found = view.find_exactly(field)
    if found is None or found.by == "text":
        raise TargetUnseen(f"{field} is not to be seen")
    return found


def set_time(view: ScreenView, at: time, *, field: str) -> SkillRun:
    place = view.find(field) or require(view, "the first field")
    yield (click(_left_end(place), "its first part"), type_text(f"{at:%I%M%p}"))


def _parts(view: ScreenView, place: Location) -> Location | None:
    """Where the first part of an empty date field is, such as its mm."""
    if place.box is None:
        return None
    written = [line for line in view.lines if line.box.center in place.box and _PARTS.search(line.text + " ")]
    return _left_end(place) if written else None


def _left_end(place: Location) -> Location:
    assert place.box is not None
    box = place.box
    inset = box.left + 0.12 * (box.right - box.left)
    return place.model_copy(update={"point": place.point.model_copy(update={"x": inset})})


def _shown_month(view: ScreenView) -> tuple[TextLine, date] | None:
    for line in view.lines:
        if found := _MONTH.search(line.text):
            return line, date(int(found[2]), MONTHS.index(found[1].capitalize()) + 1, 1)
    return None


def _arrow(view: ScreenView, month: TextLine, *, onward: bool) -> Location:
    """What turns the page of a calendar stands at the ends of the line with its month's name."""
    for name in ("Next", "›", "»", ">", "→") if onward else ("Prev", "Previous", "‹", "«", "<", "←"):
        for line in view.lines:
            if line.text == name:
                return Location(point=line.box.center, box=line.box, confidence=1.0, by="text")
    days = [box for value, box in view.numbers() if 1 <= value <= 31 and box.top > month.box.bottom]
    if not days:
        raise SkillFailed("the calendar shows no days")
    x = max(box.right for box in days) if onward else min(box.left for box in days)
    return Location(point=month.box.center.model_copy(update={"x": x}), confidence=0.6, by="text")


def _day(view: ScreenView, number: int, month: TextLine) -> Location:
    days = [box for value, box in view.numbers() if value == number and box.top > month.box.bottom]
    if not days:
        raise SkillFailed(f"the calendar shows no day {number}")
    box = days[-1] if number > 20 else days[0]
    return Location(point=box.center, box=box, confidence=1.0, by="text")
