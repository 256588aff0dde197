"""Marking text, giving it a form, and changing the size of what holds it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from screenagent.geometry import Box, Point
from screenagent.perception.labels import TextLine
from screenagent.planning.instructions.steps import press
from screenagent.planning.skills.moves import click, drag, require
from screenagent.planning.skills.skill import SkillFailed, SkillRun
from screenagent.planning.skills.view import ScreenView

STYLES: Final = {"bold": "b", "italic": "i", "italics": "i", "underline": "u", "underlined": "u"}
STRETCH: Final = 0.08
"""How far a corner is dragged, as a part of the screen."""


def mark_paragraph(view: ScreenView, number: int) -> SkillRun:
    """Three clicks into a paragraph mark all of it."""
    found = paragraphs(view)
    if number > len(found):
        raise SkillFailed(f"there are only {len(found)} paragraphs")
    yield (click(found[number - 1][0].box.center, f"paragraph {number}", count=3),)


def mark_line(view: ScreenView, number: int) -> SkillRun:
    """Three clicks into a line of the document mark all of it; -1 is the last one."""
    area = require(view, "the document").box
    lines = sorted(view.lines_in(area) if area else [], key=lambda line: (line.box.center.y, line.box.left))
    rows = [group[-1] for group in _rows(lines)]
    if not rows or number > len(rows):
        raise SkillFailed(f"the document shows only {len(rows)} lines")
    yield (click(rows[number - 1 if number > 0 else number].box.center, f"line {number}", count=3),)


def _rows(lines: Sequence[TextLine]) -> list[list[TextLine]]:
    """What stands in one row, as a line and its number do, belongs together."""
    rows: list[list[TextLine]] = []
    for line in lines:
        if rows and rows[-1][-1].box.top <= line.box.center.y <= rows[-1][-1].box.bottom:
            rows[-1].append(line)
        else:
            rows.append([line])
    return rows


def paragraphs(view: ScreenView) -> list[list[TextLine]]:
    """Lines of text that stand closely below each other; what stands in a button is none."""
    found: list[list[TextLine]] = []
    for line in sorted(view.lines, key=lambda line: line.box.top):
        if view.is_button(line):
            continue
        high = line.box.bottom - line.box.top
        if found and line.box.top - found[-1][-1].box.bottom < 0.45 * high:
            found[-1].append(line)
        else:
            found.append([line])
    return found


def mark_words(view: ScreenView, words: str) -> SkillRun:
    """By a drag from the first letter to the last."""
    box = _box(view, words)
    left, right = _ends(box)
    yield (drag(left, right, f"the start of “{words}”"),)


def give_style(view: ScreenView, words: str | None, style: str) -> SkillRun:
    """All of the text, or some words of it; by the shortcut that editors have for it, or else by the style's name."""
    if words is None:
        yield (click(require(view, "the text area"), "the text"), press("ctrl", "a"))
    else:
        yield from mark_words(view, words)
    key = STYLES.get(style.lower())
    if key:
        yield (press("ctrl", key),)
    else:
        yield (click(require(view, style), style),)


def resize(view: ScreenView, target: str, side: Literal["height", "width"], *, larger: bool) -> SkillRun:
    """By its lower right corner."""
    box = require(view, target).box
    if box is None:
        raise SkillFailed(f"{target} has no corner that could be seen")
    width, height = view.screen.size.width, view.screen.size.height
    corner = Point(x=box.right - 5 / width, y=box.bottom - 5 / height)
    way = STRETCH if larger else -STRETCH
    end = Point(
        x=_inside(corner.x + (way if side == "width" else 0)), y=_inside(corner.y + (way if side == "height" else 0))
    )
    yield (drag(corner, end, f"the corner of {target}"),)


def _box(view: ScreenView, words: str) -> Box:
    wanted = words.split()
    for line in view.lines:
        texts = [word.text for word in line.words]
        for start in range(len(texts) - len(wanted) + 1):
            if texts[start : start + len(wanted)] == wanted:
                return TextLine(line.words[start : start + len(wanted)]).box
    found = view.find(f"“{words}”")
    if found is None or found.box is None:
        raise SkillFailed(view.why_absent(f"“{words}”"))
    return found.box


def _ends(box: Box) -> tuple[Point, Point]:
    y = (box.top + box.bottom) / 2
    return Point(x=box.left, y=y), Point(x=box.right, y=y)


def _inside(part: float) -> float:
    return min(0.99, max(0.01, part))
