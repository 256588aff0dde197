"""Menus whose letters are underlined by themselves."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from screenagent.perception.line_marks import unmarked
from screenagent.perception.reader import ScreenReader
from screenagent.screenshot import Screenshot

READER = ScreenReader()


def menu(*names: str, size: int = 13, dark: bool = False) -> Image.Image:
    """A line for each name, the letter after an & underlined."""
    ground, ink = ((40, 42, 46), (230, 230, 230)) if dark else ((246, 245, 244), (30, 30, 30))
    image, font = Image.new("RGB", (320, 40 + 40 * len(names)), ground), ImageFont.load_default(size)
    draw = ImageDraw.Draw(image)
    for row, name in enumerate(names):
        before, _, rest = name.partition("&")
        baseline = 40 + 40 * row
        draw.text((40, baseline), before + rest, ink, font, anchor="ls")
        left = 40 + round(draw.textlength(before, font))
        draw.line((left, baseline + 2, left + round(draw.textlength(rest[:1], font)) - 1, baseline + 2), ink)
    return image


def read(image: Image.Image) -> list[str]:
    return [word.text for word in READER.read(Screenshot.of(image))]


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("size", [12, 13, 15])
def test_an_underlined_letter_is_read_as_what_it_is(size: int, dark: bool) -> None:
    names = ("&File", "&Last", "Sa&ve", "&Full", "&Preferences", "&Replace")
    assert read(menu(*names, size=size, dark=dark)) == [name.replace("&", "") for name in names]


@pytest.mark.parametrize("text", ["a = b", "snake_case", "x - y", "Save As..."])
def test_what_belongs_to_a_text_stays(text: str) -> None:
    line = np.asarray(menu(text).crop((30, 24, 220, 50)))
    assert unmarked(line) is line


def touching(name: str, size: int) -> Image.Image:
    """The first letter stands on the stroke under it, which is as wide as the letter with the space round it."""
    image, font = Image.new("RGB", (320, 80), (220, 218, 212)), ImageFont.load_default(size)
    draw = ImageDraw.Draw(image)
    draw.text((40, 40), name, (0, 0, 0), font, anchor="ls")
    foot = draw.textbbox((40, 40), name[0], font, anchor="ls")
    draw.rectangle((foot[0] - 1, 40, foot[2], 41), (0, 0, 0))
    return image


@pytest.mark.parametrize("size", [13, 14, 16])
@pytest.mark.parametrize("name", ["File", "Find Files", "Folder", "Preferences"])
def test_a_letter_that_stands_on_its_stroke_is_read_as_what_it_is(name: str, size: int) -> None:
    assert " ".join(read(touching(name, size))) == name


@pytest.mark.parametrize("text", ["Edit", "LEZ", "ELSE", "Zoom", "BED", "Queue", "gypsy", "Q1_2 [E]", "10:20"])
@pytest.mark.parametrize("size", [11, 13, 14, 16, 20])
def test_the_foot_of_a_letter_is_no_stroke(text: str, size: int) -> None:
    line = np.asarray(menu(text, size=size).crop((30, 20, 220, 54)))
    assert unmarked(line) is line
