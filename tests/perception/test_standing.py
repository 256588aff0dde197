"""Whether the same stands where it was approved: drawn buttons before and after the mouse has come."""

from __future__ import annotations

import pytest
from PIL import ImageDraw

from screenagent.geometry import Box, Location, Point
from screenagent.perception.standing import stands_alike
from screenagent.screenshot import Screenshot
from tests.builders import Drawing

CENTER = Point(x=165 / 640, y=100 / 400)
PLACE = Location(point=CENTER, box=Box.around(CENTER, width=130 / 640, height=32 / 400), confidence=1.0, by="text")
POINTED = Location(point=CENTER, confidence=1.0, by="pointed")


def button(words: str, *, x: float = 100, y: float = 100) -> Drawing:
    return Drawing().button(words, x, y, width=130)


def lit(words: str) -> Screenshot:
    drawing = button(words)
    pixels = drawing.image.load()
    assert pixels is not None
    for x in range(101, 230):
        for y in range(85, 116):
            red, green, blue = pixels[x, y]  # type: ignore[misc]
            pixels[x, y] = (255 - red // 2, 255 - green // 3, 255 - blue)
    return drawing.screenshot


def underlined(words: str) -> Screenshot:
    drawing = button(words)
    ImageDraw.Draw(drawing.image).line((110, 111, 220, 111), fill=(0, 0, 200))
    return drawing.screenshot


def with_tip_beside(words: str) -> Screenshot:
    drawing = button(words)
    ImageDraw.Draw(drawing.image).rectangle((150, 125, 300, 145), fill=(255, 255, 220), outline=(0, 0, 0))
    return drawing.screenshot


@pytest.mark.parametrize(
    "now",
    [
        button("Confirm").screenshot,
        lit("Confirm"),
        underlined("Confirm"),
        with_tip_beside("Confirm"),
        button("Confirm", x=101, y=101).screenshot,
    ],
    ids=["unchanged", "highlighted", "underlined", "with a tip below", "lifted by a pixel"],
)
def test_a_button_that_is_lit_up_is_the_same_button(now: Screenshot) -> None:
    assert stands_alike(button("Confirm").screenshot, PLACE, now)


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ("Confirm", "Delete all"),
        ("File 1", "File 2"),
        ("Pay 100", "Pay 900"),
        ("Turn on", "Turn off"),
        ("Löschen", "Lassen"),
        ("Keep", ""),
    ],
)
def test_other_letters_are_another_button(before: str, now: str) -> None:
    assert not stands_alike(button(before).screenshot, PLACE, button(now).screenshot)


def test_a_place_that_was_pointed_at_is_compared_around_the_point() -> None:
    assert not stands_alike(button("Confirm").screenshot, POINTED, button("Delete all").screenshot)
    assert stands_alike(button("Confirm").screenshot, POINTED, lit("Confirm"))


def test_other_letters_are_another_button_also_where_it_is_lit_up() -> None:
    assert not stands_alike(button("Accept").screenshot, PLACE, lit("Decline"))


def test_a_button_that_has_moved_away_no_longer_stands_there() -> None:
    assert not stands_alike(button("Confirm").screenshot, PLACE, button("Confirm", y=110).screenshot)


def test_a_button_is_the_same_at_the_place_to_which_it_has_moved() -> None:
    moved = Point(x=CENTER.x, y=103 / 400)
    assert PLACE.box is not None
    there = PLACE.model_copy(update={"point": moved, "box": Box.around(moved, width=130 / 640, height=32 / 400)})
    assert stands_alike(button("Confirm").screenshot, PLACE, button("Confirm", y=103).screenshot, there)


def test_what_comes_where_nothing_stood_counts_only_under_the_mouse() -> None:
    blank, aside = Drawing().screenshot, Drawing().text("x y z", 110, 100).screenshot
    assert stands_alike(blank, PLACE, aside)
    assert not stands_alike(blank, PLACE, Drawing().centred("Delete", 165, 100).screenshot)


def test_a_caret_that_blinks_in_a_field_changes_nothing() -> None:
    drawing = button("Confirm")
    ImageDraw.Draw(drawing.image).line((165, 92, 165, 108), fill=(0, 0, 0))
    assert stands_alike(button("Confirm").screenshot, PLACE, drawing.screenshot)
