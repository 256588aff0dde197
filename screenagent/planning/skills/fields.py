"""Filling and clearing a field: what stood in it is seen to be selected, or to be gone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from screenagent.geometry import Box, Location, PixelBox
from screenagent.perception.ink import InkPart, Pixels
from screenagent.perception.similarity import likeness
from screenagent.planning.instructions.steps import press, type_text
from screenagent.planning.skills.skill import SkillFailed, SkillRun, SkillSteps
from screenagent.planning.skills.view import ScreenView

SELECTED: Final = 0.3  # the share of a text and its ground that a selection colours at least
ONE_LINE: Final = 64  # pixels; a field that is higher may hold several lines
SPARE: Final = 3  # more deletions than there are letters, since a letter may be missed
RIM: Final = 3  # pixels along the edge of a field in which no text stands


@dataclass(frozen=True)
class FieldText:
    """The text that stands in a field, and where it stands on the screen that it was read from."""

    text: str
    rect: PixelBox
    picture: Pixels

    def is_selected(self, now: Pixels) -> bool:
        """Whether the text has another ground `now`."""
        left, top, right, bottom = self.rect.rounded
        differs = np.not_equal(self.picture[top:bottom, left:right], now[top:bottom, left:right])
        return float(np.asarray(differs.any(axis=2)).mean()) > SELECTED

    def is_gone(self, now: Pixels) -> bool:
        """Whether nothing but a hint stands there `now`."""
        return InkPart(now, self.rect).is_blank


TAKEN: Final = (press("tab"), press("shift", "tab"))
"""A field takes over a number when it loses the focus, which it has again afterwards."""
_NUMBER: Final = re.compile(r"[-+−]?\d+(?:[.,]\d+)?%?")


def set_text(view: ScreenView, entering: SkillSteps, target: str | None, text: str) -> SkillRun:
    """Put the caret into the field by `entering`, and type `text` in place of what is there."""
    yield from _selected(view, entering, target, delete=False)
    yield (type_text(text),)


def set_value(view: ScreenView, entering: SkillSteps, target: str, text: str) -> SkillRun:
    """Do the same, and let a field of one line take over a number; see that it keeps it."""
    yield from set_text(view, entering, target, text)
    field = view.find(target) if _NUMBER.fullmatch(text) else None
    if field is None or field.box is None or not _is_one_line(view, field.box):
        return
    yield TAKEN
    shown = view.value(field.box)
    is_other = shown and _NUMBER.fullmatch(shown) and likeness(text, shown) == 0
    if is_other and not view.looks_like(field.box, text):
        raise SkillFailed(f"{target} does not keep “{text}”: it reads “{shown}”")


def _is_one_line(view: ScreenView, box: Box) -> bool:
    return (box.bottom - box.top) * view.screen.size.height <= ONE_LINE


def clear_text(view: ScreenView, entering: SkillSteps, target: str | None) -> SkillRun:
    """Put the caret into the field by `entering`, and delete what is there."""
    yield from _selected(view, entering, target, delete=True)


def _selected(view: ScreenView, entering: SkillSteps, target: str | None, *, delete: bool) -> SkillRun:
    """Select what is in the field, or delete it, by one way after the other until it is seen to be so."""
    if entering:
        yield entering
    place = view.find(target) if target else None
    before = _text_in(view, place.box) if place and place.by != "text" and place.box else None
    yield (press("ctrl", "a"),)
    selected = before is None or before.is_selected(_pixels(view))
    if selected and not delete:
        return
    if selected or before is None:
        yield (press("delete"),)
    if before is None:
        return
    for way in _ways(before, place):
        if before.is_gone(_pixels(view)):
            return
        yield way
    if not before.is_gone(_pixels(view)):
        raise SkillFailed(f"{target} could not be cleared: it still reads “{before.text}”")


def _ways(before: FieldText, place: Location | None) -> Iterator[SkillSteps]:
    """Where Ctrl+A does something else: to mark the line by its ends, and to delete letter by letter."""
    yield (press("end"), press("shift", "home"), press("delete"))
    yield (press("home"), press("shift", "end"), press("delete"))
    height = before.picture.shape[0]
    if place and place.box and (place.box.bottom - place.box.top) * height <= ONE_LINE:
        yield (press("end"), press("backspace", times=min(100, len(before.text) + SPARE)))


def _text_in(view: ScreenView, box: Box) -> FieldText | None:
    """What is read in the field; None if that is nothing."""
    words = [word for line in view.lines for word in line.words if word.box.center in box and word.text.strip("|_")]
    if not words:
        return None
    size = view.screen.size
    field = box.exact_pixels(size).grown(-RIM)
    left, top, right, bottom = Box.around_all(word.box for word in words).exact_pixels(size)
    rect = PixelBox(max(left, field.left), max(top, field.top), min(right, field.right), min(bottom, field.bottom))
    return FieldText(" ".join(word.text for word in words), rect, _pixels(view))


def _pixels(view: ScreenView) -> Pixels:
    return np.asarray(view.screen.pixels)
