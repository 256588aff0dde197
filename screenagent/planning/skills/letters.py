"""Finding what is named to the letter: for what is deleted, moved or renamed nothing alike will do."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from screenagent.geometry import Box, Location
from screenagent.perception.labels import TextLine, text_lines
from screenagent.planning.skills.skill import SkillFailed
from screenagent.planning.skills.view import ScreenView

COLUMN_GAP = 0.8
"""A gap of this many line heights parts two columns of a line."""


def require_exact(view: ScreenView, name: str) -> Location:
    """Return the one place where `name` stands; `SkillFailed` if it stands nowhere or more than once."""
    found = exact(view, name)
    if not found:
        alike = difflib.get_close_matches(name, {cell.text for cell in columns(view)}, n=1, cutoff=0.75)
        instead = f"; the nearest is “{alike[0]}”" if alike else ""
        raise SkillFailed(f"“{name}” is not on the screen to the letter{instead}")
    if len(found) > 1:
        raise SkillFailed(f"“{name}” stands at {len(found)} places; say which by selecting it first")
    return Location(point=found[0].center, box=found[0], confidence=1.0, by="text")


def exact(view: ScreenView, name: str) -> list[Box]:
    """Return the boxes of what reads `name` to the letter, in one line or wrapped under an icon."""
    cells = columns(view)
    whole = [cell.box for cell in cells if cell.text == name]
    return whole or [line.box for line in _wrapped(cells) if line.text.replace(" ", "") == name.replace(" ", "")]


def columns(view: ScreenView) -> list[TextLine]:
    return text_lines(view.words, gap=COLUMN_GAP)


def changed_lines(view: ScreenView, before: list[TextLine]) -> list[TextLine]:
    """Return the lines that read otherwise than any that stood there before."""
    known = {line.text for line in before}
    return [line for line in columns(view) if line.text not in known]


def _wrapped(cells: list[TextLine]) -> Iterator[TextLine]:
    for upper in cells:
        for lower in cells:
            high = upper.box.bottom - upper.box.top
            below = -0.3 * high < lower.box.top - upper.box.bottom < 0.6 * high
            if below and abs(upper.box.center.x - lower.box.center.x) < 2 * high:
                yield TextLine((*upper.words, *lower.words))
