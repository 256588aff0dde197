"""Boxes on the screen that something can be done with, found by their edges, and the labels that name them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from screenagent.geometry import PixelBox
from screenagent.perception.labels import Label, ReadWord, split_where
from screenagent.perception.list_rows import row_setting
from screenagent.perception.ocr import PictureArray
from screenagent.perception.pixels import (
    absolute_difference,
    channels,
    connected_regions,
    grey,
    morphological_opening,
    steps,
)
from screenagent.perception.places import PlaceIndex
from screenagent.perception.roles import Role

EDGES = (5, 1)
"""Neighbouring pixels that differ by more than this, of 255 in any channel, are a border: themes go that faint. The
smoothed corner of a faint filling goes by steps that only the second sees, and a shaded button is flat only for the
first."""


SQUARE = 1.35  # the longer side of a square button, in the shorter one, at most
CARET_EDGE = 40  # a caret differs from its ground by more than this, of 255 in any channel
CARET_WIDTH = 2  # pixels
CARET_HEIGHTS = range(11, 49)
CARET_GAP = 5  # how far from the border of its field it ends; farther off, it leaves the field in one piece
CARET_BORDER = 15  # pixels on either side of it along which the border is straight


OVERREACH = (
    0.25  # the share of a label's height by which its bounds may reach into the control below: a line is as high
)
# as the highest and the lowest letter of all that is read with it

HOLLOW = 1.5  # how much wider than high an empty frame is that is no button


class ControlBox(NamedTuple):
    rect: PixelBox
    role: Role


class Tie(NamedTuple):
    """A control that a label names, and how surely by where it stands."""

    control: ControlBox
    strength: float


class ControlLayout:
    """The controls of one picture and what is written at them."""

    def __init__(self, picture: PictureArray, labels: Sequence[Label]) -> None:
        self._picture = picture
        self._labels = PlaceIndex(labels)
        self.controls = list(_controls(picture, labels))
        self._placed = PlaceIndex(self.controls)
        named = [control for control in self.controls if control.role in ("field", "dropdown", "button")]
        self._wholes = _spinners(named)
        self._named = PlaceIndex(control for control in named if not self._is_step(control))

    def _is_step(self, control: ControlBox) -> bool:
        """Whether it is the minus or the plus beside a number."""
        return control.role == "button" and any(whole.holds(*control.rect.center) for whole in self._wholes.values())

    def around(self, x: float, y: float) -> ControlBox | None:
        """Return the smallest control that holds the place."""
        holding = self._placed.meeting(PixelBox(x, y, x, y))
        return min(holding, key=lambda control: control.rect.area, default=None)

    def ties(self, whole: Label, part: PixelBox | None = None) -> list[Tie]:
        """The controls that a label may name: the one it stands in, those beside it and the one below it.

        A label and what stands in the control beside it may be read as one line; then it is the label's end that holds
        `part`, or its beginning.
        """
        ends = [Label(words) for words in split_where(self._are_apart, whole.words)]
        label = next((end for end in ends if part and end.rect.holds(*part.center)), ends[0])
        inside = self.around(*label.rect.center)
        if inside and inside.role != "cell":
            return [Tie(self._set_in(inside, label) or inside, 1.0)]
        found = [self._marked(label), self._right_of(label), self._below(label), self._left_of(label)]
        return [tie for tie in found if tie]

    def _are_apart(self, word: ReadWord, other: ReadWord) -> bool:
        """Whether one of two words stands in a control and the other does not."""
        one, another = (self._named.meeting(PixelBox(x, y, x, y)) for x, y in (word[1].center, other[1].center))
        return {control.rect for control in one} != {control.rect for control in another}

    def _set_in(self, row: ControlBox, label: Label) -> ControlBox | None:
        """Return what the label at the left end of a long frame names: the number or the choice at its right end."""
        words = (word for other in self._labels.meeting(row.rect) for word in other.words)
        parts = row_setting(row.rect, words) if row.role in ("field", "dropdown", "button") else None
        if parts is None or not parts.name.holds(label.words[0][1].center_x, label.words[0][1].center_y):
            return None
        if parts.number:
            return ControlBox(parts.value, "field")
        opens = row.role == "dropdown" or has_arrow(self._picture, parts.end, after=parts.end.left)
        return ControlBox(parts.value, "dropdown") if opens else None

    def _marked(self, label: Label) -> Tie | None:
        """A box to tick stands left of its label."""
        text = label.rect
        for control in self._placed.in_rows(text.top, text.bottom):
            rect = control.rect
            if control.role == "mark" and rect.beside(text) and -4 <= text.left - rect.right <= 1.2 * text.height:
                return Tie(control, 1.0)
        return None

    def _right_of(self, label: Label) -> Tie | None:
        """An entry stands right of its label, in forms at any distance, with nothing between but what is ticked."""
        text = label.rect
        beside = (c for c in self._named.in_rows(text.top, text.bottom) if c.rect.beside(text))
        nearest = min(
            (control for control in beside if control.rect.left >= text.right - 6),
            key=lambda control: control.rect.left,
            default=None,
        )
        if nearest is None:
            return None
        gap = nearest.rect.left - text.right
        line = text.grown(0, -0.25 * text.height)  # a line below may reach into the bounds of the label
        between = PixelBox(text.right + 2, line.top, nearest.rect.left - 2, line.bottom)
        own = {word for _, word in label.words}  # a label and what its field holds may be read as one line
        others = (word for other in self._labels.meeting(between) for _, word in other.words if word not in own)
        if any(other.shared_area(between) > 0 and not nearest.rect.holds(*other.center) for other in others):
            return None
        # A button says itself what it is for.
        speaks = nearest.role == "button" and not label.text.endswith(":")
        return Tie(nearest, (1.0 if gap < 2.5 * text.height else 0.95) * (0.6 if speaks else 1.0))

    def _below(self, label: Label) -> Tie | None:
        text = label.rect
        reach = max(4, OVERREACH * text.height)
        for control in self._named.in_rows(text.bottom - reach, text.bottom + 0.9 * text.height):
            rect = self._wholes.get(control.rect, control.rect)
            starts = -0.8 * text.height <= text.left - rect.left <= 0.4 * rect.width
            if starts and -reach <= rect.top - text.bottom <= 0.9 * text.height:
                return Tie(control, 0.92)
        return None

    def _left_of(self, label: Label) -> Tie | None:
        """A unit stands right of its entry, as in "Show [10] entries", and in a mirrored form all labels do."""
        text = label.rect
        for control in self._named.in_rows(text.top, text.bottom):
            rect, gap = control.rect, text.left - control.rect.right
            if rect.beside(text) and -4 <= gap <= 2.5 * text.height:
                return Tie(control, 0.7 if gap <= text.height else 0.65)
        return None


def _controls(picture: PictureArray, labels: Sequence[Label]) -> Iterator[ControlBox]:
    found = frames(picture)
    # A sheet has thousands of cells, so each is compared with all the others at once.
    framed, written = _table(found), _table([label.rect for label in labels])
    across, down = framed[:, 2] - framed[:, 0], framed[:, 3] - framed[:, 1]
    long, area = across > 1.5 * down, across * down
    for number, rect in enumerate(found):
        within = _held(rect, framed) & long & (area < rect.area)
        within[number] = False
        inside = [labels[label] for label in np.flatnonzero(_held(rect, written)).tolist()]
        mates = _abutting(rect, framed)
        role = _role(picture, rect, inside, holds=bool(within.any()), mates=int(mates.sum()))
        if role == "cell" and _is_spinner(rect, framed[mates]):
            role = "field"
        if role:
            yield ControlBox(rect, role)


def _spinners(controls: Sequence[ControlBox]) -> dict[PixelBox, PixelBox]:
    """Return the numbers between a minus and a plus, each with the bounds of all three: the label names the number."""
    framed = _table([control.rect for control in controls])
    found: dict[PixelBox, PixelBox] = {}
    for control in controls:
        mates = framed[_abutting(control.rect, framed)] if control.role == "field" else framed[:0]
        if len(mates) and _is_spinner(control.rect, mates):
            found[control.rect] = PixelBox.around_all((control.rect, *(PixelBox(*mate) for mate in mates.tolist())))
    return found


def _is_spinner(rect: PixelBox, mates: npt.NDArray[np.float64]) -> bool:
    """Whether it is the number between a minus and a plus: two square buttons, and nothing else in a row with them."""
    across = mates[:, 2] - mates[:, 0]
    squares = (across <= SQUARE * rect.height) & (across >= rect.height / SQUARE)
    return len(mates) == 2 and bool(squares.all()) and rect.width > SQUARE * rect.height


def _table(rects: Sequence[PixelBox]) -> npt.NDArray[np.float64]:
    return np.array(rects, np.float64).reshape(-1, 4)


def _held(rect: PixelBox, others: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Which of the others have their middle in `rect`."""
    x, y = (others[:, 0] + others[:, 2]) / 2, (others[:, 1] + others[:, 3]) / 2
    return np.asarray((rect.left <= x) & (x <= rect.right) & (rect.top <= y) & (y <= rect.bottom))


