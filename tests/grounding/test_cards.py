"""A card that is named is a must: what stands on another is refused."""

from __future__ import annotations

import pytest

from screenagent.geometry import Absent, Location
from screenagent.grounding.embedded import EmbeddedGrounder
from tests.builders import Drawing, DrawnReader, pixel

NAMES = ("Desk lamp", "Floor lamp", "Wall clock", "Tea pot")
GROUND = (232, 232, 236)


def shop(*, bordered: bool, headed: bool = False, dark: bool = False) -> Drawing:
    """Four cards in a grid, with a border or a ground of their own; with `headed` their heads have another ground."""
    drawing = Drawing(dark=dark)
    for number, name in enumerate(NAMES):
        x, y = 30 + 300 * (number % 2), 30 + 180 * (number // 2)
        edges = (x, y, x + 270, y + 150)
        drawing._draw.rounded_rectangle(edges, 5, fill=None if bordered else GROUND, outline=(200, 200, 200))
        if headed:
            drawing._draw.rectangle((x + 1, y + 1, x + 269, y + 40), fill=(190, 210, 240))
        drawing.text(name, x + 16, y + 20).text("24 €", x + 16, y + 60)
        drawing.button("Buy", x + 16, y + 110, width=60).button("Details", x + 96, y + 110)
    return drawing


def locate(drawing: Drawing, target: str) -> Location | Absent:
    reader = DrawnReader()
    return EmbeddedGrounder(reader).strict().locate(target, reader.screen(drawing))


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("headed", [False, True])
@pytest.mark.parametrize("bordered", [False, True])
@pytest.mark.parametrize("number", range(4))
def test_what_stands_on_the_card_is_meant(number: int, bordered: bool, headed: bool, dark: bool) -> None:
    drawing = shop(bordered=bordered, headed=headed, dark=dark)
    answer = locate(drawing, f"Buy on the {NAMES[number]} card")
    assert isinstance(answer, Location), answer
    x, y = pixel(answer, drawing.screenshot)
    assert (x, y) == pytest.approx((76 + 300 * (number % 2), 140 + 180 * (number // 2)), abs=12)


@pytest.mark.parametrize(
    "target", ["Buy on the Sofa card", "Sell on the Tea pot card", "Tea pot on the Desk lamp card"]
)
def test_what_is_on_no_such_card_is_absent(target: str) -> None:
    assert isinstance(locate(shop(bordered=True), target), Absent)


def test_what_stands_beside_the_cards_is_on_none_of_them() -> None:
    drawing = shop(bordered=True).text("Checkout", 500, 388)
    answer = locate(drawing, "Checkout on the Wall clock card")
    assert isinstance(answer, Absent)
    assert "Wall clock" in answer.why


def test_a_card_is_named_by_a_heading_that_was_read_in_two_pieces() -> None:
    drawing = shop(bordered=True)
    drawing.text("Door", 50, 60).text("mat", 96, 60)  # two lines to the reader
    answer = locate(drawing, "Buy on the Door mat card")
    assert isinstance(answer, Location), answer
    assert pixel(answer, drawing.screenshot) == pytest.approx((76, 140), abs=12)
