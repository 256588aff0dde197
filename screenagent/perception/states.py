"""The state of a control: what its program tells of it, or else what its picture shows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from PIL import ImageOps

from screenagent.geometry import Box, Location, PixelBox, Size
from screenagent.perception.cache import SharedLRU
from screenagent.perception.controls import frames, has_arrow
from screenagent.perception.disclosures import folding_state, trailing_sign, trailing_state
from screenagent.perception.highlights import is_highlighted
from screenagent.perception.labels import Label, labels
from screenagent.perception.list_rows import row_setting
from screenagent.perception.marks import commonest, mark_state, marks_in
from screenagent.perception.ocr import PictureArray
from screenagent.perception.open_lists import opened_list
from screenagent.perception.similarity import likeness
from screenagent.perception.sliders import handles_in
from screenagent.protocols import Accessibility, TextReader
from screenagent.screenshot import ControlState, Element, ElementState, Screenshot, Word

NEAR: Final = 2.5
"""How far a mark may be from its label, in heights of the label, without standing at the end of its row."""
ROW: Final = 0.75
"""How far the middle of a mark may be from that of its label, in heights of the label."""
TALL_ROW: Final = 1.9
"""The same, where a row holds a second line that explains the first."""
MARGIN: Final = 32
"""Pixels around a part that is read on its own: the reader misses words at an edge."""
FRESH_SECONDS: Final = 0.2
FRAME: Final = 2
"""Pixels of a control's frame, which may be read as a letter."""
TICKED: Final = ("checked", "unchecked", "mixed")
SELECTABLE: Final = ("selected", "unselected")
FOLDING: Final = ("expanded", "collapsed")


class ToldElements(NamedTuple):
    """What a program told, and when."""

    elements: tuple[Element, ...]
    at: float


class RowRange(NamedTuple):
    """A part of a picture from one side to the other."""

    top: float
    bottom: float

    def region(self, screenshot: Screenshot) -> PixelBox:
        return PixelBox(0, self.top, screenshot.size.width, self.bottom)


ALL: Final = RowRange(0, float("inf"))
Look = Callable[[Screenshot, RowRange, Sequence[PixelBox]], Iterator[ControlState]]


