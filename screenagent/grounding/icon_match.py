"""Which of the pictures on a screen a phrase may mean, by what they show and where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from screenagent.geometry import PixelBox
from screenagent.grounding.icon_colour import gained_by_colour, without_colour
from screenagent.grounding.icon_direction import pointed
from screenagent.grounding.icon_order import gained_by_neighbours
from screenagent.grounding.phrase import Container, Phrase
from screenagent.perception.icon_encoder import Floats, Icon, IconWords
from screenagent.perception.icon_proposals import is_word
from screenagent.perception.labels import Label
from screenagent.perception.roles import NEVER_AN_ICON, Role
from screenagent.perception.screen import ScreenContents


class IconMatch(NamedTuple):
    rect: PixelBox
    name: str
    score: float


_SPOKEN: Final[dict[Role, str]] = {"menu": "menu", "tab": "tab", "link": "link"}  # what an icon may be drawn for
_ENDS: Final = {1: "first", -1: "last"}
_WORDED: Final[tuple[Container | None, ...]] = ("menu", "menu bar")  # where all entries have words

_WINDOW: Final[tuple[tuple[str, int], ...]] = (
    (r"close|quit|dismiss", 0),
    (r"(?:un)?maximi[sz]e|restore|enlarge", 1),
    (r"minimi[sz]e|iconify|hide", 2),
)
"""What a window's own buttons do, and the place of each, counted from the right end of the title bar."""

WORDS: Final = 0.5  # how much an icon's likeness to the words of the phrase counts
NAMES: Final = 0.5  # the same for its likeness to the names that mean what the phrase says
CROSS: Final = 0.25  # an icon at the end of a row that is this much like a cross closes the window
IN_ITS_PLACE: Final = 0.15  # what an icon gains in likeness in its place in a title bar
IN_A_ROW: Final = 0.06  # what it gains among icons of its size
LABELLED: Final = 0.16  # what it loses beside a text
LEAD: Final = 0.12  # a lead over the next best icon that shows something else counts up to this
TWINS: Final = 0.95  # the likeness from which on two icons show the same
STRONGEST: Final = 0.8  # an icon's score at most: where words are written that fit well, those are meant


def icons_matching(phrase: Phrase, screen: ScreenContents, words: IconWords) -> list[IconMatch]:
    """Scores are in step with those of text: how sure it is that this is meant."""
    if phrase.quoted or phrase.nameless or phrase.role in NEVER_AN_ICON or phrase.container in _WORDED:
        return []
    icons = screen.icons
    phrase, colour = _uncoloured(phrase)
    meant = words.vector(_told(phrase))
    if not icons or not meant.any():
        return []
    seen = np.stack([icon.vector for icon in icons])
    likeness = WORDS * (seen @ meant) + NAMES * words.meant(_said(phrase)).likeness(seen)
    named = words.vector([(_name(phrase), 1.0)])
    unlike = likeness - seen @ named if named.any() else np.zeros_like(likeness)
    rects = [icon.rect for icon in icons]
    likeness += IN_A_ROW * (_mates(rects) >= 2) - _doubts(rects, screen.labels)
    likeness[_window_buttons(phrase, icons, words)] += IN_ITS_PLACE
    if colour:
        likeness += gained_by_colour(colour, screen)
    likeness += gained_by_neighbours(meant, seen, rects, words)
    likeness = pointed(_said(phrase), screen, likeness, words)
    lead = _lead(likeness, alike=seen @ seen[likeness.argmax()] > TWINS)
    scores = [_sure(*all) for all in zip(likeness.tolist(), lead.tolist(), unlike.tolist(), strict=True)]
    return [IconMatch(rect, phrase.name, score) for rect, score in zip(rects, scores, strict=True)]


def _uncoloured(phrase: Phrase) -> tuple[Phrase, str]:
    """Return the phrase without the colour of the icon, and the colour; "" if none was said."""
    name, colour = without_colour(phrase.name)
    return phrase.model_copy(update={"name": name}), colour


def _said(phrase: Phrase) -> str:
    return " ".join(part for part in (phrase.verb, _name(phrase), phrase.about) if part)


def _name(phrase: Phrase) -> str:
    """Return the name with the end that was said: who goes to the first page does not mean the first of some icons."""
    end = _ENDS.get(phrase.ordinal, "") if phrase.role is None else ""
    return f"{end} {phrase.name}".strip()


def _told(phrase: Phrase) -> Iterator[tuple[str, float]]:
    yield phrase.verb, 1.0
    yield _name(phrase), 1.0
    yield phrase.about, 1.0
    if phrase.role:
        yield _SPOKEN.get(phrase.role, ""), 0.6


