"""An icon has the colour that was said of it."""

from __future__ import annotations

import pytest
from PIL import Image, ImageDraw

from screenagent.fakes import FakeReader
from screenagent.geometry import Absent, Location
from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.grounding.icon_colour import without_colour
from screenagent.screenshot import Screenshot

COLOURS = {"green": (46, 160, 67), "red": (204, 41, 41), "blue": (38, 97, 204), "grey": (90, 90, 90)}


def arrows(*colours: str) -> Screenshot:
    """The same arrow in some colours, 60 pixels apart."""
    image = Image.new("RGB", (420, 120), (246,) * 3)
    draw = ImageDraw.Draw(image)
    for place, colour in enumerate(colours):
        x, y = 40 + 60 * place, 50
        points = ((0, 7), (10, 7), (10, 1), (19, 10), (10, 19), (10, 13), (0, 13))
        draw.polygon([(x + right, y + down) for right, down in points], fill=COLOURS[colour])
    return Screenshot.of(image)


@pytest.fixture(scope="module")
def grounder() -> EmbeddedGrounder:
    return EmbeddedGrounder(FakeReader([]))


@pytest.mark.parametrize("colour", ["green", "red", "blue"])
def test_the_arrow_of_the_colour_is_meant(grounder: EmbeddedGrounder, colour: str) -> None:
    shown = ("grey", "red", "blue", "green")
    answer = grounder.locate(f"click the {colour} arrow", arrows(*shown))
    assert isinstance(answer, Location)
    assert round((answer.point.x * 420 - 50) / 60) == shown.index(colour)


def test_an_arrow_of_another_colour_is_not_meant(grounder: EmbeddedGrounder) -> None:
    assert isinstance(grounder.locate("click the green arrow", arrows("red")), Absent)


@pytest.mark.parametrize(
    ("said", "rest", "colour"),
    [
        ("the Red cross", "the cross", "red"),
        ("blue-coloured circle", "circle", "blue"),
        ("make it green", "make it green", ""),
        ("stop", "stop", ""),
    ],
)
def test_a_colour_is_said_of_a_thing(said: str, rest: str, colour: str) -> None:
    assert without_colour(said) == (rest, colour)
