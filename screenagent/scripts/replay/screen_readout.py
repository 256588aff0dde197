"""Reads values off the screen: what a control holds, or what stands beside a text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from screenagent.geometry import Box, PixelBox
from screenagent.perception.ink import most_strokes
from screenagent.perception.inked_text import InkedText, inked_text
from screenagent.perception.labels import Label
from screenagent.perception.spelling import Spelling
from screenagent.perception.typefaces import ink_of, strokes_in
from screenagent.planning.skills.view import ScreenView
from screenagent.protocols import Grounder, StateReader, TextReader
from screenagent.screenshot import Screenshot
from screenagent.scripts.reading.agreement import DOUBTFUL, Agreed, agreed_value, as_far_as_read, by_typeface
from screenagent.scripts.reading.kinds import CALLED, PARSERS
from screenagent.scripts.reading.phrase import Beside, Named, Table, TableCell, wanted_place
from screenagent.scripts.reading.places import NoPlace, ValuePlace, place_beside, place_in_table, place_of
from screenagent.scripts.reading.tables import seen_table
from screenagent.scripts.reading.written import WrittenScreen
from screenagent.scripts.replay.readout import SURE, Unread, ValueReading
from screenagent.scripts.schema import ReadAs

ZOOMS = (2, 3)
EMPTY: Final = ValueReading(value="", shown="", confidence=1.0, by="text")


@dataclass(frozen=True)
class ScreenReadout:
    """By what the program tells if it does, else by the reader: at the screen's size and enlarged."""

    reader: TextReader
    grounder: Grounder
    states: StateReader | None = None
    spelling: Spelling = field(default_factory=Spelling)

    def read(self, what: str, kind: ReadAs, screenshot: Screenshot) -> ValueReading | Unread:
        told = self.states.elements(screenshot) if self.states else ()
        screen = WrittenScreen(screenshot, self.reader.read(screenshot), told)
        try:
            if kind == "table":
                return self._table(what, screen)
            place = self._place(what, kind, screen, screenshot)
        except NoPlace as missing:
            return Unread(str(missing))
        return self._told(place, kind, screen) if place.told else self._seen(place, kind, screen)

    def _place(self, what: str, kind: ReadAs, screen: WrittenScreen, screenshot: Screenshot) -> ValuePlace:
        match wanted_place(what):
            case Beside() as beside:
                return place_beside(beside, kind, screen)
            case TableCell() as cell:
                return place_in_table(cell, screen)
            case Named(target):
                return self._target(target, screen, screenshot)
            case _:
                raise AssertionError

    def _table(self, what: str, screen: WrittenScreen) -> ValueReading:
        """The rows of a table, each cell read as a text; the least sure one tells how sure all are.

        A single digit below or above longer numbers is a number, too, and is not held against letters.
        """
        meant = wanted_place(what, is_table=True)
        assert isinstance(meant, Table)
        table = seen_table(meant, screen)
        rows, cells = [], []
        of_numbers = [_is_of_numbers(column) for column in zip(*table.rows, strict=True)]
        for seen in table.rows:
            row = [self._cell(texts, screen, numbers) for texts, numbers in zip(seen, of_numbers, strict=True)]
            rows.append({head: cell.value for head, cell in zip(table.heads, row, strict=True)})
            cells += row
        least = min(cells, key=lambda cell: cell.confidence, default=EMPTY)
        return ValueReading(
            value=str(len(rows)),
            shown=f"{len(rows)} rows under {', '.join(table.heads)}",
            confidence=least.confidence,
            by="text",
            doubt=least.doubt and f"of the cell “{least.shown}”, {least.doubt}",
            rows=tuple(rows),
        )

    def _cell(self, texts: Sequence[Label], screen: WrittenScreen, of_numbers: bool) -> ValueReading:
        words = [word for text in texts for word in text.words]
        is_digit = of_numbers and len(_shown(texts)) == 1
        read = self._seen(place_of(words, screen), "number" if is_digit else "text", screen) if words else None
        return read if isinstance(read, ValueReading) else EMPTY

    def _target(self, target: str, screen: WrittenScreen, screenshot: Screenshot) -> ValuePlace:
        view = ScreenView(self.reader, self.grounder, states=self.states)
        view.screen = screenshot
        location = view.find(target)
        if location is None or location.box is None:
            raise NoPlace(view.why_absent(target))
        rect = location.box.exact_pixels(screenshot.size)
        held = [one for one in screen.holders if one.rect.shared_area(rect) > 0.6 * max(one.rect.area, rect.area)]
        doubt = "" if location.confidence >= DOUBTFUL else f"“{target}” is not surely found"
        told = held[0].element if held else None
        return ValuePlace(rect, tuple(screen.text_in(rect)), told=told, is_field=True, doubt=doubt)

    def _told(self, place: ValuePlace, kind: ReadAs, screen: WrittenScreen) -> ValueReading | Unread:
        element = place.told
        assert element is not None
        if "password" in element.states:
            return Unread("a password is not read")
        value = element.value or ""
        if kind == "text":
            return ValueReading(value=value, shown=value, confidence=1.0, by="accessibility", box=element.box)
        parsed = PARSERS[kind](value, screen.texts)
        if parsed is None:
            return Unread(f"“{value}” stands there, which is not {CALLED[kind]}" if value else "the field is empty")
        found = Agreed(parsed.value, value, 1.0).doubted(parsed.doubt).doubted(place.doubt)
        return _reading(found, by="accessibility", box=element.box)

    def _seen(self, place: ValuePlace, kind: ReadAs, screen: WrittenScreen) -> ValueReading | Unread:
        box = place.rect.box(screen.size)
        if not place.words:
            nothing = Agreed("", "", 1.0).doubted("nothing is read there, whether it is empty or not")
            return _reading(nothing, by="text", box=box) if kind == "text" else Unread(nothing.doubt)
        rect = PixelBox.around_all(rect for _, rect in place.words)
        inked = inked_text(screen.picture, rect, left=place.left, right=place.right)
        readings = [place.text, *(self._enlarged(inked, zoom) for zoom in ZOOMS if inked)]
        found = self._exact(kind, readings, inked, screen)
        if found is None:
            return Unread(f"“{place.text}” stands there, which is not {CALLED[kind]}")
        if (inked and inked.is_cut_off) or found.shown.endswith(("…", "...")):
            found = found.doubted("it may be cut off")
        return _reading(found.doubted(place.doubt), by="text", box=box)

    def _enlarged(self, inked: InkedText, zoom: int) -> str:
        return " ".join(word.text for word in self.reader.read(Screenshot.of(inked.enlarged(zoom))))

    def _exact(
        self, kind: ReadAs, readings: Sequence[str], inked: InkedText | None, screen: WrittenScreen
    ) -> Agreed | None:
        """Return what several readings come to; where that is not sure, by the typeface that it is drawn in."""
        others = [text for text in screen.texts if text != readings[0]]
        found = agreed_value(kind, readings, others)
        ink = ink_of(inked) if inked else None
        if found and ink is not None and strokes_in(ink) > most_strokes(found.shown):
            found = found.doubted(f"more is drawn there than “{found.shown}”")
        if kind != "text" and found and found.confidence >= SURE:
            return found
        beside = screen.samples(inked.rect) if inked else ()
        drawn = self.spelling.spelled(readings, ink, beside) if ink is not None else None
        if drawn is None:
            return found if kind != "text" else found and as_far_as_read(found)
        return by_typeface(kind, drawn, others) or found


def _reading(found: Agreed, *, by: str, box: Box | None) -> ValueReading:
    return ValueReading(
        value=found.value, shown=found.shown, confidence=found.confidence, by=by, box=box, doubt=found.doubt
    )


def _shown(texts: Sequence[Label]) -> str:
    return " ".join(word for text in texts for word, _ in text.words)


def _is_of_numbers(column: Sequence[Sequence[Label]]) -> bool:
    """Whether the cells of a column are numbers, as far as they are not empty, and one has more than one digit."""
    shown = [text for cell in column if (text := _shown(cell))]
    return any(len(text) > 1 for text in shown) and all(PARSERS["number"](text, ()) for text in shown)
