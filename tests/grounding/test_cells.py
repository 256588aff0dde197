"""Cells by their name, and fields of a column by their number."""

from __future__ import annotations

import pytest

from screenagent.geometry import Absent, Location
from screenagent.grounding.embedded import EmbeddedGrounder
from tests.builders import Drawing, DrawnReader, pixel


def sheet(*, columns: str = "ABCDE", first: int = 1, missed: tuple[int, ...] = ()) -> Drawing:
    drawing = Drawing().text("12", 300, 20).text("File", 20, 20)
    for number, letter in enumerate(columns):
        drawing.centred(letter, 90 + 100 * number, 60)
    for number in range(8):
        if first + number not in missed:
            drawing.centred(str(first + number), 20, 90 + 30 * number)
    return drawing.text("Rent", 60, 90).text("450", 160, 90).text("7", 60, 150).text("C", 60, 120)


def locate(drawing: Drawing, target: str) -> Location | Absent:
    reader = DrawnReader()
    return EmbeddedGrounder(reader).strict().locate(target, reader.screen(drawing))


@pytest.mark.parametrize(
    ("drawing", "target", "place"),
    [
        (sheet(), "cell C4", (290, 180)),
        (sheet(), "the cell E1", (490, 90)),
        (sheet(missed=(3, 6)), "cell B6", (190, 240)),
        (sheet(first=21), "right-click cell A23", (90, 150)),
    ],
)
def test_a_cell_is_where_its_column_and_its_row_meet(drawing: Drawing, target: str, place: tuple[int, int]) -> None:
    answer = locate(drawing, target.removeprefix("right-click "))
    assert isinstance(answer, Location), answer
    x, y = pixel(answer, drawing.screenshot)
    assert (abs(x - place[0]) < 20, abs(y - place[1]) < 8) == (True, True)


@pytest.mark.parametrize(
    ("drawing", "target"),
    [
        (sheet(), "cell G4"),
        (sheet(first=21), "cell C4"),
        (sheet(), "cell C60"),
        (Drawing().text("C", 100, 60).text("4", 20, 90), "cell C4"),
    ],
)
def test_a_cell_that_is_not_seen_is_absent(drawing: Drawing, target: str) -> None:
    assert isinstance(locate(drawing, target), Absent)


def order() -> Drawing:
    drawing = Drawing().text("Article", 40, 60).text("Pieces", 300, 60)
    for number, name in enumerate(("Lamp", "Chair", "Shelf")):
        drawing.text(name, 40, 90 + 40 * number).entry("", 300, 90 + 40 * number, width=80)
    return drawing.entry("", 300, 300, width=200)


@pytest.mark.parametrize(
    ("target", "row"),
    [("the second Pieces field", 1), ("the third Pieces field", 2), ("the Pieces field in Chair's row", 1)],
)
def test_the_fields_of_a_column_are_counted(target: str, row: int) -> None:
    answer = locate(order(), target)
    assert isinstance(answer, Location), answer
    x, y = pixel(answer, order().screenshot)
    assert (abs(x - 340) < 40, abs(y - 90 - 40 * row) < 10) == (True, True)


def test_there_are_no_more_fields_than_are_seen() -> None:
    assert isinstance(locate(order(), "the fourth Pieces field"), Absent)
