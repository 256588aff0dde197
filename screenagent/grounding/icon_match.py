"""Which of the pictures on a screen a phrase may mean, by what they show and where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from screenagent.geometry import PixelBox
from screenagent.grounding.expression import Container, Phrase
from screenagent.perception.icon_encoder import Floats, Icon, IconWords
from screenagent.perception.icon_proposals import is_word
from screenagent.perception.labels import Label
from screenagent.perception.roles import NEVER_AN_ICON, Role


class IconMatch(NamedTuple):
    rect: PixelBox
    name: str
    score: float


_SPOKEN: Final[dict[Role, str]] = {"menu": "menu", "tab": "tab", "link": "link"}
"""Roles that an icon may be drawn for."""
_WORDED: Final[tuple[Container | None, ...]] = ("menu", "menu bar")
"""Where all entries have words."""

_WINDOW: Final[tuple[tuple[str, int], ...]] = (
    (r"close|quit|dismiss", 0),
    (r"(?:un)?maximi[sz]e|restore|enlarge", 1),
    (r"minimi[sz]e|iconify|hide", 2),
)
"""What a window's own buttons do, and the place of each, counted from the right end of the title bar."""

CROSS: Final = 0.25
"""The likeness to a cross from which on an icon at the end of a row is taken for a window's close button."""
IN_ITS_PLACE: Final = 0.15
IN_A_ROW: Final = 0.06
LABELLED: Final = 0.16
"""What standing in a title bar, among icons of its size, or with a text adds to the likeness or takes from it."""
LEAD: Final = 0.12
"""A lead over the next best icon that shows something else counts up to this."""
TWINS: Final = 0.95
"""The likeness from which on two icons show the same."""
STRONGEST: Final = 0.8
"""An icon's score at most: where words are written that fit well, those are meant."""


def icons_matching(phrase: Phrase, icons: Sequence[Icon], labels: Sequence[Label], words: IconWords) -> list[IconMatch]:
    """Scores are in step with those of text: how sure it is that this is meant."""
    if not icons or phrase.quoted or phrase.nameless or phrase.role in NEVER_AN_ICON or phrase.container in _WORDED:
        return []
    meant = words.vector(_told(phrase))
    if not meant.any():
        return []
    seen = np.stack([icon.vector for icon in icons])
    likeness = seen @ meant
    named = words.vector([(phrase.name, 1.0)])
    unlike = likeness - seen @ named if named.any() else np.zeros_like(likeness)
    rects = [icon.rect for icon in icons]
    likeness += IN_A_ROW * (_mates(rects) >= 2) - _doubts(rects, labels)
    likeness[_window_buttons(phrase, icons, words)] += IN_ITS_PLACE
    lead = _lead(likeness, alike=seen @ seen[likeness.argmax()] > TWINS)
    scores = [_sure(*all) for all in zip(likeness.tolist(), lead.tolist(), unlike.tolist(), strict=True)]
    return [IconMatch(rect, phrase.name, score) for rect, score in zip(rects, scores, strict=True)]


def _told(phrase: Phrase) -> Iterator[tuple[str, float]]:
    yield phrase.verb, 1.0
    yield phrase.name, 1.0
    yield phrase.about, 1.0
    if phrase.role:
        yield _SPOKEN.get(phrase.role, ""), 0.6


def _sure(likeness: float, lead: float, unlike: float) -> float:
    """In step with a text's score: 0.38 where icons are right about as often as not, on the development screens.
    `unlike` is what is liked for the verb or the role, but not for the name."""
    return min(STRONGEST, max(0.0, 0.38 + 1.5 * (likeness - 0.5 * unlike + 0.4 * lead - 0.375)))


def _lead(likeness: Floats, *, alike: npt.NDArray[np.bool_]) -> Floats:
    """Of the best icon, and those `alike`, over the best of the others."""
    others = likeness[~alike]
    return np.where(alike, min(LEAD, likeness.max() - others.max()) if others.size else LEAD, 0).astype(np.float32)


def _mates(rects: Sequence[PixelBox]) -> npt.NDArray[np.intp]:
    """How many icons of its size stand beside each, as in a tool bar."""
    left, top, right, bottom = np.array(rects, np.float64).T
    x, y, longer = (left + right) / 2, (top + bottom) / 2, np.maximum(right - left, bottom - top)
    apart = abs(x[:, None] - x)
    near = (abs(y[:, None] - y) < 4) & (apart > 14) & (apart < 90) & (longer >= 10)
    return np.asarray((near & (abs(np.log(longer[:, None] / longer)) < 0.47)).sum(1))


def _doubts(rects: Sequence[PixelBox], labels: Sequence[Label]) -> Floats:
    """More for what is smaller or larger than most icons, and for what goes with a text, which is the better name."""
    left, top, right, bottom = np.array(rects, np.float32).T[:, :, None]
    longer = np.maximum(right - left, bottom - top)[:, 0]
    texts = [label.rect for label in labels if any(is_word(word, place) for word, place in label.words)]
    labelled = np.zeros(len(rects), bool)
    if texts:
        text_left, text_top, text_right, text_bottom = np.array(texts, np.float32).T
        x, y, text_x, text_y = (
            (left + right) / 2,
            (top + bottom) / 2,
            (text_left + text_right) / 2,
            (text_top + text_bottom) / 2,
        )
        within = (text_left <= x) & (x <= text_right) & (text_top <= y) & (y <= text_bottom)
        within &= bottom - top < 0.8 * (text_bottom - text_top)
        gap, below = text_left - right, text_top - bottom
        before = (gap >= -6) & (gap <= 14) & (np.maximum(top, text_top) < np.minimum(bottom, text_bottom))
        before &= abs(y - text_y) < 0.5 * np.maximum(bottom - top, text_bottom - text_top)
        above = (
            (below >= -4) & (below <= 12) & (abs(x - text_x) < 0.3 * np.maximum(text_right - text_left, right - left))
        )
        labelled = (within | before | above).any(axis=1)
    size = np.where(longer < 9, 0.05, np.where(longer > 34, 0.04, 0.0))
    return np.asarray(size + LABELLED * labelled, np.float32)


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
        gap = last.center_x - icons[other].rect.center_x
        if gap > 56 or len(row) == 3:
            break
        row.append(other)
        last = icons[other].rect
    return row
