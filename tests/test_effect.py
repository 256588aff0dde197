"""What counts as an effect."""

from __future__ import annotations

import pytest
from PIL import Image, ImageDraw

from screenagent.actions import Change, Expectation, Gone, Seen
from screenagent.effect import SightChecker, changed_box
from screenagent.fakes import FakeGrounder
from screenagent.geometry import Point
from screenagent.screenshot import Screenshot


def screen(*rectangles: tuple[int, int, int, int], size: tuple[int, int] = (320, 200)) -> Screenshot:
    image = Image.new("RGB", size, "white")
    for rectangle in rectangles:
        ImageDraw.Draw(image).rectangle(rectangle, fill="black")
    return Screenshot.of(image)


EMPTY, CARET, MENU = screen(), screen((50, 50, 51, 66)), screen((10, 10, 109, 59))
CHECKER = SightChecker(FakeGrounder({"Saved": Point(x=0.5, y=0.5)}))


@pytest.mark.parametrize(
    ("expectation", "after", "outcome"),
    [
        (Change(), MENU, "changed"),
        (Change(), EMPTY, "unchanged"),
        (Change(), CARET, "unchanged"),
        (None, MENU, "changed"),
        (None, EMPTY, "unknown"),
        (Seen(words="Saved"), EMPTY, "met"),
        (Seen(words="Failed"), MENU, "unmet"),
        (Gone(words="Failed"), EMPTY, "met"),
        (Gone(words="Saved"), MENU, "unmet"),
    ],
)
def test_an_effect_is_what_can_be_seen(expectation: Expectation | None, after: Screenshot, outcome: str) -> None:
    assert CHECKER.check(expectation, EMPTY, after).outcome == outcome


def test_the_evidence_says_where_and_how_large() -> None:
    effect = CHECKER.check(Change(), EMPTY, MENU)
    assert effect.evidence == "100×50 pixels changed at (10, 10)"
    assert effect.where is not None
    assert effect.where.pixels(MENU.size) == (10, 10, 110, 60)


def test_another_size_of_the_screen_is_a_change_of_everything() -> None:
    box = changed_box(EMPTY, screen(size=(400, 300)))
    assert box is not None
    assert (box.left, box.top, box.right, box.bottom) == (0, 0, 1, 1)
