"""Texts that the reader has no letters for, on pictures of buttons that bear them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from screenagent.geometry import Absent, Location, PixelBox
from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.perception import rendered_text
from screenagent.perception.labels import Label
from screenagent.perception.reader import ScreenReader
from screenagent.screenshot import Screenshot

HEARTS = "♥♥♥"


@pytest.fixture(scope="module")
def grounder() -> EmbeddedGrounder:
    return EmbeddedGrounder(ScreenReader())


def buttons(*texts: str, size: int = 18) -> Screenshot:
    """Grey buttons one below the other, 60 pixels apart."""
    image = Image.new("RGB", (400, 80 + 60 * len(texts)), "white")
    draw = ImageDraw.Draw(image)
    file = rendered_text._typeface(HEARTS[0])
    if file is None or not Path(file).is_file():
        pytest.skip("no fontconfig here")
    for row, text in enumerate(texts):
        draw.rounded_rectangle((60, 40 + 60 * row, 180, 76 + 60 * row), 4, fill=(239, 239, 239), outline=(90, 90, 90))
        draw.text((120, 58 + 60 * row), text, "black", ImageFont.truetype(file, size), anchor="mm")
    return Screenshot.of(image)


@pytest.mark.parametrize("size", [14, 18, 26])
def test_a_text_that_cannot_be_read_is_found_by_its_looks(grounder: EmbeddedGrounder, size: int) -> None:
    screen = buttons("Cancel", HEARTS, "OK", size=size)
    found = grounder.locate(f'the "{HEARTS}" button', screen)
    assert isinstance(found, Location)
    pixel = found.point.pixel(screen.size)
    assert abs(pixel.x - 120) < 12
    assert abs(pixel.y - 118) < 12


def test_a_frame_that_begins_beside_it_is_no_letter_of_it() -> None:
    """The reader takes a text to be as high as the button that it stands on."""
    image = buttons(" ").pixels.copy()
    draw, file = ImageDraw.Draw(image), rendered_text._typeface(HEARTS[0])
    assert file is not None
    draw.rectangle((0, 0, 400, 140), "white")
    draw.rounded_rectangle((60, 40, 240, 76), 4, outline=(90, 90, 90))
    draw.text((72, 58), HEARTS, "black", ImageFont.truetype(file, 18), anchor="lm")
    read = Label([("VVV", PixelBox(70, 40, 124, 76))])
    assert len([*rendered_text.find_rendered(HEARTS, np.asarray(image), [read])]) == 1


@pytest.mark.parametrize("other", ["♦♦♦", "♥♥", "♥♥♥♥", "OOO", "VVV", "確認"])
def test_what_is_not_there_is_called_absent(grounder: EmbeddedGrounder, other: str) -> None:
    assert isinstance(grounder.locate(f'the "{HEARTS}" button', buttons("Cancel", other, "OK")), Absent)


def test_of_two_that_look_alike_the_strict_eyes_ask(grounder: EmbeddedGrounder) -> None:
    found = grounder.strict().locate(f'"{HEARTS}"', buttons(HEARTS, "OK", HEARTS))
    assert isinstance(found, Absent)
    assert "2 times" in found.why


def test_without_typefaces_it_is_absent(grounder: EmbeddedGrounder, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = buttons(HEARTS, "no")
    monkeypatch.setattr(rendered_text, "_typeface", lambda letter: None)
    assert isinstance(grounder.locate(f'"{HEARTS}"', screen), Absent)


@pytest.mark.parametrize("mark", ["\n", "\r\n", "\x1c", "\x85", "\u2029", " "], ids=ascii)
def test_a_text_of_several_lines_is_looked_for_on_one(mark: str) -> None:
    image = buttons(f"{HEARTS} {HEARTS}").pixels
    read = Label([("VVV VVV", PixelBox(70, 44, 170, 72))])
    found = [*rendered_text.find_rendered(f"{HEARTS}{mark}{HEARTS}", np.asarray(image), [read])]
    assert len(found) == 1