class ControlStateReader:
    """Reads the states of controls. A program that tells them is believed before the picture is."""

    def __init__(self, reader: TextReader, accessibility: Accessibility | None = None) -> None:
        self._reader = reader
        self._accessibility = accessibility
        self._told: SharedLRU[str, ToldElements] = SharedLRU(4)

    def elements(self, screenshot: Screenshot) -> Sequence[Element]:
        """Return the controls that the program in front tells. It may tell of a change later than it shows it, so it is
        asked again about the same picture after a while, or if it may have told of a change."""
        if self._accessibility is None:
            return ()
        known, now = self._told.get(screenshot.digest), time.monotonic()
        if known is None or now - known.at > FRESH_SECONDS or not self._accessibility.is_current(screenshot, known.at):
            known = ToldElements(tuple(self._accessibility.elements(screenshot)), now)
            self._told.keep(screenshot.digest, known)
        return known.elements

    def ticked(self, screenshot: Screenshot, label: Location) -> ControlState | None:
        """Return the check box, radio button or switch that stands at `label` or in its row, if there is one."""
        told = [element for element in self.elements(screenshot) if element.states.intersection(TICKED)]
        return self._labelled(screenshot, label, told, _marks)

    def selectable(self, screenshot: Screenshot, label: Location) -> ControlState | None:
        """Return the tab, row or item of that label, if its program tells whether it is selected."""
        told = [element for element in self.elements(screenshot) if element.states.intersection(SELECTABLE)]
        return self._labelled(screenshot, label, told, _none) if told else None

    def slider(self, screenshot: Screenshot, label: Location | None) -> ControlState | None:
        """Return the slider that stands at `label` or in its row; without a label the only slider. By sight, its box is
        that of its handle."""
        told = [element for element in self.elements(screenshot) if element.role == "slider"]
        if label is not None:
            return self._labelled(screenshot, label, told, _sliders)
        everywhere = [_of(element) for element in told] or list(_sliders(screenshot, ALL, ()))
        return everywhere[0] if len(everywhere) == 1 else None

    def dropdown(self, screenshot: Screenshot, name: str) -> ControlState | None:
        """Return the closed drop-down of that name, also where its label and its choice are read as one line."""
        picture = np.asarray(screenshot.pixels)
        written = labels(self._reader.read(screenshot), screenshot.size)
        framed = frames(picture)
        boxes = [rect for rect in framed if _is_dropdown(picture, rect)]
        words = [word for one in written for word in one.words]
        apart = [Label([word]) for word in words if not any(box.holds(*word[1].center) for box in boxes)]
        seen = [ControlState(box=box.box(screenshot.size), role="dropdown") for box in boxes]
        for label in _named(name, written):
            if part := _set_in_row(label, picture, framed, words):
                return ControlState(box=part.box(screenshot.size), role="dropdown")
            others = [one for one in apart if not label.grown(2).holds(*one.rect.center)]
            if found := LabelledRow(label, others).nearest(seen, screenshot.size):
                return found
        return None

    def folding(self, screenshot: Screenshot, label: Location) -> ControlState | None:
        """Return the section or tree row of that label, if it is told or seen whether it is expanded."""
        told = [element for element in self.elements(screenshot) if element.states.intersection(FOLDING)]
        if told and (found := self._labelled(screenshot, label, told, _none)):
            return found
        x, y = label.point.x * screenshot.size.width, label.point.y * screenshot.size.height
        written = labels(self._reader.read(screenshot), screenshot.size)
        own = [rect for one in written if one.rect.holds(x, y) for rect in _words([one])]
        rect = PixelBox.around_all(own) if own else None
        return _folded(np.asarray(screenshot.pixels), rect, _words(written), screenshot.size) if rect else None

    def handle(self, screenshot: Screenshot, box: Box) -> Box | None:
        """Return the handle of the slider that is or was in `box`, which may have moved in its row."""
        rect = box.exact_pixels(screenshot.size)
        rows = RowRange(rect.center_y - 2 * rect.height, rect.center_y + 2 * rect.height)
        found = [one.box for one in _sliders(screenshot, rows, ())]
        return min(found, key=lambda one: abs(one.center.x - box.center.x), default=None)

    def _labelled(
        self, screenshot: Screenshot, label: Location, told: Sequence[Element], look: Look
    ) -> ControlState | None:
        """Return the control that a label names: the program says so, or it stands in the row of the label."""
        written = labels(self._reader.read(screenshot), screenshot.size)
        rect = (label.box or Box.around(label.point, width=0, height=0)).exact_pixels(screenshot.size)
        named = [element for element in told if label.point in element.box]
        named = named or [element for element in told if _says(element.name, rect, written)]
        if len(named) == 1:
            return _of(named[0])
        row = LabelledRow(rect, [one for one in written if len(one.text) > 1 and not _is_same(one.rect, rect)])
        unnamed = [_of(element) for element in told if not element.name.strip()]
        seen = list(look(screenshot, row.region, _words(written)))
        itself = next((one for one in seen if rect.grown(1).holds(*one.box.exact_pixels(screenshot.size).center)), None)
        return itself or row.nearest(unnamed, screenshot.size) or row.nearest(seen, screenshot.size)

    def state(self, screenshot: Screenshot, box: Box, *, valued: bool = False) -> ControlState:
        """Return the state of the control in `box`; with `valued` also what it shows."""
        told = [element for element in self.elements(screenshot) if _overlap(element.box, box) > 0.6]
        if told and (told[0].states or told[0].value is not None):
            return _of(max(told, key=lambda element: _overlap(element.box, box)))
        if valued:
            return ControlState(box=box, value=self._shown(screenshot, box), by="words")
        picture, rect = np.asarray(screenshot.pixels), box.exact_pixels(screenshot.size)
        states: set[ElementState] = set()
        if marked := mark_state(picture, rect):
            states.add(marked)
        if (highlighted := is_highlighted(picture, rect)) is not None:
            states.add("selected" if highlighted else "unselected")
        written = labels(self._reader.read(screenshot), screenshot.size)
        if folded := trailing_state(picture, rect) or folding_state(picture, rect, _words(written)):
            states.add(folded)
        return ControlState(box=box, states=frozenset(states))

    def words(self, screenshot: Screenshot, box: Box) -> list[Word]:
        """Return the words in `box`, read on their own: nothing beside the box belongs to them."""
        rect = PixelBox(*box.pixels(screenshot.size))
        cut = screenshot.pixels.crop(rect.rounded)
        ground = tuple(commonest(np.asarray(cut)).tolist())
        part = Screenshot.of(ImageOps.expand(cut, MARGIN, fill=ground))
        corner = rect.left - MARGIN, rect.top - MARGIN
        placed = ((word, word.box.exact_pixels(part.size).moved(*corner)) for word in self._reader.read(part))
        return [word.model_copy(update={"box": place.box(screenshot.size)}) for word, place in placed]

    def opened(self, before: Screenshot, after: Screenshot, control: Box) -> Box | None:
        return opened_list(before, after, control)

    def _shown(self, screenshot: Screenshot, box: Box) -> str | None:
        """What a field or a drop-down shows; the sign that opens a list may be read as a letter."""
        inner = box.exact_pixels(screenshot.size).grown(-FRAME).box(screenshot.size)
        words = self.words(screenshot, inner)
        sign = 1.3 * (box.bottom - box.top) * screenshot.size.height / screenshot.size.width
        shown = [word.text for word in words if len(word.text) > 1 or word.box.center.x < box.right - sign]
        return " ".join(shown) or None


