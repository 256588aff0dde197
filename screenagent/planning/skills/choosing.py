"""Choosing from what is shown, from what a list shows when it is scrolled, and from what it shows when it is opened."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Sequence
from functools import partial
from itertools import pairwise
from typing import Final

from rapidfuzz import fuzz, process

from screenagent.actions import Direction, Holds, Move, TypeText, Verify, Wait
from screenagent.events import PlannedStep
from screenagent.geometry import Box, Location
from screenagent.perception.labels import TextLine
from screenagent.perception.similarity import letters_of, likeness
from screenagent.planning.instructions.steps import click_on, press
from screenagent.planning.skills.lists import rows_of, select_rows
from screenagent.planning.skills.moves import appearing, click, scroll, scroll_into_view
from screenagent.planning.skills.skill import SkillFailed, SkillRun, SkillStepFailed, SkillSteps, TargetUnseen
from screenagent.planning.skills.states import switch
from screenagent.planning.skills.view import ScreenView
from screenagent.screenshot import ElementState

MOST_TURNS: Final = 20
PAUSE: Final = 0.4
"""Seconds that a list is waited for after the click that is to open it."""
NAMED: Final = 3
"""How many of the options that come nearest are named."""
LIST_BOX: Final = re.compile(
    r"(?:the )?(?:scroll(?:ing|able)?|multiple|multi-?select|open) list(?: ?box)?|list ?box", re.I
)
"""A list that shows its rows, and is no drop-down."""
ANY_DROPDOWN: Final = re.compile(r"(?:drop-?down|combo ?box|select)(?: list| menu| box)?|list|options|selection", re.I)
DROPDOWN: Final = re.compile(r"\b(?:drop-?down|combo ?box|select)\b", re.IGNORECASE)


def choose(view: ScreenView, names: Sequence[str], *, place: str) -> SkillRun:
    """Choose one of a drop-down, or one or several of a list."""
    is_dropdown = DROPDOWN.search(place) is not None
    rows = None if is_dropdown else rows_of(view, names, place)
    if rows:
        yield from select_rows(view, rows)
        return
    closed = _closed(view, place)
    if closed is None and is_dropdown:
        raise TargetUnseen(f"there is no {place} on the screen")
    if closed is None:
        yield from _scrolled_to(view, names, place)
    elif len(names) > 1:
        raise SkillFailed(f"the {place} takes one choice, not {len(names)}")
    else:
        yield from Dropdown(view, closed, place).choose(names[0])


def choose_setting(view: ScreenView, name: str, setting: str) -> SkillRun:
    """Choose an option where the screen offers it: in the drop-down of that name, or as a radio button."""
    seen = _one_line(view, view.seen_dropdown(setting))
    if seen is None and view.find(f"“{name}”"):
        yield from switch(view, f"“{name}”", "checked")
    elif (closed := seen or _one_line(view, view.dropdown(setting))) is not None:
        yield from Dropdown(view, closed, setting).choose(name)
    else:
        raise TargetUnseen(f"neither a {setting} drop-down nor “{name}” is on the screen")


def _closed(view: ScreenView, place: str) -> Location | None:
    """The drop-down of that name, or the only one if no name was said."""
    if LIST_BOX.fullmatch(place):
        return None
    if ANY_DROPDOWN.fullmatch(place):
        return _one_line(view, view.find(f"the {place}") or view.find("the drop-down"))
    name = ANY_DROPDOWN.sub("", place).strip(" “”\"'")
    return _one_line(view, view.dropdown(name) or view.find(f"the {place}"))


def _one_line(view: ScreenView, found: Location | None) -> Location | None:
    return found if found and found.box and view.is_one_line(found.box) else None


def _scrolled_to(view: ScreenView, names: Sequence[str], place: str) -> SkillRun:
    """One or several of a list that is larger than what it shows; several with ctrl, as lists have it."""
    for number, name in enumerate(names):
        found = yield from scroll_into_view(view, f"“{name}”")
        if found is None:
            found = yield from appearing(partial(view.find, f"“{name}”"))
        if found is None:
            raise SkillFailed(f"“{name}” is not in the {place}")
        yield (click(found, f"“{name}”", held=("ctrl",) if number else ()),)


class Dropdown:
    """A drop-down that is closed: it is opened, and exactly the option that was named is taken."""

    def __init__(self, view: ScreenView, closed: Location, name: str) -> None:
        assert closed.box is not None
        self._view = view
        self._closed = closed
        self._box = closed.box
        self._name = name
        self._kind = name if DROPDOWN.search(name) else f"{name} drop-down"

    def choose(self, name: str) -> SkillRun:
        shown = self._view.value(self._box)
        wanted = Holds(control=self._name, at=self._box, value=name)
        if shown is not None and likeness(name, shown) > 0:
            yield (PlannedStep(action=Verify(that=wanted)),)
            return
        opened = yield from self._opened()
        if opened is None:
            yield (PlannedStep(action=TypeText(text=name)), press("enter"))  # a list may open unseen, and take keys
            shown = self._view.value(self._box)
            if shown is not None and likeness(name, shown) > 0:
                yield (PlannedStep(action=Verify(that=wanted)),)
                return
            opened = yield from self._opened()  # a list that was closing may have taken the click for itself
        if opened is None:
            raise SkillFailed(f"the {self._kind} does not open; it shows “{shown or 'nothing'}”")
        option = self._option(name, opened) or (yield from self._searched(name, opened))
        named = shown is None or letters_of(self._name).startswith(letters_of(shown))
        step = click(option, f"“{name}”")
        step = step if named else step.model_copy(update={"expectation": wanted})
        try:
            yield (step,)
        except SkillStepFailed:
            if self._option(name, opened) != option:
                raise
            yield (step,)  # a list that is still coming up may take no click

    def _opened(self) -> Generator[SkillSteps, None, Box | None]:
        """Click the drop-down, and return where its list came up."""
        before = self._view.screen
        yield (click(self._closed, f"the {self._kind}"),)
        if opened := self._view.opened(before, self._box):
            return opened
        yield (PlannedStep(action=Wait(seconds=PAUSE)),)
        return self._view.opened(before, self._box)

    def _option(self, name: str, opened: Box) -> Location | None:
        """The option to the letter; of two that the reader cannot tell apart, neither."""
        rows = self._rows(opened)
        fitting = [row for row in rows if row.text.casefold() == name.casefold()]
        fitting = fitting or [row for row in rows if likeness(name, row.text) > 0]
        outside = [row for row in fitting if row.box.center not in self._box]
        found = outside or fitting
        if len(found) != 1:
            return None
        return Location(point=found[0].box.center, box=found[0].box, confidence=1.0, by="text")

    def _rows(self, opened: Box) -> list[TextLine]:
        return self._view.lines_in(opened)

    def _searched(self, name: str, opened: Box) -> Generator[SkillSteps, None, Location]:
        """Scroll the list to its end, and back to its beginning; close it if the option is not there."""
        seen = {letters_of(row.text): row.text for row in self._rows(opened)}
        ways: tuple[Direction, ...] = ("down", "up")
        for way in ways:
            for _ in range(MOST_TURNS):
                known = [row.text for row in self._rows(opened)]
                yield (scroll(way, over=opened.center, notches=3),)
                if found := self._option(name, opened):
                    return found
                now = [row.text for row in self._rows(opened)]
                seen = {letters_of(text): text for text in now} | seen
                if now == known:
                    break
        yield (press("escape"),)
        raise SkillFailed(f"“{name}” is not in the {self._kind}{_nearest(name, seen.values())}")


def _nearest(name: str, options: Iterable[str]) -> str:
    found = process.extract(name, [option for option in options if option], scorer=fuzz.WRatio, limit=NAMED)
    near = ", ".join(f"“{option}”" for option, _, _ in found)
    return f"; it has {near}" if near else ""


def follow(view: ScreenView, names: Sequence[str]) -> SkillRun:
    """Through menus: what the mouse over an item does not open, a click on it does.

    The last entry is planned together with the click that shows it, so that a person is asked about both as one. What
    stood there before, such as another menu of that name in the menu bar, is not what a menu has brought.
    """
    names = (_titled(names[0]), *names[1:]) if len(names) > 1 else names
    for number, following in enumerate(names[1:]):
        name, before = names[number], view.screen
        yield (PlannedStep(action=Move(target=name)),)
        if view.has_come(following, since=before):
            continue
        if number == len(names) - 2:
            yield (click_on(name), click_on(following))
            return
        yield (click_on(name),)
    yield (click_on(names[-1]),)


def _titled(name: str) -> str:
    """The first of several names is the title of a menu, which may be read with its neighbours as one line."""
    return name if re.search(r"\b(?:menu|button|icon|tab)\b", name, re.IGNORECASE) else f"the {name} menu"


def switch_in_menu(view: ScreenView, names: Sequence[str], state: ElementState) -> SkillRun:
    """Bring an entry of a menu into a state; a menu whose entry is in it already is closed again."""
    for name, following in pairwise((_titled(names[0]), *names[1:])):
        before = view.screen
        yield (PlannedStep(action=Move(target=name)),)
        if not view.has_come(following, since=before):
            yield (click_on(name),)
    label = view.find_exactly(names[-1])
    control = view.ticked(label) if label else None
    if control and control.is_in(state):
        yield tuple(press("escape") for _ in names[1:])
    else:
        yield (click_on(names[-1]),)
