"""Where ink lies on a part of a picture: its lines, its strokes, and what has changed between two pictures. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from screenagent.geometry import PixelBox
from screenagent.perception.incidental import differing

INK: Final = 40  # of 255, by how much a letter differs from its ground in one channel at least
FAINT: Final = 165  # of 255: what differs from its ground by less may be a hint
CELL: Final = 8  # pixels; changes are gathered in squares of this side
REACH: Final = 2  # changes that are at most so many squares apart are one
FRAMED: Final = 30  # pixels; what is narrower has no frame
FRAME: Final = 0.9  # a row or column of which more than this is ink is a line of a frame, not of text
ALIKE: Final = 0.85  # the share of pixels that two drawings of one dot have in common
ROUND: Final = (0.7, 1.4)  # how much wider than high a dot may be
DISC: Final = (0.6, 0.92)  # the share of its bounds that a larger dot fills: a square fills more
MIRRORED: Final = 0.7  # the share of its pixels that a disc has in common with its mirror image
SMALL: Final = 4  # pixels; so low a dot has no corners to be told by
CARET_WIDTH: Final = 2
CARET_HEIGHT: Final = 11  # pixels; a lower stroke is no caret
TOUCHED: Final = 1 / 3  # the part of a caret's height that a letter beside it may touch,
APART: Final = 0.1  # and the part from which on it touches it at all
LOWEST: Final = 0.4  # the part of a caret's height that the letters beside it have at least
FEW: Final = 0.4  # of the letters of a line: so many may reach as far as its caret
DEEP: Final = 0.4  # the part of a line's height that a letter has in it, which goes on below
HAIR: Final = 2  # pixels by which round letters reach beyond others
WORD_GAP: Final = 0.7  # how wide a gap between words is at most, as a part of the height of the text
FEWEST_GAP: Final = 5  # pixels that a gap between words may have however low the text is
BEYOND: Final = 3  # pixels that an edge reaches above and below the text
FEWEST_ROWS: Final = 3  # what is lower than this is no line of text
SPLIT: Final = {'"': 2, "%": 3, "“": 2, "”": 2, "=": 1}
"""The strokes apart that a sign may have; every other has one."""

Pixels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class InkLine:
    """One line of ink: its bounds in the picture, and the columns of each stroke, counted from its left edge."""

    rect: PixelBox
    strokes: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class InkPart:
    """A part of a picture, `rect`, and its ink on the commonest colour."""

    picture: Pixels
    rect: PixelBox

    @cached_property
    def pixels(self) -> Pixels:
        left, top, right, bottom = self.rect.rounded
        return self.picture[top:bottom, left:right]

    @cached_property
    def ground(self) -> npt.NDArray[np.int16]:
        """The commonest colour there and just around."""
        height, width = self.picture.shape[:2]
        left, top, right, bottom = self.rect.grown(BEYOND).clipped(width, height).rounded
        colours, counts = np.unique(self.picture[top:bottom, left:right].reshape(-1, 3), axis=0, return_counts=True)
        return np.asarray(colours[counts.argmax()], np.int16)

    @cached_property
    def mask(self) -> Mask:
        """Which pixels are ink. What crosses the whole part is its frame, and a caret is no ink, either."""
        ink = _inked(self.pixels, self.ground)
        across = ink.mean(axis=1) > FRAME
        if across.any() and ink.shape[1] >= FRAMED:  # the stem of a letter may be as high as all the text
            ink = _without(ink, across, ink.mean(axis=0) > FRAME)
        return np.asarray(ink & ~_carets(ink))

    @cached_property
    def text(self) -> Pixels:
        """The part with nothing but text on its ground."""
        ink = _inked(self.pixels, self.ground)
        text = self.pixels.copy()
        text[ink & ~self.mask] = self.ground.astype(np.uint8)
        return text

    @property
    def is_blank(self) -> bool:
        """Whether nothing stands there, or nothing but a hint that an empty field shows, fainter than a text."""
        return not self.lines or int(np.abs(self.text.astype(np.int16) - self.ground).max()) < FAINT

    @cached_property
    def lines(self) -> tuple[InkLine, ...]:
        """The lines of ink from the top, specks aside."""
        return tuple(self._line(top, bottom) for top, bottom in _joined_rows(self.mask))

    def _line(self, top: int, bottom: int) -> InkLine:
        strokes = tuple(_runs(np.asarray(self.mask[top:bottom].any(axis=0))))
        left, right = strokes[0][0], strokes[-1][1]
        rect = PixelBox(left, top, right, bottom).moved(*self.rect.rounded[:2])
        return InkLine(rect, tuple((start - left, end - left) for start, end in strokes))

    @property
    def dots(self) -> int | None:
        """How many filled discs of one kind stand there in a row, as in a field for a password; None if it is anything
        else, or a single one, which may be a letter."""
        return self.discs if self.discs != 1 else None

    @cached_property
    def discs(self) -> int | None:
        """How many filled discs of one kind stand there in a row; None if it is anything else."""
        if len(self.lines) != 1:
            return None
        line = self.lines[0]
        left, top, _, bottom = line.rect.moved(-self.rect.left, -self.rect.top).rounded
        drawn = [self.mask[top:bottom, left + start : left + end] for start, end in line.strokes]
        width = min(dot.shape[1] for dot in drawn)
        alike = all(dot.shape[1] <= width + 1 for dot in drawn) and all(
            (dot[:, :width] == drawn[0][:, :width]).mean() > ALIKE for dot in drawn
        )
        dark = np.abs(self.text.astype(np.int16) - self.ground).max(axis=2)
        discs = [dark[top:bottom, left + start : left + end] for start, end in line.strokes]
        return len(drawn) if alike and all(map(_is_disc, discs)) else None

    @cached_property
    def whole(self) -> InkPart:
        """This part with all the text that goes on left and right of it."""
        left, top, right, bottom = self.rect.rounded
        gap = max(FEWEST_GAP, round(WORD_GAP * (bottom - top)))
        beyond = _columns(self.picture[top:bottom], self.ground)
        high = self.picture[max(0, top - BEYOND) : bottom + BEYOND]
        edges = _inked(high, self.ground).mean(axis=0) > FRAME
        left = _reach(beyond[:left][::-1], edges[:left][::-1], gap)
        right = _reach(beyond[right:], edges[right:], gap)
        return replace(self, rect=PixelBox(self.rect.left - left, top, self.rect.right + right, bottom))

    def room_right(self, line: InkLine) -> float:
        """Return how many columns right of `line` are empty, up to the next thing that is drawn or the picture's
        edge; a caret behind the text is in this part, and takes no room."""
        _, top, right, bottom = line.rect.rounded
        end = round(self.rect.right)
        beyond = _columns(self.picture[top:bottom, end:], self.ground)
        within = self.mask[:, right - round(self.rect.left) :]
        if within[top - round(self.rect.top) : bottom - round(self.rect.top)].any():
            return 0
        return end - right + (int(beyond.argmax()) if beyond.any() else beyond.size)


def most_strokes(text: str) -> int:
    """In how many strokes apart, one beside the other, the text may be drawn at most."""
    return sum(SPLIT.get(letter, 1) for letter in text if not letter.isspace())


def changed_areas(before: Pixels, after: Pixels) -> list[PixelBox]:
    """Return the exact bounds of what differs between two pictures of one size; changes near each other are one."""
    differs = differing(before, after)
    height, width = differs.shape
    rows, columns = -(-height // CELL), -(-width // CELL)
    padded = np.pad(differs, ((0, rows * CELL - height), (0, columns * CELL - width)))
    cells = {(y, x) for y, x in np.argwhere(padded.reshape(rows, CELL, columns, CELL).any(axis=(1, 3))).tolist()}
    return [_bounds(differs, group) for group in _groups(cells)]


def _groups(cells: set[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    steps = range(-REACH, REACH + 1)
    rest = set(cells)
    while rest:
        group = [rest.pop()]
        for y, x in group:
            near = {(y + down, x + across) for down in steps for across in steps} & rest
            rest -= near
            group += near
        yield group


def _bounds(differs: Mask, group: list[tuple[int, int]]) -> PixelBox:
    rows, columns = zip(*group, strict=True)
    top, left = min(rows) * CELL, min(columns) * CELL
    part = differs[top : (max(rows) + 1) * CELL, left : (max(columns) + 1) * CELL]
    down, across = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
    return PixelBox(left + int(across[0]), top + int(down[0]), left + int(across[-1]) + 1, top + int(down[-1]) + 1)


def _is_disc(dark: npt.NDArray[np.int16]) -> bool:
    """Whether a stroke is a filled disc, the same from all sides; `dark` is how much it differs from its ground."""
    outline = np.asarray(dark > dark.max() / 3)  # its edge may lie between two pixels
    rows, columns = np.flatnonzero(outline.any(axis=1)), np.flatnonzero(outline.any(axis=0))
    bounds = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    disc, solid = outline[bounds], np.asarray(dark > dark.max() / 2)[bounds]
    height, width = disc.shape
    if not ROUND[0] <= width / height <= ROUND[1] or (height > SMALL and not DISC[0] <= disc.mean() <= DISC[1]):
        return False
    whole = all(len(list(_runs(line))) <= 1 for line in (*solid, *solid.T))
    mirrored = min((disc == disc[::-1]).mean(), (disc == disc[:, ::-1]).mean())
    return whole and float(mirrored) > MIRRORED


def _inked(pixels: Pixels, ground: npt.NDArray[np.int16]) -> Mask:
    return np.asarray(np.abs(pixels.astype(np.int16) - ground).max(axis=2) > INK)


def _without(ink: Mask, rows: Mask, columns: Mask) -> Mask:
    return np.asarray(ink & ~rows[:, None] & ~columns[None, :])


def _columns(pixels: Pixels, ground: npt.NDArray[np.int16]) -> Mask:
    return np.asarray(_inked(pixels, ground).any(axis=0))


def _reach(ink: Mask, edges: Mask, gap: int) -> int:
    """How many columns a text goes on: up to an edge of what it stands in, or a gap that is none between words."""
    reach = 0
    for start, end in _runs(ink):
        if start - reach > gap or edges[start:end].any():
            break
        reach = end
    return reach


def _carets(ink: Mask) -> Mask:
    """The thin upright strokes that reach above and below all the rest of their line, and are not the stem of a letter.

    At one of its ends, a few letters may reach as far: those that hang low, or have an accent.
    """
    carets = np.zeros_like(ink)
    for left, top, right, bottom in _uprights(ink):
        if right - left <= CARET_WIDTH and not _is_stem(ink, left, top, right, bottom):
            rest = np.delete(ink, slice(left, right), axis=1)
            as_high, as_low = _reaching(rest[::-1], len(ink) - bottom, len(ink) - top), _reaching(rest, top, bottom)
            few = FEW * len(list(_runs(np.asarray(rest[top:bottom].any(axis=0)))))
            carets[top:bottom, left:right] = not (as_high and as_low) and max(as_high, as_low) <= few
    return carets


def _is_stem(ink: Mask, left: int, top: int, right: int, bottom: int) -> bool:
    """Whether a letter goes on beside a stroke. Letters that a caret touches are lower than it, and of some height."""
    beside = (ink[top:bottom, left - 1 : left], ink[top:bottom, right : right + 1])
    touched = max(side.mean() if side.size else 0.0 for side in beside)
    if not APART < touched <= TOUCHED:
        return bool(touched > TOUCHED)
    rest = np.delete(ink, slice(left, right), axis=1)
    as_high = any(_ending(rest[::-1], len(ink) - 1 - row) for row in range(top, top + HAIR))
    as_low = any(_ending(rest, row) for row in range(bottom - HAIR, bottom))
    return as_high or as_low or bool(rest[top:bottom].any(axis=1).mean() < LOWEST)


def _uprights(ink: Mask) -> Iterator[tuple[int, int, int, int]]:
    """The bounds of the strokes that go straight down at least as far as a caret does."""
    long = np.zeros_like(ink)
    for column in np.flatnonzero(ink.sum(axis=0) >= CARET_HEIGHT).tolist():
        for top, bottom in _runs(ink[:, column]):
            long[top:bottom, column] = bottom - top >= CARET_HEIGHT
    for left, right in _runs(np.asarray(long.any(axis=0))):
        for top, bottom in _runs(np.asarray(long[:, left:right].any(axis=1))):
            # beside it there may be strokes of other lines
            for start, end in _runs(np.asarray(long[top:bottom, left:right].any(axis=0))):
                yield left + start, top, left + end, bottom


def _reaching(ink: Mask, top: int, bottom: int) -> int:
    """Count the strokes of the line between two rows that go down to its end, or beyond it; what only juts into it from
    below is of another line."""
    count = _ending(ink, bottom - 1)
    for start, end in _runs(np.asarray(ink[top:bottom].any(axis=0))):
        rows = ink[bottom - round(DEEP * (bottom - top)) : bottom + HAIR + 1, start:end].any(axis=1)
        count += bool(rows.all()) and bottom + HAIR < len(ink)
    return count


def _ending(ink: Mask, row: int) -> int:
    """Count the strokes that end at a row, or a hair below it; there are none where nothing but a caret was cut out."""
    if not ink.shape[1]:
        return 0
    goes_on = np.ones(ink.shape[1], np.bool_)
    for below in range(row + HAIR + 1, row, -1):
        goes_on = ink[below] & goes_on if below < len(ink) else np.zeros_like(goes_on)
        goes_on = np.convolve(goes_on, np.ones(3), "same") > 0
    return len(list(_runs(np.asarray(ink[row] & ~goes_on))))


def _runs(held: Mask) -> Iterator[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], held, [False])).astype(np.int8)))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def _joined_rows(mask: Mask) -> list[tuple[int, int]]:
    """The bands of rows with ink; the dot of an i, a hair above its letter, belongs to it."""
    bands: list[tuple[int, int]] = []
    for top, bottom in _runs(np.asarray(mask.any(axis=1))):
        if bands and top - bands[-1][1] <= 2:
            bands[-1] = (bands[-1][0], bottom)
        else:
            bands.append((top, bottom))
    return [band for band in bands if band[1] - band[0] >= FEWEST_ROWS]