@dataclass(frozen=True)
class LabelledRow:
    """A label, and the other texts on the screen, in pixels."""

    label: PixelBox
    others: Sequence[Label]

    @property
    def region(self) -> RowRange:
        """What belongs to the row, and is looked at."""
        reach = TALL_ROW * max(self.label.height, 12) + 22
        return RowRange(self.label.center_y - reach, self.label.center_y + reach)

    def nearest(self, found: Sequence[ControlState], size: Size) -> ControlState | None:
        """Return the control that belongs to the label: left or right beside it, or at an end of its row."""
        placed = [(control.box.exact_pixels(size), control) for control in found]
        for reach in (ROW, TALL_ROW):
            beside = [(rect, control) for rect, control in placed if self._is_in(rect, reach * self._unit)]
            least = min((self._off(rect) for rect, _ in beside), default=0.0)
            row = [(rect, control) for rect, control in beside if self._off(rect) <= least + 0.3 * self._unit]
            for side in (self._left_beside, self._right, self._left_apart):
                fitting = [(self._gap(rect), rect, control) for rect, control in row if side(rect)]
                if fitting:
                    return min(fitting, key=lambda one: one[0])[2]
        return None

    @property
    def _unit(self) -> float:
        return max(self.label.height, 12)

    def _is_in(self, rect: PixelBox, reach: float) -> bool:
        """Whether it is that near; one that stands in line with another text belongs to that."""
        if self._off(rect) > reach:
            return False
        return self._off(rect) <= ROW * self._unit or not any(
            abs(rect.center_y - other.rect.center_y) <= 0.4 * other.rect.height for other in self.others
        )

    def _off(self, rect: PixelBox) -> float:
        return abs(rect.center_y - self.label.center_y)

    def _gap(self, rect: PixelBox) -> float:
        return max(self.label.left - rect.right, rect.left - self.label.right)

    def _left_beside(self, rect: PixelBox) -> bool:
        return rect.right <= self.label.left + 4 and self._gap(rect) <= NEAR * self._unit and not self._between(rect)

    def _right(self, rect: PixelBox) -> bool:
        """Right of it, unless it stands closely before another text, which it belongs to then."""
        if rect.left < self.label.right - 4 or self._between(rect):
            return False
        after = rect.moved(rect.width, 0).grown(0.7 * self._unit, 0)
        own = self._gap(rect) <= 1.2 * self._unit
        return own or not any(after.shared_area(other.rect) > 0 for other in self.others)

    def _left_apart(self, rect: PixelBox) -> bool:
        """At the other end of the row, as in a mirrored form."""
        before = rect.moved(-rect.width, 0).grown(0.7 * self._unit, 0)
        apart = rect.right <= self.label.left + 4 and not self._between(rect)
        return apart and not any(before.shared_area(other.rect) > 0 for other in self.others)

    def _between(self, rect: PixelBox) -> bool:
        """Whether something is written between the label and this place."""
        left, right = sorted((self.label, rect), key=lambda each: each.left)
        if right.left - left.right < 2:
            return False
        line = self.label.grown(0, -0.25 * self.label.height)  # a line below may reach into the bounds of the label
        gap = PixelBox(left.right + 1, line.top, right.left - 1, line.bottom)
        return any(other.rect.shared_area(gap) > 0 for other in self.others)


