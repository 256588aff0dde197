"""Rows by their number, and cards by their title: what stands in another is never pointed at."""

from __future__ import annotations

import pytest

from screenagent.geometry import Absent, Location
from screenagent.grounding.embedded import EmbeddedGrounder
from tests.builders import Drawing, DrawnReader, pixel


def locate(drawing: Drawing, target: str) -> Location | Absent:
    reader = DrawnReader()
    return EmbeddedGrounder(reader).strict().locate(target, reader.screen(drawing))


def table(*, dark: bool = False, gap: int = 0) -> Drawing:
    """Four rows with a button each, and with `gap`, one more without."""
    drawing = Drawing(dark=dark)
    drawing.text("Name", 40, 40).text("Amount", 200, 40).text("City", 340, 40)
    rows = (("Ada", "12", "Oslo"), ("Ben", "7", "Rome"), ("Cleo", "31", "Kyiv"), ("Dan", "5", "Bern"))
    for number, (name, amount, city) in enumerate(rows):
        y = 80 + 40 * number + (gap if number > 1 else 0)
        drawing.text(name, 40, y).text(amount, 200, y).text(city, 340, y).button("Edit", 480, y)
    return drawing


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(
    ("target", "place"),
    [
        ("the Edit button in the second row", (525, 120)),
        ("Edit in row 4", (525, 200)),
        ("Edit in the last row of the table", (525, 200)),
        ("the amount in the third row", (208, 160)),
        ("the city in row 1", (356, 80)),
    ],
)
def test_a_row_is_counted_from_the_top(target: str, place: tuple[int, int], *, dark: bool) -> None:
    answer = locate(table(dark=dark), target)
    assert isinstance(answer, Location), answer
    x, y = pixel(answer, table(dark=dark).screenshot)
    assert abs(x - place[0]) < 20
    assert abs(y - place[1]) < 10


@pytest.mark.parametrize("target", ["Edit in the fifth row", "the Remove button in the second row", "Edit in row 12"])
def test_what_no_such_row_has_is_absent(target: str) -> None:
    assert isinstance(locate(table(), target), Absent)


def test_where_a_row_may_be_left_out_none_is_counted() -> None:
    assert isinstance(locate(table(gap=40), "the Edit button in the third row"), Absent)


def shop() -> Drawing:
    drawing = Drawing(900, 460)
    for number, name in enumerate(("Lamp", "Chair", "Desk", "Sofa", "Carpet", "Vase")):
        x, y = 30 + 290 * (number % 3), 30 + 220 * (number // 3)
        drawing.cell(x, y, width=250, height=190)
        drawing.text(name, x + 20, y + 30).text("In stock", x + 20, y + 70).button("Buy", x + 20, y + 150)
    return drawing


@pytest.mark.parametrize(
    ("target", "place"),
    [
        ("Buy on the Lamp card", (95, 180)),
        ("the Buy button of the Chair card", (385, 180)),
        ("the Buy button in the Carpet card", (385, 400)),
        ("Buy on the Vase tile", (675, 400)),
    ],
)
def test_what_is_on_a_card_stands_below_its_title(target: str, place: tuple[int, int]) -> None:
    answer = locate(shop(), target)
    assert isinstance(answer, Location), answer
    x, y = pixel(answer, shop().screenshot)
    assert abs(x - place[0]) < 20
    assert abs(y - place[1]) < 10


@pytest.mark.parametrize("target", ["Buy on the Stool card", "Share on the Lamp card"])
def test_what_is_on_no_card_is_absent(target: str) -> None:
    answer = locate(shop(), target)
    assert isinstance(answer, Absent)
    assert "times" not in answer.why


def mailbox(*, head: int, last: int = 240) -> Drawing:
    """A box that ticks all in the tool bar, and one in each row below it."""
    drawing = Drawing(640, 320)
    for y, words in ((head, ""), (120, "Budget"), (160, "Travel"), (200, "Lunch"), (last, "Minutes")):
        drawing.box(words, 40, y)
    return drawing


def test_what_is_counted_in_a_list_stands_in_its_rows() -> None:
    answer = locate(mailbox(head=50), "the third check box in the list")
    assert isinstance(answer, Location), answer
    assert abs(pixel(answer, mailbox(head=50).screenshot)[1] - 200) < 10


def test_where_the_rows_of_a_list_are_uneven_none_is_counted() -> None:
    assert isinstance(locate(mailbox(head=50, last=290), "the third check box in the list"), Absent)
