"""Going to a page of a document, by the field that says which one is shown: "3 of 12"."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from screenagent.actions import Change, PressKeys
from screenagent.events import PlannedStep
from screenagent.geometry import Box, Point
from screenagent.planning.instructions.steps import press, type_text
from screenagent.planning.skills.letters import exact
from screenagent.planning.skills.moves import click
from screenagent.planning.skills.skill import SkillFailed, SkillRun, TargetUnseen
from screenagent.planning.skills.view import ScreenView
from screenagent.screenshot import Word

_BUTTONS: Final[dict[int | str, tuple[str, ...]]] = {
    "next": ("Next page", "Next Page", "Next"),
    "previous": ("Previous page", "Previous Page", "Previous"),
}


_ONWARD: Final = re.compile(r"next|prev(?:ious)?|last|[›»>‹«<→←]", re.I)
_TO: Final = re.compile(r"to|through|[-–—]", re.I)


class Pages(NamedTuple):
    """The page that is shown, of how many, and where its number is typed."""

    shown: int | None
    total: int
    field: Point


def turn_to_page(view: ScreenView, page: int | str) -> SkillRun:
    """By the field of the page's number; to the next page or the one before also by the button that says so."""
    button = next((box for name in _BUTTONS.get(page, ()) for box in exact(view, name)), None)
    if button:
        yield (click(button.center, f"the {page} page", expectation=Change()),)
        return
    if isinstance(page, int) and (entry := _in_pager(view, page)):
        yield (click(entry.center, f"page {page}", expectation=Change()),)
        return
    pages = _pages(view)
    number = _number(page, pages)
    if not 1 <= number <= pages.total:
        raise SkillFailed(f"there is no page {number}; the document has {pages.total}")
    if pages.shown == number:
        return
    enter = PlannedStep(action=PressKeys(keys=("enter",)), expectation=Change())
    yield (click(pages.field, "the number of the page"), press("ctrl", "a"), type_text(str(number)), enter)
    if _pages(view).shown != number:
        raise SkillFailed(f"the document does not say that it shows page {number}")


def _number(page: int | str, pages: Pages) -> int:
    if isinstance(page, int):
        return page
    if page in ("first", "last"):
        return 1 if page == "first" else pages.total
    if pages.shown is None:
        raise SkillFailed(f"it is not to be seen which page is shown, so not which is the {page} one")
    return pages.shown + (1 if page == "next" else -1)


def _in_pager(view: ScreenView, page: int) -> Box | None:
    """Return the number of the page in the row of numbers below a list, which has a way to the next page beside it."""
    numbers = list(view.numbers())
    for line in view.lines:
        if not any(_ONWARD.fullmatch(word.text) for word in line.words):
            continue
        row = [number for number in numbers if line.box.top <= number.box.center.y <= line.box.bottom]
        values = {number.value for number in row}
        if len(values & {page - 1, page, page + 1}) > 1:
            return next((number.box for number in row if number.value == page), None)
    return None


def _pages(view: ScreenView) -> Pages:
    for line in view.lines:
        for at, word in enumerate(line.words[:-1]):
            count = _digits(line.words[at + 1])
            ranged = at > 1 and _TO.fullmatch(line.words[at - 2].text)  # "1 to 10 of 57 entries" tells of no page
            if count is not None and re.fullmatch(r"of|/", word.text, re.IGNORECASE) and not ranged:
                return _pages_at(view, line.words[:at], word, count)
    raise TargetUnseen("no number of pages is to be seen, such as “3 of 12”; say which keys or buttons turn the pages")


def _pages_at(view: ScreenView, before: tuple[Word, ...], of: Word, count: int) -> Pages:
    """The number stands before "of"; where that is in brackets, it is typed before them."""
    numbers = [word for word in before[-2:] if _digits(word) is not None]
    typed = [word for word in numbers if not word.text.startswith("(")]
    letter = (of.box.bottom - of.box.top) * view.screen.size.height / view.screen.size.width
    leftmost = min((word.box.left for word in (*numbers, of)), default=of.box.left)
    field = typed[-1].box.center if typed else Point(x=max(0.0, leftmost - 1.5 * letter), y=of.box.center.y)
    return Pages(_digits(numbers[-1]) if numbers else None, count, field)


def _digits(word: Word) -> int | None:
    bare = word.text.strip("()[].,")
    return int(bare) if bare.isdigit() else None
