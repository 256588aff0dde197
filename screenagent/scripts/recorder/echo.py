"""Whether the field shows what is typed into it, told by sight: by what comes to stand in it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal

import numpy as np
from rapidfuzz import fuzz

from screenagent.geometry import Box, PixelBox, Size
from screenagent.perception.closer import enlarged
from screenagent.perception.ink import InkPart, Mask, Pixels, changed_areas
from screenagent.perception.letters import is_readable, outline
from screenagent.protocols import TextReader
from screenagent.screenshot import Screenshot
from screenagent.scripts.recorder.entries import Entry

Echo = Literal["shown", "hidden", "unsure"]
"""`hidden` if dots or the like stand for the letters; `unsure` if nothing of the text is read where it was typed."""

ALIKE: Final = 75  # of 100: what is read in the field is what was typed, some letters mistaken
SAME: Final = 88  # the same where the field is not known
SHORT: Final = 3  # letters of a text that is read to the letter
TELLING: Final = 8  # letters of the end of a text that is longer than its field
AROUND: Final = (5, 4)  # pixels of ground that the reader needs round a text
NARROW: Final = 3  # pixels: what is not wider is a caret
FOLLOWS: Final = 0.6  # of the looks between the keys: the share at which a text has become another with them
FEWEST_LOOKS: Final = 3  # which tell something of that
DOTS: Final = frozenset(".,:;*•·●°-_")  # what the dots and stars of a hidden text are read as
ROUND: Final = frozenset("o")  # which a sign that hides a letter may be taken for, too
SAME_SHAPE: Final = 0.85  # the share of pixels that two drawings of one letter have in common


@dataclass(frozen=True)
class Field:
    """Where a text may have been typed: the bounds of the control that was clicked, and of others that take text."""

    clicked: Box | None = None
    others: tuple[Box, ...] = ()


def echo_of(entry: Entry, field: Field, reader: TextReader) -> Echo:
    """Return what the screen shows of what was entered."""
    return _Sight(entry, reader).echo(field)


def conceals(entry: Entry, later: Screenshot) -> bool:
    """Return whether `later` shows dots where the text stood before."""
    if later.size != entry.shown.size:
        return False
    picture = np.asarray(later.pixels)
    changed = changed_areas(np.asarray(entry.shown.pixels), picture)
    places = _Sight(entry, None).areas
    return any(_is_dots(picture, area) for area in changed if any(area.shared_area(place) > 0 for place in places))


def field_typed_into(entry: Entry, field: Field) -> Box | None:
    """Return the bounds of the field in which something changed as the text was typed; None if none is known."""
    size, areas = entry.shown.size, _Sight(entry, None).areas
    return next((box for box in field.others if any(_within(areas, [box.exact_pixels(size)]))), None)


class _Sight:
    def __init__(self, entry: Entry, reader: TextReader | None) -> None:
        self._entry = entry
        self._reader = reader
        same = [look for look in entry.looks if look.size == entry.shown.size]
        self._looks = [np.asarray(look.pixels) for look in same]
        self._after = self._looks[-1]
        self.areas = [area for area in changed_areas(self._looks[0], self._after) if area.width > NARROW]

    def echo(self, field: Field) -> Echo:
        size = self._entry.shown.size
        clicked = [field.clicked.exact_pixels(size)] if field.clicked else []
        inside = list(_within(self.areas, clicked))
        elsewhere = [*_within(self.areas, [other.exact_pixels(size) for other in field.others]), *self.areas]
        if any(_is_dots(self._after, area) for area in (*inside, *elsewhere)):
            return "hidden"
        if any(self._is_shown(area, loosely=True) for area in inside if self._follows(area) is not False):
            return "shown"
        following = [area for area in elsewhere if self._follows(area) or (not clicked and self._follows(area) is None)]
        return "shown" if not inside and self._all_shown(following) else "unsure"

    def _all_shown(self, areas: Sequence[PixelBox]) -> bool:
        """Return whether one of the areas shows the text, or each of its pieces stands alone, as in a row of cells."""
        if any(self._is_shown(area, loosely=False) for area in areas):
            return True
        read = [self._readings(area) for area in areas]
        pieces = [piece.strip() for piece in self._entry.pieces if piece.strip()]
        return len(pieces) > 1 and all(any(_reads(piece, texts, loosely=False) for texts in read) for piece in pieces)

    def _is_shown(self, area: PixelBox, *, loosely: bool) -> bool:
        text = "".join(self._entry.text.split())
        if not text:
            return True  # blanks alone
        if not is_readable(text):
            return _is_varied(self._after, area, len(set(text)))
        return _reads(text, self._readings(area), loosely=loosely)

    def _readings(self, area: PixelBox) -> list[str]:
        """What the reader makes of an area, on the whole screen and by itself, at three sizes."""
        assert self._reader is not None
        shown = self._entry.shown
        height, width = self._after.shape[:2]
        edges = area.grown(*AROUND).clipped(width, height).rounded
        words = (word for word in self._reader.read(shown) if _is_in(word.box, area, shown.size))
        parts = (self._reader.read(enlarged(shown, edges, zoom)) for zoom in (1, 2, 3))
        return [" ".join(word.text for word in read) for read in (words, *parts)]

    def _follows(self, area: PixelBox) -> bool | None:
        """Return whether what stands there became another with most keys, as an echo does; None if too few looks are
        there to tell."""
        left, top, right, bottom = area.rounded
        parts = [look[top:bottom, left:right] for look in self._looks]
        if len(parts) <= FEWEST_LOOKS:
            return None
        changes = [not np.array_equal(one, other) for one, other in pairwise(parts)]
        return sum(changes) >= FOLLOWS * len(changes)


def _within(areas: Sequence[PixelBox], fields: Sequence[PixelBox]) -> Iterator[PixelBox]:
    for area in areas:
        for left, top, right, bottom in (field for field in fields if field.shared_area(area) > 0):
            part = PixelBox(max(left, area.left), max(top, area.top), min(right, area.right), min(bottom, area.bottom))
            if part.width > NARROW:
                yield part


def _is_in(box: Box, area: PixelBox, size: Size) -> bool:
    word = box.exact_pixels(size)
    return word.shared_area(area) > 0 and word.beside(area)


def _reads(text: str, readings: Iterable[str], *, loosely: bool) -> bool:
    wanted = outline("".join(text.split()))
    found = [_is_read(wanted, outline("".join(read.split())), loosely=loosely) for read in readings if read]
    return all(found) and bool(found) if set(wanted) <= ROUND else any(found)


def _is_read(wanted: str, read: str, *, loosely: bool) -> bool:
    if not wanted or not any(letter.isalnum() for letter in read):
        return bool(wanted) and wanted == read and not set(read) <= DOTS
    if len(wanted) <= SHORT:
        return wanted == read or (loosely and wanted in read)
    if not loosely:
        return fuzz.ratio(wanted, read) >= SAME
    whole = len(read) >= len(wanted) - max(1, len(wanted) // 5)
    return (whole or len(read) >= TELLING) and fuzz.partial_ratio(wanted, read) >= ALIKE


def _is_dots(picture: Pixels, area: PixelBox) -> bool:
    return InkPart(picture, area).whole.discs is not None


def _is_varied(picture: Pixels, area: PixelBox, letters: int) -> bool:
    """Return whether letters of several shapes stand there; those that hide a text are all alike."""
    part = InkPart(picture, area).whole
    shapes: list[Mask] = []
    for line in part.lines:
        left, top, _, bottom = line.rect.moved(-part.rect.left, -part.rect.top).rounded
        for start, end in line.strokes:
            stroke = part.mask[top:bottom, left + start : left + end]
            if not any(_is_same_shape(stroke, shape) for shape in shapes):
                shapes.append(stroke)
    return len(shapes) >= max(3, letters // 2)


def _is_same_shape(one: Mask, other: Mask) -> bool:
    width = min(one.shape[1], other.shape[1])
    if abs(one.shape[1] - other.shape[1]) > 1 or one.shape[0] != other.shape[0]:
        return False
    return bool((one[:, :width] == other[:, :width]).mean() > SAME_SHAPE)
