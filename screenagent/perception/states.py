"""The state of a control: what its program tells of it, or else what its picture shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from screenagent.geometry import Box, Location, PixelBox
from screenagent.perception.cache import SharedLRU
from screenagent.perception.labels import Label, TextLine, labels, text_lines
from screenagent.perception.marks import mark_state, marks_in
from screenagent.perception.similarity import as_misread
from screenagent.protocols import Accessibility, TextReader
from screenagent.screenshot import ControlState, Element, Screenshot

NEAR: Final = 2.5
"""How far a mark may be from its label, in heights of the label, without standing at the end of its row."""
ROW: Final = 0.75
"""How far the middle of a mark may be from that of its label, in heights of the label."""
TALL_ROW: Final = 1.9
"""The same, where a row holds a second line that explains the first."""
TICKED: Final = ("checked", "unchecked", "mixed")


class ControlStateReader:
    """Reads the states of controls. A program that tells them is believed before the picture is."""

    def __init__(self, reader: TextReader, accessibility: Accessibility | None = None) -> None:
        self._reader = reader
        self._accessibility = accessibility
        self._told: SharedLRU[str, Sequence[Element]] = SharedLRU(4)

    def elements(self, screenshot: Screenshot) -> Sequence[Element]:
        """Return the controls that the program in front tells; it is asked once for each picture."""
        if self._accessibility is None:
            return ()
        if (known := self._told.get(screenshot.digest)) is None:
            known = tuple(self._accessibility.elements(screenshot))
            self._told.keep(screenshot.digest, known)
        return known

    def ticked(self, screenshot: Screenshot, label: Location) -> ControlState | None:
        """Return the check box, radio button or switch that stands at `label` or in its row, if there is one."""
        written = labels(self._reader.read(screenshot), screenshot.size)
        rect = (label.box or Box.around(label.point, width=0, height=0)).exact_pixels(screenshot.size)
        told = [element for element in self.elements(screenshot) if element.states.intersection(TICKED)]
        named = [element for element in told if label.point in element.box]
        named = named or [element for element in told if _says(element.name, rect, written)]
        if len(named) == 1:
            return _of(named[0])
        row = ControlRow(rect, [one for one in written if len(one.text) > 1 and not _is_same(one.rect, rect)])
        unnamed = [_of(element) for element in told if not element.name.strip()]
        return row.nearest(unnamed, screenshot) or row.nearest(list(_marks(screenshot, row, written)), screenshot)

    def state(self, screenshot: Screenshot, box: Box, *, valued: bool = False) -> ControlState:
        """Return the state of the control in `box`; with `valued` also what it shows."""
        told = [element for element in self.elements(screenshot) if _overlap(element.box, box) > 0.6]
        if told and (told[0].states or told[0].value is not None):
            return _of(max(told, key=lambda element: _overlap(element.box, box)))
        if valued:
            return ControlState(box=box, value=" ".join(line.text for line in self.lines(screenshot, box)), by="words")
        marked = mark_state(np.asarray(screenshot.pixels), box.exact_pixels(screenshot.size))
        return ControlState(box=box, states=frozenset((marked,) if marked else ()))

    def lines(self, screenshot: Screenshot, box: Box) -> list[TextLine]:
        """Return the lines in `box`, read on their own: nothing beside the box belongs to them."""
        part = Screenshot.of(screenshot.pixels.crop(box.pixels(screenshot.size)))
        words = [word.model_copy(update={"box": word.box.within(box)}) for word in self._reader.read(part)]
        return text_lines(words)


@dataclass(frozen=True)
class ControlRow:
    """A label, and the other texts on the screen, in pixels."""

    label: PixelBox
    others: Sequence[Label]

    @property
    def region(self) -> tuple[float, float]:
        """The top and the bottom of what belongs to the row."""
        reach = TALL_ROW * max(self.label.height, 12) + 22
        return self.label.center_y - reach, self.label.center_y + reach

    def nearest(self, found: Sequence[ControlState], screenshot: Screenshot) -> ControlState | None:
        """Return the control that belongs to the label: left or right beside it, or at an end of its row."""
        placed = [(control.box.exact_pixels(screenshot.size), control) for control in found]
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
        gap = PixelBox(left.right + 1, self.label.top, right.left - 1, self.label.bottom)
        return any(other.rect.shared_area(gap) > 0 for other in self.others)


def _marks(screenshot: Screenshot, row: ControlRow, written: Sequence[Label]) -> Iterator[ControlState]:
    top, bottom = row.region
    region = PixelBox(0, top, screenshot.size.width, bottom)
    words = [word for label in written for text, word in label.words if len(text) > 1]  # a mark is read as a letter
    for mark in marks_in(np.asarray(screenshot.pixels), region, words):
        states = frozenset((mark.state,) if mark.state else ())
        yield ControlState(box=mark.rect.box(screenshot.size), role=mark.role, states=states)


def _of(element: Element) -> ControlState:
    return ControlState(
        box=element.box, role=element.role, states=element.states, value=element.value, by="accessibility"
    )


def _says(name: str, rect: PixelBox, written: Sequence[Label]) -> bool:
    """Whether a name is what is written there."""
    return bool(name.strip()) and any(
        _is_same(label.rect, rect) and as_misread(label.text) == as_misread(name) for label in written
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
