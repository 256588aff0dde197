"""Which of the pictures on a screen a phrase may mean, by what they show and where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np

from screenagent.lite.icons import Icon, IconWords
from screenagent.lite.match import Label
from screenagent.lite.phrase import Phrase, Role
from screenagent.lite.rect import Rect


class Depicted(NamedTuple):
    rect: Rect
    name: str
    score: float


_SPOKEN: Final[dict[Role, str]] = {"menu": "menu", "tab": "tab", "link": "link"}
"""Roles that an icon may be drawn for."""
_NEVER: Final[tuple[Role | None, ...]] = ("field", "dropdown", "radio", "column", "text")

_WINDOW: Final[tuple[tuple[str, int], ...]] = (
    (r"close|quit|dismiss", 0),
    (r"(?:un)?maximi[sz]e|restore|enlarge", 1),
    (r"minimi[sz]e|iconify|hide", 2),
)
"""What a window's own buttons do, and the place of each, counted from the right end of the title bar."""

CROSS: Final = 0.25
"""The likeness to a cross from which on an icon at the end of a row is taken for a window's close button."""

LIKELY: Final = 0.31
"""The likeness from which on an icon is more likely meant than not; on the development screens."""
STEPS: Final = 0.8
"""How much surer each bit of likeness makes."""
STANDING_OUT: Final = 1.0
"""How much of its lead over the next best counts for the best icon, up to `LEAD`."""
LEAD: Final = 0.12
WEAKEST, STRONGEST = 0.38, 0.6
"""An icon's score where it is just likely, and at most: where words are written that fit well, those are meant."""


def depicted(phrase: Phrase, icons: Sequence[Icon], labels: Sequence[Label], words: IconWords) -> list[Depicted]:
    """Scores are in step with those of text: how sure it is that this is meant."""
    if phrase.quoted or phrase.nameless or phrase.role in _NEVER or not icons:
        return []
    meant = words.vector(_told(phrase))
    if not meant.any():
        return []
    likeness = np.stack([icon.vector for icon in icons]) @ meant
    for number, icon in enumerate(icons):
        likeness[number] -= _doubt(icon.rect, labels)
    for number in _window_buttons(phrase, icons, words):
        likeness[number] += 0.15
    best, *others = likeness.argsort()[::-1].tolist()
    lead = float(likeness[best] - likeness[others[0]]) if others else LEAD
    likeness[best] += STANDING_OUT * min(lead, LEAD)
    return [Depicted(icon.rect, phrase.name, _sure(float(like))) for icon, like in zip(icons, likeness, strict=True)]


def _told(phrase: Phrase) -> Iterator[tuple[str, float]]:
    yield phrase.verb, 1.0
    yield phrase.name, 1.0
    yield phrase.about, 1.0
    if phrase.role:
        yield _SPOKEN.get(phrase.role, ""), 0.6


def _sure(likeness: float) -> float:
    return min(STRONGEST, max(0.0, WEAKEST + STEPS * (likeness - LIKELY)))


def _doubt(rect: Rect, labels: Sequence[Label]) -> float:
    """More for what is smaller or larger than most icons, and for what goes with a text, which is the better name."""
    longer = max(rect.width, rect.height)
    size = 0.05 if longer < 9 else 0.04 if longer > 34 else 0.0
    return size + (LABELLED if any(_goes_with(rect, label) for label in labels) else 0.0)


LABELLED = 0.16


def _goes_with(rect: Rect, label: Label) -> bool:
    """Whether the icon is part of the text, stands before it or above it."""
    text = label.rect
    if sum(letter.isalpha() for letter in label.text) < 3:
        return False
    within = text.holds(rect.x, rect.y) and rect.height < 0.8 * text.height
    before = text.beside(rect) and -6 <= text.left - rect.right <= 14
    above = -4 <= text.top - rect.bottom <= 12 and abs(text.x - rect.x) < 0.3 * max(text.width, rect.width)
    return within or before or above


def _window_buttons(phrase: Phrase, icons: Sequence[Icon], words: IconWords) -> list[int]:
    """The icons that stand where a window has its button for what is asked, in a row that ends in a cross."""
    told = f"{phrase.verb} {phrase.name} {phrase.about}"
    places = [place for pattern, place in _WINDOW if re.search(rf"\b(?:{pattern})\b", told, re.I)]
    if not places or not re.search(r"\b(?:window|application|app|program)\b", told, re.I):
        return []
    cross = words.vector([("window close", 1.0)])
    found = []
    for number, icon in enumerate(icons):
        if float(icon.vector @ cross) > CROSS:
            row = _row_left_of(number, icons)
            found += [row[place] for place in places[:1] if place < len(row) and len(row) > 1]
    return found


def _row_left_of(number: int, icons: Sequence[Icon]) -> list[int]:
    """From an icon leftwards, those that stand in step with it: the buttons of a title bar."""
    row = [number]
    last = icons[number].rect
    beside = sorted(
        (
            other
            for other, icon in enumerate(icons)
            if icon.rect.right < last.left and last.grown(6).shared_height(icon.rect) > 0
        ),
        key=lambda other: -icons[other].rect.right,
    )
    for other in beside:
        gap = last.x - icons[other].rect.x
        if gap > 56 or len(row) == 3:
            break
        row.append(other)
        last = icons[other].rect
    return row
