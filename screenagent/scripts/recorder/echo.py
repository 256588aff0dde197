"""Whether the field shows what is typed into it, told by sight: by what comes to stand in it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal, NamedTuple

import numpy as np
from rapidfuzz import fuzz

from screenagent.geometry import Box, PixelBox, Size
from screenagent.perception.closer import enlarged
from screenagent.perception.ink import InkPart, Mask, Pixels, changed_areas
from screenagent.perception.letters import is_readable, outline
from screenagent.protocols import TextReader
from screenagent.screenshot import Screenshot
from screenagent.scripts.recorder.entries import NARROW, Entry

Echo = Literal["shown", "hidden", "unsure"]
"""`hidden` if dots or the like stand for the letters; `unsure` if nothing of the text is read where it was typed."""

ALIKE: Final = 75  # of 100: what is read in the field is what was typed, some letters mistaken
SAME: Final = 88  # the same where the field is not known
SHORT: Final = 3  # letters of a text that is read to the letter
TELLING: Final = 8  # letters of the end of a text that is longer than its field
AROUND: Final = (5, 4)  # pixels of ground that the reader needs round a text
FOLLOWS: Final = 0.6  # of the looks between the keys: the share at which a text has become another with them
FEWEST_DOTS: Final = 4  # in a row, that hide a text which nobody was seen to type
BETWEEN_CELLS: Final = (("left",), ("right",), ("up",), ("down",))
HIGHEST: Final = 80  # pixels that a field is high in which dots are looked for
FEWEST_LOOKS: Final = 3  # which tell something of that
DOTS: Final = frozenset(".,:;*•·●°-_")  # what the dots and stars of a hidden text are read as
ROUND: Final = frozenset("o")  # which a sign that hides a letter may be taken for, too
SAME_SHAPE: Final = 0.85  # the share of pixels that two drawings of one letter have in common


@dataclass(frozen=True)
class Field:
    """Where a text may have been typed: the bounds of the control that was clicked, and of others that take text."""

    clicked: Box | None = None
    others: tuple[Box, ...] = ()


class Sighting(NamedTuple):
    """What the screen shows of what was entered, and where; where anything has changed with it if it is not shown."""

    echo: Echo
    places: Sequence[PixelBox]


def sighting_of(entry: Entry, field: Field, reader: TextReader) -> Sighting:
    """Return what the screen shows of what was entered."""
    return _Sight(entry, reader).sighting(field)


def conceals(entry: Entry, later: Screenshot, places: Sequence[PixelBox]) -> bool:
    """Return whether `later` shows dots in one of the places where the text stood before."""
    if later.size != entry.shown.size:
        return False
    picture = np.asarray(later.pixels)
    changed = changed_areas(np.asarray(entry.shown.pixels), picture)
    there = (area for area in changed if any(area.shared_area(place) > 0 for place in places))
    return any(_is_hidden(entry, picture, area) for area in there)


def field_typed_into(entry: Entry, field: Field) -> Box | None:
    """Return the bounds of the field in which something changed as the text was typed; None if none is known."""
    return next((box for box in field.others if typed_into(entry, box)), None)


def typed_into(entry: Entry, box: Box) -> bool:
    """Return whether something changed in `box` as the text was typed."""
    return any(_within(entry.areas, [box.exact_pixels(entry.shown.size)]))


def dotted(before: Screenshot, after: Screenshot) -> Screenshot | None:
    """Return `before` with no other change than the dots that have come until `after`; None if none have."""
    if before.size != after.size or before.digest == after.digest:
        return None
    picture = np.asarray(after.pixels)
    areas = changed_areas(np.asarray(before.pixels), picture)
    dots = [area.rounded for area in areas if _discs(picture, area) >= FEWEST_DOTS]
    image = before.pixels.copy()
    for edges in dots:
        image.paste(after.pixels.crop(edges), edges[:2])
    return Screenshot.of(image, display=before.display, window=before.window) if dots else None


class _Sight:
    def __init__(self, entry: Entry, reader: TextReader) -> None:
        self._entry = entry
        self._reader = reader
        same = [look for look in entry.looks if look.size == entry.shown.size]
        self._looks = [np.asarray(look.pixels) for look in same]
        self._after = self._looks[-1]
        self._areas = entry.areas

    def sighting(self, field: Field) -> Sighting:
        changed = (*self._inside(field), *self._elsewhere(field))
        if any(_is_hidden(self._entry, self._after, area) for area in changed):
            return Sighting("hidden", self._areas)
        places = self._showing(field)
        return Sighting("shown", places) if places else Sighting("unsure", self._areas)

    def _showing(self, field: Field) -> list[PixelBox]:
        """Return the areas that show the text, in the field that was clicked, or else in any other."""
        if inside := self._inside(field):
            followed = (area for area in inside if self._follows(area) is not False)
            return [area for area in followed if self._is_shown(area, loosely=True)]
        follow = ((area, self._follows(area)) for area in self._elsewhere(field))
        untold = self._elsewhere(field) if field.clicked is None else self._in_others(field) if self._led else []
        following = [area for area, does in follow if does or (does is None and area in untold)]
        alone = [area for area in following if self._is_shown(area, loosely=False)]
        return alone or self._in_cells(following)

    def _inside(self, field: Field) -> list[PixelBox]:
        clicked = [field.clicked.exact_pixels(self._entry.shown.size)] if field.clicked and not self._led else []
        return list(_within(self._areas, clicked))

    @property
    def _led(self) -> bool:
        """Whether keys may have led from what was clicked to another cell before anything was typed."""
        return any(key.keys in BETWEEN_CELLS for key in self._entry.leading)

    def _elsewhere(self, field: Field) -> list[PixelBox]:
        return [*self._in_others(field), *self._areas]

    def _in_others(self, field: Field) -> list[PixelBox]:
        others = [other.exact_pixels(self._entry.shown.size) for other in field.others]
        return list(_within(self._areas, others))

    def _in_cells(self, areas: Sequence[PixelBox]) -> list[PixelBox]:
        """Return the areas that show pieces of the text, if each of them stands alone, as in a row of cells."""
        pieces = [piece.strip() for piece in self._entry.pieces if piece.strip()]
        read = [(area, self._readings(area)) for area in areas] if len(pieces) > 1 else []
        found = [[area for area, texts in read if _reads(piece, texts, loosely=False)] for piece in pieces]
        return [area for each in found for area in each] if all(found) else []

    def _is_shown(self, area: PixelBox, *, loosely: bool) -> bool:
        text = "".join(self._entry.text.split())
        if not text:
            return True  # blanks alone
        if not is_readable(text):
            return _is_varied(self._after, area, len(set(text)))
        return _reads(text, self._readings(area), loosely=loosely)

    def _readings(self, area: PixelBox) -> list[str]:
        """What the reader makes of an area, on the whole screen and by itself, at three sizes."""
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


def _is_hidden(entry: Entry, picture: Pixels, area: PixelBox) -> bool:
    """Return whether dots stand there for letters: as many as were typed, or a row of them. Others may be a sign."""
    dots = _discs(picture, area)
    return dots > 0 if entry.pastes else dots >= FEWEST_DOTS or 0 < dots == len(entry.text)


def _discs(picture: Pixels, area: PixelBox) -> int:
    return InkPart(picture, area).whole.discs or 0 if area.height <= HIGHEST else 0


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
