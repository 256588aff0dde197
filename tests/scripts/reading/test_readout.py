"""Values that are read off drawn screens, by the reader that ships."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from screenagent.fakes import FakeGrounder
from screenagent.geometry import Box
from screenagent.perception.reader import ScreenReader
from screenagent.perception.spelling import Spelling
from screenagent.perception.states import ControlStateReader
from screenagent.screenshot import Element, ElementState, Screenshot, Word
from screenagent.scripts.replay.readout import Unread, ValueReading
from screenagent.scripts.replay.screen_readout import ScreenReadout
from screenagent.scripts.schema import ReadAs
from tests.builders import Drawing

READER = ScreenReader(threads=2)


class Told:
    """A program that tells of its controls."""

    def __init__(self, *elements: Element) -> None:
        self._elements = elements

    def elements(self, screenshot: Screenshot) -> Sequence[Element]:
        return self._elements

    def is_current(self, _screenshot: Screenshot, _at: float) -> bool:
        return True

    def note_pace(self, screenshot: Screenshot, *, late: bool) -> None: ...


def read(what: str, kind: ReadAs, drawing: Drawing, *told: Element) -> ValueReading | Unread:
    states = ControlStateReader(READER, Told(*told)) if told else None
    return ScreenReadout(READER, FakeGrounder({}), states).read(what, kind, drawing.screenshot)


def sure(what: str, kind: ReadAs, drawing: Drawing) -> str:
    """The value that is read for sure; otherwise what was read."""
    found = read(what, kind, drawing)
    return found.value if isinstance(found, ValueReading) and found.is_sure else repr(found)


def is_unsure(what: str, kind: ReadAs, drawing: Drawing) -> bool:
    found = read(what, kind, drawing)
    return isinstance(found, Unread) or not found.is_sure


def invoice() -> Drawing:
    return (
        Drawing()
        .text("Items", 20, 40).text("3", 150, 40).text("Weight", 300, 40).text("7.5 kg", 420, 40)
        .text("Subtotal", 20, 80).text("1,100.00", 150, 80).text("Tax", 300, 80).text("134.50", 420, 80)
        .text("Total", 20, 120).text("1,234.50", 150, 120).text("Due:", 300, 120).text("31.05.2026", 345, 120)
        .text("Name", 20, 160).entry("Ada Lovelace", 150, 160)
        .text("Shipping", 20, 200).entry("", 150, 200).text("9.90", 420, 200)
    )  # fmt: skip


def table() -> Drawing:
    return (
        Drawing()
        .text("Item", 20, 40).text("Qty", 200, 40).text("Amount", 300, 40)
        .text("Bolt", 20, 70).text("4", 200, 70).text("12.50", 300, 70)
        .text("Nut", 20, 100).text("12", 200, 100).text("5.00", 300, 100)
        .text("Washer", 20, 130).text("7.25", 300, 130)
    )  # fmt: skip


@pytest.mark.parametrize(
    ("what", "kind", "value"),
    [
        ("the number right of Total", "number", "1234.50"),
        ("the amount right of Tax", "money", "134.50"),
        ("the number right of Weight", "number", "7.5"),
        ("the number left of Weight", "number", "3"),
        ("the number below Items", "number", "Unread"),
        ("the date right of Due", "date", "2026-05-31"),
    ],
)
def test_a_value_is_found_by_its_place(what: str, kind: ReadAs, value: str) -> None:
    assert sure(what, kind, invoice()).startswith(value)


def test_a_text_in_a_field_is_read_as_it_stands() -> None:
    found = read("the text right of Name", "text", invoice())
    assert isinstance(found, ValueReading)
    assert found.value == "Ada Lovelace"


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("the number in the row of Nut under Qty", "12"),
        ("the number in Bolt's row under Amount", "12.50"),
        ("the number below Amount", "12.50"),
    ],
)
def test_a_value_is_found_by_its_row_and_column(what: str, value: str) -> None:
    assert sure(what, "number", table()) == value


def test_a_number_of_another_column_is_not_read_for_one_that_is_missing() -> None:
    assert isinstance(read("the number in the row of Washer under Qty", "number", table()), Unread)


def test_a_number_behind_an_empty_field_is_not_read_for_it() -> None:
    assert isinstance(read("the number right of Shipping", "number", invoice()), Unread)


def test_a_label_that_only_has_the_word_in_it_is_doubtful() -> None:
    drawing = Drawing().text("Grand total", 20, 40).text("12.50", 150, 40)
    assert is_unsure("the number right of total", "number", drawing)


def test_a_label_is_preferred_to_one_that_has_the_word_in_it() -> None:
    drawing = Drawing().text("Total tax", 20, 40).text("2.50", 150, 40).text("Total", 20, 80).text("12.50", 150, 80)
    assert sure("the number right of Total", "number", drawing) == "12.50"


def test_of_two_labels_neither_is_taken() -> None:
    drawing = Drawing().text("Total", 20, 40).text("2.50", 150, 40).text("Total", 20, 80).text("12.50", 150, 80)
    found = read("the number right of Total", "number", drawing)
    assert isinstance(found, Unread)
    assert all(part in found.why for part in ("2 times", "“2.50”", "“12.50”"))


def test_a_number_that_is_cut_off_is_not_sure() -> None:
    drawing = Drawing(width=300).text("Total", 20, 40).text("1,234,567.50", 230, 40)
    assert is_unsure("the number right of Total", "number", drawing)


def test_what_is_no_number_is_named() -> None:
    found = read("the number right of Name", "number", invoice())
    assert isinstance(found, Unread)
    assert "Ada Lovelace" in found.why


def test_a_value_in_the_line_of_its_label_is_parted_from_it() -> None:
    drawing = Drawing().text("Total: 12.50", 20, 40).text("Order no. 42", 20, 80)
    assert sure("the number right of Total", "number", drawing) == "12.50"


@pytest.mark.parametrize("dark", [False, True])
def test_a_value_is_read_on_either_ground(dark: bool) -> None:
    drawing = Drawing(dark=dark).text("Total", 20, 40).text("80,581.05", 150, 40)
    assert sure("the number right of Total", "number", drawing) == "80581.05"


def entry(value: str, *states: ElementState) -> Element:
    box = Box.of_pixels((150, 145, 350, 175), invoice().screenshot.size)
    return Element(role="field", name="Name", box=box, value=value, states=frozenset(states))


def test_what_the_program_tells_is_believed() -> None:
    found = read("the text right of Name", "text", invoice(), entry("Ada  Lovelace-O0"))
    assert isinstance(found, ValueReading)
    assert (found.value, found.confidence, found.by) == ("Ada  Lovelace-O0", 1.0, "accessibility")


def test_what_the_program_tells_has_to_be_of_the_kind() -> None:
    assert isinstance(read("the number right of Name", "number", invoice(), entry("Ada")), Unread)


def test_a_password_is_not_read() -> None:
    assert isinstance(read("the text right of Name", "text", invoice(), entry("•••", "password")), Unread)


def test_a_table_is_read_as_rows_by_its_headings() -> None:
    drawing = table().text("Two weeks net, thank you", 20, 260)
    found = read("the table under Item and Amount", "table", drawing)
    assert isinstance(found, ValueReading)
    assert found.is_sure
    assert found.value == "3"
    assert found.rows == (
        {"Item": "Bolt", "Qty": "4", "Amount": "12.50"},
        {"Item": "Nut", "Qty": "12", "Amount": "5.00"},
        {"Item": "Washer", "Qty": "", "Amount": "7.25"},
    )


def test_the_only_table_needs_no_name() -> None:
    drawing = Drawing().text("File", 20, 15).text("Edit", 80, 15).text("Weekly orders", 20, 60)
    for y, row in enumerate((("Day", "Who"), ("Monday", "Ada"), ("Friday", "Ben"))):
        drawing.text(row[0], 20, 120 + 30 * y).text(row[1], 200, 120 + 30 * y)
    found = read("the table", "table", drawing)
    assert isinstance(found, ValueReading)
    assert found.rows == ({"Day": "Monday", "Who": "Ada"}, {"Day": "Friday", "Who": "Ben"})


def test_a_table_that_is_not_there_is_unread() -> None:
    assert isinstance(read("the table under Colour", "table", table()), Unread)


class Dropping:
    """A reader that misses the first letter of a value, at whatever size."""

    def read(self, screenshot: Screenshot) -> list[Word]:
        words = READER.read(screenshot)
        return [word.model_copy(update={"text": word.text.replace("28.", "8.")}) for word in words]


def test_a_value_that_is_drawn_with_more_letters_than_were_read_is_not_sure() -> None:
    drawing = Drawing().text("Due:", 20, 40).text("28.04.1990", 150, 40)
    unknown = ScreenReadout(Dropping(), FakeGrounder({}), spelling=Spelling(files=()))
    found = unknown.read("the date right of Due", "date", drawing.screenshot)
    assert isinstance(found, ValueReading)
    assert (found.is_sure, "more is drawn there" in found.doubt) == (False, True)
