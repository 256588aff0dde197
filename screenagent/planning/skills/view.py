"""What a planner without a model sees of the screen: what is written where, and what the grounder knows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import count, permutations
from typing import NamedTuple

from screenagent.geometry import Absent, Box, Location, Point
from screenagent.perception.closer import ZOOMS, enlarged
from screenagent.perception.labels import TextLine, text_lines
from screenagent.protocols import Grounder, StateReader, TextReader
from screenagent.screenshot import ControlState, Element, Screenshot, Word, digest


class Number(NamedTuple):
    """A number that stands alone, and where."""

    value: float
    box: Box


class ListRow(NamedTuple):
    """A row of a list, or a line that may be one: its text, where that stands, the box whose state is read, and whether
    its program tells that state."""

    name: str
    text: Box
    box: Box
    told: bool = False


class ScreenView:
    """Eyes on the screen as it is: the planner puts each new one before them."""

    screen: Screenshot

    def __init__(
        self,
        reader: TextReader,
        grounder: Grounder,
        *,
        strict: Grounder | None = None,
        states: StateReader | None = None,
    ) -> None:
        self._reader = reader
        self._grounder = grounder
        self._strict = strict or grounder
        self._states = states

    @property
    def words(self) -> Sequence[Word]:
        return self._reader.read(self.screen)

    @property
    def lines(self) -> list[TextLine]:
        return text_lines(self.words)

    @property
    def is_web_page(self) -> bool:
        """Whether the window in front shows one."""
        return self.screen.window is not None and self.screen.window.is_browser

    @property
    def middle(self) -> Point:
        """Of all that is written: where a wheel is turned over the page rather than beside it."""
        boxes = [line.box for line in self.lines]
        if not boxes:
            return Point(x=0.5, y=0.5)
        return Box.around_all(boxes).center

    def top_row(self) -> list[TextLine]:
        """The lines that stand in one row with the topmost."""
        lines = self.lines
        first = min((line.box for line in lines), key=lambda box: box.top, default=None)
        return [line for line in lines if first and first.top <= line.box.center.y <= first.bottom]

    def is_one_line(self, box: Box) -> bool:
        """Whether one line of text at most stands in it, as in what opens."""
        return sum(line.box.center in box and len(line.text) > 1 for line in self.lines) <= 1

    def texts(self) -> Iterator[TextLine]:
        """Each line, and what two that stand closely beside or below each other say together."""
        lines = self.lines
        yield from lines
        for one, other in permutations(lines, 2):
            if self._goes_on(one.box, other.box):
                yield TextLine([*one.words, *other.words])

    def _goes_on(self, one: Box, other: Box) -> bool:
        high = one.bottom - one.top
        letter = high * self.screen.size.height / self.screen.size.width
        if one.top <= other.center.y <= one.bottom:
            return 0 <= other.left - one.right < 1.2 * letter
        aligned = abs(other.left - one.left) < letter or abs(other.center.x - one.center.x) < letter
        return aligned and -0.3 * high < other.top - one.bottom < 0.6 * high

    def is_button(self, line: TextLine) -> bool:
        return any(button.box and line.box.center in button.box for button in self.every("button"))

    def label_of(self, field: Location) -> str:
        """What is written left of a field, or else nearest above or below it."""
        box = field.box or Box.around(field.point, width=0, height=0)
        beside = [
            line
            for line in self.lines
            if line.box.top <= field.point.y <= line.box.bottom and line.box.right <= box.left
        ]
        if beside:
            return max(beside, key=lambda line: line.box.right).text.rstrip(":")
        apart = [
            (max(box.top - line.box.bottom, line.box.top - box.bottom), line.text)
            for line in self.lines
            if line.box.center not in box and line.box.left <= box.right and line.box.right >= box.left
        ]
        return min(apart)[1].rstrip(":") if apart else ""

    def find(self, target: str) -> Location | None:
        match self._grounder.locate(target, self.screen):
            case Location() as location:
                return location
            case _:
                return None

    def find_exactly(self, target: str) -> Location | None:
        """Where `target` is; None also if it is there twice, since a click on the wrong one changes the wrong thing."""
        found = self._strict.locate(target, self.screen)
        return found if isinstance(found, Location) else None

    def why_absent(self, target: str) -> str:
        """Why `find_exactly` finds nothing."""
        found = self._strict.locate(target, self.screen)
        return found.why if isinstance(found, Absent) else f"“{target}” is there, but not clearly enough"

    def ticked(self, label: Location) -> ControlState | None:
        """The check box, radio button or switch that belongs to a label, and whether it is on."""
        return self._states.ticked(self.screen, label) if self._states else None

    def dropdown(self, name: str) -> Location | None:
        """The closed drop-down of that name, or what may be one."""
        return self.seen_dropdown(name) or self.find(f"the {name} drop-down")

    def seen_dropdown(self, name: str) -> Location | None:
        """The closed drop-down of that name that looks like one."""
        seen = self._states.dropdown(self.screen, name) if self._states else None
        return Location(point=seen.box.center, box=seen.box, confidence=0.9, by="pixels") if seen else None

    def folding(self, label: Location) -> ControlState | None:
        """The section or tree row of a label, if it can be said whether it is expanded."""
        return self._states.folding(self.screen, label) if self._states else None

    def selectable(self, label: Location) -> ControlState | None:
        """The tab, row or item of a label, if its program tells whether it is selected."""
        return self._states.selectable(self.screen, label) if self._states else None

    def slider(self, label: Location | None) -> ControlState | None:
        """The slider that belongs to a label; without a label the only slider."""
        return self._states.slider(self.screen, label) if self._states else None

    def value(self, box: Box) -> str | None:
        """What the control in a box shows."""
        if self._states:
            return self._states.state(self.screen, box, valued=True).value
        return " ".join(line.text for line in self.lines if line.box.center in box)

    def looks_like(self, box: Box, text: str) -> bool:
        """Whether what stands in a box reads `text` at one of the sizes that it is looked at."""
        edges = box.exact_pixels(self.screen.size).clipped(*self.screen.pixels.size).rounded
        looks = (self._reader.read(enlarged(self.screen, edges, zoom)) for zoom in ZOOMS)
        return any(" ".join(word.text for word in words).strip("|_ ") == text for words in looks)

    def told_value(self, box: Box) -> str | None:
        """What the program says that the control in a box shows."""
        told = self._states.state(self.screen, box) if self._states else None
        return told.value if told else None

    def handle(self, box: Box) -> Box | None:
        """Where the handle of the slider is that was in a box: there, or elsewhere in its row."""
        return self._states.handle(self.screen, box) if self._states else None

    def look_of(self, box: Box) -> str:
        """A name for the pixels in a box: others have another name."""
        return _look(self.screen, box)

    def has_come(self, target: str, *, since: Screenshot) -> bool:
        """Whether `target` stands in an open menu, or where something else was shown on the screen `since`."""
        if (found := self.find(target)) is None:
            return False
        if any(found.point in popup for popup in self.screen.popups):
            return True
        box = found.box or Box.around(found.point, width=0, height=0)
        return since.size != self.screen.size or self.look_of(box) != _look(since, box)

    def opened(self, before: Screenshot, control: Box) -> Box | None:
        """Where a list came up at a control since the screen `before`."""
        return self._states.opened(before, self.screen, control) if self._states else None

    def lines_in(self, box: Box) -> list[TextLine]:
        """The lines in a box; what stands beside it belongs to none of them."""
        if self._states:
            return text_lines(self._states.words(self.screen, box))
        return [line for line in self.lines if line.box.center in box]

    @property
    def rows(self) -> list[ListRow]:
        """What may be rows of lists: those that a program tells, and every line that stands in none of these."""
        told = [ListRow(one.name.strip(), one.box, one.box, told=True) for one in self._elements if _is_row(one)]
        lines = [line for line in self.lines if not any(line.box.center in row.box for row in told)]
        return [*told, *(ListRow(line.text, line.box, line.box) for line in lines)]

    @property
    def _elements(self) -> Sequence[Element]:
        return self._states.elements(self.screen) if self._states else ()

    def is_selected(self, row: ListRow) -> bool | None:
        """Whether a row is selected; None where that is not to be seen."""
        return self._states.state(self.screen, row.box).is_in("selected") if self._states else None

    def every(self, role: str) -> list[Location]:
        """All the controls of a role, in reading order: every "check box"."""
        found: list[Location] = []
        for number in count(1):
            location = self.find(f"the {ordinal(number)} {role}")
            if location is None or any(location.point == known.point for known in found):
                return found
            found.append(location)
        raise AssertionError

    def numbers(self) -> Iterator[Number]:
        """The numbers that stand alone, and where."""
        for line in self.lines:
            for word in line.words:
                if number := re.fullmatch(r"([-+−]?\d+(?:\.\d+)?)%?", word.text):
                    yield Number(float(number[1].replace("−", "-")), word.box)


def _look(screen: Screenshot, box: Box) -> str:
    return digest(screen.pixels.crop(box.pixels(screen.size)))


def _is_row(element: Element) -> bool:
    return element.role == "item" and not element.states.isdisjoint(("selected", "unselected"))


def ordinal(number: int) -> str:
    """As in "the 3rd field"."""
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