def _sure(likeness: float, lead: float, unlike: float) -> float:
    """In step with a text's score: 0.38 where icons are right about as often as not, on the development screens.
    `unlike` is what is liked for the verb or the role, but not for the name."""
    return min(STRONGEST, max(0.0, 0.38 + 1.5 * (likeness - 0.5 * unlike + 0.4 * lead - 0.384)))


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
    """Return what each icon's likeness loses by its size and by a text beside it."""
    return np.asarray(_odd_size(_EdgeTable.of(rects)) + LABELLED * are_labelled(rects, labels), np.float32)


def are_labelled(rects: Sequence[PixelBox], labels: Sequence[Label]) -> npt.NDArray[np.bool_]:
    """Tell which icons have a text beside them, below them or around them."""
    icons = _EdgeTable.of(rects)
    texts = [label.rect for label in labels if any(is_word(word, place) for word, place in label.words)]
    if not texts:
        return np.zeros(len(rects), np.bool_)
    written = _EdgeTable.of(texts, rows=True)
    named = _is_sign_in_text(icons, written) | _is_left_of_text(icons, written) | _is_above_text(icons, written)
    return np.asarray(named.any(axis=1))


class _EdgeTable(NamedTuple):
    """The edges of many rectangles: (rectangles, 1), or (1, rectangles) for those they are compared with."""

    left: Floats
    top: Floats
    right: Floats
    bottom: Floats

    @classmethod
    def of(cls, rects: Sequence[PixelBox], *, rows: bool = False) -> _EdgeTable:
        edges = np.array(rects, np.float32).T
        return cls(*(edges[:, None, :] if rows else edges[:, :, None]))

    @property
    def x(self) -> Floats:
        return np.asarray((self.left + self.right) / 2, np.float32)

    @property
    def y(self) -> Floats:
        return np.asarray((self.top + self.bottom) / 2, np.float32)

    @property
    def width(self) -> Floats:
        return self.right - self.left

    @property
    def height(self) -> Floats:
        return self.bottom - self.top


def _odd_size(icons: _EdgeTable) -> npt.NDArray[np.float64]:
    """Doubt specks and drawings: a dot of 8 pixels is rarely an icon, nor is a picture of 40."""
    longer = np.maximum(icons.width, icons.height)[:, 0]
    return np.where(longer < 9, 0.05, np.where(longer > 34, 0.04, 0.0))


def _is_sign_in_text(icons: _EdgeTable, texts: _EdgeTable) -> npt.NDArray[np.bool_]:
    """Tell a letter or a dot within a word, as the one over the "i" of "File"."""
    within = (texts.left <= icons.x) & (icons.x <= texts.right) & (texts.top <= icons.y) & (icons.y <= texts.bottom)
    return np.asarray(within & (icons.height < 0.8 * texts.height))


def _is_left_of_text(icons: _EdgeTable, texts: _EdgeTable) -> npt.NDArray[np.bool_]:
    """Tell the sign at the start of a menu entry or on a button: "🖫 Save". The text beside it is the better name."""
    gap = texts.left - icons.right
    near = (gap >= -6) & (gap <= 14) & (np.maximum(icons.top, texts.top) < np.minimum(icons.bottom, texts.bottom))
    return np.asarray(near & (abs(icons.y - texts.y) < 0.5 * np.maximum(icons.height, texts.height)))


def _is_above_text(icons: _EdgeTable, texts: _EdgeTable) -> npt.NDArray[np.bool_]:
    """Tell the sign over its name, as in a file manager or in a toolbar that shows names."""
    below = texts.top - icons.bottom
    return np.asarray(
        (below >= -4) & (below <= 12) & (abs(icons.x - texts.x) < 0.3 * np.maximum(texts.width, icons.width))
    )


def _window_buttons(phrase: Phrase, icons: Sequence[Icon], words: IconWords) -> list[int]:
    """The icons that stand where a window has its button for what is asked, in a row that ends in a cross."""
    told = _said(phrase)
    places = [place for pattern, place in _WINDOW if re.search(rf"\b(?:{pattern})\b", told, re.I)]
    if not places or not re.search(r"\b(?:window|application|app|program)\b", told, re.I):
        return []
    cross = words.vector([("window close", 1.0)])
    found = []
    for number, icon in enumerate(icons):
        if float(icon.vector @ cross) > CROSS:
            row = row_left_of(number, icons)
            found += [row[place] for place in places[:1] if place < len(row) and len(row) > 1]
    return found


def row_left_of(number: int, icons: Sequence[Icon]) -> list[int]:
    """From an icon leftwards, those that stand in step with it: the buttons of a title bar."""
    row, rects = [number], [icon.rect for icon in icons]
    last = rects[number]
    beside = [at for at, rect in enumerate(rects) if rect.right < last.left and last.grown(6).shared_height(rect) > 0]
    for other in sorted(beside, key=lambda at: -rects[at].right):
        if last.center_x - rects[other].center_x > 56 or len(row) == 3:
            break
        row.append(other)
        last = rects[other]
    return row
