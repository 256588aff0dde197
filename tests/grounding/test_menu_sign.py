"""The button of a window's main menu, which bears three bars and no name."""

from __future__ import annotations

import pytest
from PIL import ImageDraw

from screenagent.geometry import Absent, Location
from screenagent.grounding.embedded import EmbeddedGrounder
from tests.builders import INK, Drawing, DrawnReader


def bars(drawing: Drawing, x: int, y: int, *, count: int = 3, step: int = 5, width: int = 14) -> Drawing:
    draw = ImageDraw.Draw(drawing.image)
    for number in range(count):
        draw.rectangle((x, y + step * number, x + width - 1, y + step * number + 1), fill=INK)
    return drawing


def locate(drawing: Drawing, target: str) -> Location | Absent:
    reader = DrawnReader()
    return EmbeddedGrounder(reader).strict().locate(target, reader.screen(drawing))


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("target", ["the main menu", "the hamburger menu", "the menu button", "Main Menu", "the menu"])
def test_the_main_menu_is_three_bars(target: str, dark: bool) -> None:
    found = locate(bars(Drawing(dark=dark).text("notes.txt", 200, 30), 500, 24), target)
    assert isinstance(found, Location)
    assert abs(found.point.x * 640 - 507) < 4
    assert found.confidence > 0.95


@pytest.mark.parametrize(("count", "beside"), [(4, ""), (2, ""), (3, "Sort")])
def test_other_bars_are_no_menu(count: int, beside: str) -> None:
    drawing = bars(Drawing().text("notes.txt", 200, 30), 500, 24, count=count)
    found = locate(drawing.text(beside, 515, 29) if beside else drawing, "the main menu")
    assert isinstance(found, Absent) or found.by != "sign"


def test_what_is_called_a_menu_in_letters_is_that() -> None:
    found = locate(bars(Drawing().button("Menu", 40, 30), 500, 24), "the Menu button")
    assert isinstance(found, Location)
    assert found.point.x * 640 < 140
