"""Rows of a framed list: the name at the left end, the number or the choice at the right end."""

from __future__ import annotations

import pytest
from PIL import ImageDraw

from screenagent.geometry import Location
from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.perception.states import ControlStateReader
from tests.builders import INK, LINE, Drawing, DrawnReader

TOP, HIGH = 60, 50


def settings(*, dark: bool = False) -> Drawing:
    """Rows as wide as the list, one with a number between buttons, two with a choice and an arrow, one with neither."""
    drawing = Drawing(dark=dark)
    draw = ImageDraw.Draw(drawing.image)
    rows = (("Number of decimals", "9"), ("Angle units", "Degrees"), ("Word size", "64-bit"), ("About this", ""))
    for number, (name, value) in enumerate(rows):
        top = TOP + HIGH * number
        draw.rectangle((40, top, 600, top + HIGH), fill="white", outline=LINE)
        drawing.text(name, 56, top + HIGH / 2)
        if number == 0:
            drawing.text(value, 480, top + HIGH / 2).text("+", 560, top + HIGH / 2)
        elif value:
            drawing.text(value, 480, top + HIGH / 2)
            draw.polygon([(570, top + 22), (582, top + 22), (576, top + 29)], fill=INK)
    return drawing


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(
    ("target", "x", "row"),
    [
        ("the Number of decimals field", 484, 0),
        ("the Angle units drop-down", 530, 1),
        ("the Word size dropdown", 530, 2),
    ],
)
def test_the_control_at_the_end_of_the_row_is_meant(target: str, x: int, row: int, dark: bool) -> None:
    reader = DrawnReader()
    found = EmbeddedGrounder(reader).locate(target, reader.screen(settings(dark=dark)))
    assert isinstance(found, Location)
    assert abs(found.point.x * 640 - x) < 30
    assert abs(found.point.y * 400 - (TOP + HIGH * row + HIGH / 2)) < 12
    assert found.confidence > 0.95


def test_the_choice_in_a_row_is_a_dropdown_and_a_number_is_none() -> None:
    reader = DrawnReader()
    screen = reader.screen(settings())
    states = ControlStateReader(reader)
    found = states.dropdown(screen, "Angle units")
    assert found is not None
    assert 440 < found.box.left * 640 < 480
    assert found.box.right * 640 > 595
    assert states.dropdown(screen, "Number of decimals") is None
    assert states.dropdown(screen, "About this") is None