def _marks(screenshot: Screenshot, rows: RowRange, words: Sequence[PixelBox]) -> Iterator[ControlState]:
    for mark in marks_in(np.asarray(screenshot.pixels), rows.region(screenshot), words):
        states = frozenset((mark.state,) if mark.state else ())
        yield ControlState(box=mark.rect.box(screenshot.size), role=mark.role, states=states)


def _named(name: str, written: Sequence[Label]) -> Iterator[PixelBox]:
    """Where a name is written: as a line, or at the beginning of one."""
    count = len(name.split())
    for label in sorted(written, key=lambda one: len(one.words)):
        first = label.words[:count]
        if likeness(name, " ".join(text for text, _ in first).rstrip(":")) > 0:
            yield PixelBox.around_all(rect for _, rect in first)


def _set_in_row(
    label: PixelBox, picture: PictureArray, framed: Sequence[PixelBox], words: Sequence[tuple[str, PixelBox]]
) -> PixelBox | None:
    """Return where the choice stands in the long frame that begins with a label, if an arrow stands behind it."""
    rows = (row_setting(box, words) for box in framed if box.holds(*label.center))
    named = (row for row in rows if row and not row.number and row.name.holds(*label.center))
    return next((row.value for row in named if has_arrow(picture, row.end, after=row.end.left)), None)


def _is_dropdown(picture: PictureArray, rect: PixelBox) -> bool:
    if not 14 <= rect.height <= 64 or rect.width < 1.5 * rect.height:
        return False
    ends = (PixelBox(rect.right - share * rect.height, *rect[1:]) for share in (1.3, 1.0))
    return any(has_arrow(picture, end, after=end.left) for end in ends)  # its text may be read as far as the sign


def _none(_screenshot: Screenshot, _rows: RowRange, _words: Sequence[PixelBox]) -> Iterator[ControlState]:
    yield from ()


def _sliders(screenshot: Screenshot, rows: RowRange, _words: Sequence[PixelBox]) -> Iterator[ControlState]:
    for handle in handles_in(np.asarray(screenshot.pixels), rows.region(screenshot)):
        yield ControlState(box=handle.box(screenshot.size), role="slider")


def _folded(picture: PictureArray, label: PixelBox, words: Sequence[PixelBox], size: Size) -> ControlState | None:
    """The section of a label by the sign before it, or else the sign at the end of its row, which is what folds it."""
    if state := folding_state(picture, label, words):
        return ControlState(box=label.box(size), states=frozenset((state,)))
    sign = trailing_sign(picture, label, words)
    state = trailing_state(picture, sign) if sign else None
    return ControlState(box=sign.box(size), states=frozenset((state,))) if sign and state else None


def _words(written: Sequence[Label]) -> list[PixelBox]:
    """Where words are; a single letter may be a mark or a sign."""
    return [rect for label in written for text, rect in label.words if len(text) > 1]


def _of(element: Element) -> ControlState:
    return ControlState(
        box=element.box, role=element.role, states=element.states, value=element.value, by="accessibility"
    )


def _says(name: str, rect: PixelBox, written: Sequence[Label]) -> bool:
    """Whether a name is what is written there."""
    return bool(name.strip()) and any(
        _is_same(label.rect, rect) and likeness(name, label.text) > 0 for label in written
    )


def _is_same(one: PixelBox, other: PixelBox) -> bool:
    return one.shared_area(other) > 0.5 * min(one.area, other.area)


def _overlap(one: Box, other: Box) -> float:
    """What two boxes share, as a part of what they cover together."""
    across = min(one.right, other.right) - max(one.left, other.left)
    down = min(one.bottom, other.bottom) - max(one.top, other.top)
    shared = max(0.0, across) * max(0.0, down)
    areas = [(box.right - box.left) * (box.bottom - box.top) for box in (one, other)]
    return shared / (sum(areas) - shared) if sum(areas) > shared else 0.0