def _abutting(rect: PixelBox, others: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Which of the others are its neighbours in a row, of its height."""
    left, top, right, bottom = others.T
    same = (abs(top - rect.top) <= 2) & (abs(bottom - rect.bottom) <= 2)
    return np.asarray(same & ((abs(rect.right - left) <= 3) | (abs(right - rect.left) <= 3)))


def _role(picture: PictureArray, rect: PixelBox, inside: Sequence[Label], *, holds: bool, mates: int) -> Role | None:
    if max(rect.width, rect.height) <= 28 and 0.7 <= rect.width / rect.height <= 1.4:
        return "mark"
    said = [label for label in inside if any(len(text) > 1 for text, _ in label.words)]
    if not 14 <= rect.height <= 64 or len(said) > 2 or holds:
        return None
    text = PixelBox.around_all(label.rect for label in said) if said else None
    if has_arrow(picture, rect, after=text.right if text else rect.left):
        return "dropdown"
    if text is None:
        return "field" if rect.width > HOLLOW * rect.height else "button"
    if mates >= 2:
        return "cell"
    if abs(text.center_x - rect.center_x) < max(4, 0.06 * rect.width):
        return "button" if rect.width < 12 * rect.height else None
    return "field"


def has_arrow(picture: PictureArray, rect: PixelBox, *, after: float) -> bool:
    """Return whether right of the text, which ends at `after`, an arrow or one above another opens a list."""
    left, top, right, bottom = (int(edge) for edge in rect)
    reach = min(right - left, round(1.1 * (bottom - top)) + 4)
    part = picture[top + 3 : bottom - 3, right - reach : right - 3].astype(np.int16)
    if part.size == 0:
        return False
    ground = np.median(part.reshape(-1, 3), axis=0)
    figures = connected_regions(np.abs(part - ground).max(axis=2) > 40, corners=True).bounds
    blobs = [PixelBox.at(x, y, width=w, height=h) for x, y, w, h, area in figures.tolist() if area >= 6]
    blobs = [blob for blob in blobs if blob.height < 0.7 * part.shape[0]]  # a taller one parts the arrow from the text
    blobs = [blob for blob in blobs if blob.left > 0]  # a letter that is cut through
    if not 1 <= len(blobs) <= 2:
        return False
    arrow = PixelBox.around_all(blobs)
    centred = abs(arrow.center_y - part.shape[0] / 2) <= 0.2 * part.shape[0]
    if not centred or not 5 <= arrow.width <= 22 or right - reach + arrow.left < after - 2:
        return False
    if len(blobs) == 1:
        return 1.3 <= arrow.width / arrow.height <= 2.6
    one, other = blobs
    return abs(one.center_x - other.center_x) <= 2 and abs(one.width - other.width) <= 2 and arrow.height <= 22


def frames(picture: PictureArray) -> list[PixelBox]:
    """Flat areas with straight sides, of a size that a control has: what is inside an entry, a button, a check box."""
    if min(picture.shape[:2]) < 8:
        return []
    differs = steps_between(picture)
    for caret in _carets(picture, differs):
        differs[caret] = 0
    found: list[PixelBox] = []
    for edge in EDGES:
        known = _table(found)
        areas = _areas(differs <= edge)
        found += [area for area in areas if not (abs(known - area) <= 4).all(axis=1).any()]  # but for a border's width
    return found


def _areas(flat: npt.NDArray[np.bool_]) -> Iterator[PixelBox]:
    numbers, bounds = connected_regions(flat, corners=False)
    _, _, across, down, area = bounds.T
    height, width = flat.shape
    sized = (down >= 7) & (down <= 80) & (across >= 7) & (across <= 1400) & (area > 0.25 * across * down)
    sized &= (across < width - 2) | (down < height - 2)  # the picture itself is no control
    for index in np.flatnonzero(sized).tolist():
        x, y, w, h, _ = bounds[index].tolist()
        part = numbers[y : y + h, x : x + w] == index + 1
        left, *others = straight_sides(part, rounded=w > 1.8 * h)
        if all(others) and (left or _begins_with_caret(part)):
            yield PixelBox(x - 1, y - 1, x + w + 1, y + h + 1)


def _begins_with_caret(part: npt.NDArray[np.bool_]) -> bool:
    """Whether the left side of a long area is straight but for a caret, which stands at the beginning of an entry."""
    height, width = part.shape
    beginning = part[:, : CARET_WIDTH + 3]
    open_rows = int((~beginning[:, :2].any(axis=1)).sum())
    return width > 3 * height and open_rows in CARET_HEIGHTS and float(beginning.any(axis=1).mean()) > 0.9


def steps_between(picture: PictureArray) -> npt.NDArray[np.uint8]:
    """Return how much each pixel differs from its right or lower neighbour."""
    red, green, blue = map(steps, channels(picture))
    return np.asarray(np.maximum(red, np.maximum(green, blue)))


def _carets(picture: PictureArray, differs: npt.NDArray[np.uint8]) -> Iterator[tuple[slice, slice]]:
    """The thin upright strokes that all but part a frame in two: each is a caret that stands in a field."""
    shades = grey(picture)
    sides = absolute_difference(shades[:, :-1], shades[:, 1:]) > CARET_EDGE
    upright = morphological_opening(sides.view(np.uint8), CARET_HEIGHTS.start, 1)
    for left, top, across, down, _ in connected_regions(upright, corners=False).bounds.tolist():
        bottom, right = top + down, left + across
        if across > CARET_WIDTH or down not in CARET_HEIGHTS or top < CARET_GAP:
            continue
        along = slice(max(0, left - CARET_BORDER), right + CARET_BORDER)
        borders = (differs[top - CARET_GAP : top - 1, along], differs[bottom : bottom + CARET_GAP, along])
        if all(_is_border(rows) for rows in borders) and _stands_free(picture, left, right, top, bottom):
            yield slice(top - 1, bottom), slice(max(0, left - 1), right + 1)


def _stands_free(picture: PictureArray, left: int, right: int, top: int, bottom: int) -> bool:
    """Whether an upright stroke has nothing but its ground at both ends; the side of a frame has a corner there."""
    height, width = picture.shape[:2]
    rows = [row for row in (*range(top - 1, top + 2), *range(bottom - 2, bottom + 1)) if row < height]
    columns = [column for column in (*range(left - 4, left - 1), *range(right + 2, right + 5)) if 0 <= column < width]
    return int(np.ptp(picture[np.ix_(rows, columns)].reshape(-1, 3), axis=0).max()) <= CARET_EDGE


def _is_border(differs: npt.NDArray[np.uint8]) -> bool:
    return bool(differs.size) and float((differs > CARET_EDGE).mean(axis=1).max()) > 0.9


def straight_sides(part: npt.NDArray[np.bool_], *, rounded: bool = False) -> list[bool]:
    """Return whether an area reaches its left, top, right and bottom bound along most of that side. A `rounded` one may
    end in half discs."""
    height, width = part.shape
    x, y = (height // 2, round(0.3 * height)) if rounded else (min(4, width // 4), min(4, height // 4))
    across, down = part[:, x : width - x], part[y : height - y]
    sides = (down[:, :2].any(axis=1), across[:2].any(axis=0), down[:, -2:].any(axis=1), across[-2:].any(axis=0))
    return [bool(side.size and side.mean() > 0.75) for side in sides]
