"""The caret is told from the letters beside it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from screenagent.geometry import PixelBox
from screenagent.perception.ink import InkPart, Pixels
from screenagent.perception.typefaces import typefaces

SHARP = 4  # times: letters are drawn so large and shrunk, and lie between pixels
WIDTH, HEIGHT, LINE = 240, 60, 40
FACES = (
    None,
    *(file for file in typefaces() if Path(file).stem in ("DejaVuSans", "DejaVuSerif", "NimbusSans-Regular")),
)
TEXTS = ("2186.26", "6500.82", "9", "6", "4", "1", "pays late", "Joel", "hello", "HILL", "Übersee", "q9")


def typeface(file: str | None, size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.truetype(file, size) if file else ImageFont.load_default(size)


def written(text: str, file: str | None, size: int, *, is_dark: bool, caret: bool = False) -> Pixels:
    """A text; a caret behind it reaches from above its letters to below them."""
    paper, ink = ((30, 30, 30), (225, 225, 225)) if is_dark else ((255, 255, 255), (0, 0, 0))
    image = Image.new("RGB", (WIDTH * SHARP, HEIGHT * SHARP), paper)
    font = typeface(file, size * SHARP)
    ImageDraw.Draw(image).text((82, LINE * SHARP), text, ink, font, anchor="ls")
    image = image.resize((WIDTH, HEIGHT), Image.Resampling.BOX)
    if caret:
        end = 24 + round(font.getbbox(text)[2] / SHARP)
        ImageDraw.Draw(image).line((end, LINE - size + 1, end, LINE + round(0.22 * size)), fill=ink)
    return np.asarray(image)


def ink_of(picture: Pixels) -> InkPart:
    return InkPart(picture, PixelBox(10, 8, WIDTH - 10, HEIGHT - 2))


@pytest.mark.parametrize("file", FACES)
@pytest.mark.parametrize("is_dark", [False, True])
def test_the_stem_of_a_letter_is_no_caret(file: str | None, *, is_dark: bool) -> None:
    for text in TEXTS:
        for size in (13, 18):
            part = ink_of(written(text, file, size, is_dark=is_dark))
            assert np.array_equal(part.text, part.pixels), f"{text} at {size}"


@pytest.mark.parametrize("text", ["2186.26", "pays late", "Joel", "Ivory Sons", "Übersee"])
def test_a_caret_beside_letters_that_hang_low_or_have_accents_is_no_letter(text: str) -> None:
    for size in (16, 18):
        plain, with_caret = (ink_of(written(text, None, size, is_dark=False, caret=caret)) for caret in (False, True))
        assert np.array_equal(with_caret.text, plain.text), f"{text} at {size}"


@pytest.mark.parametrize("text", ["gypsyl", "pyl", "gI", "Joell", "yl", "Ül", "q1"])
def test_the_last_letter_of_a_text_is_no_caret(text: str) -> None:
    for size in (16, 18, 24):
        part = ink_of(written(text, None, size, is_dark=False))
        assert np.array_equal(part.text, part.pixels), f"{text} at {size}"


@pytest.mark.parametrize("width", [1, 2])
def test_a_place_that_is_nothing_but_a_caret_is_blank(width: int) -> None:
    picture = np.full((40, 20, 3), 255, np.uint8)
    picture[8:30, 5 : 5 + width] = 0
    assert InkPart(picture, PixelBox(left=5, top=4, right=5 + width, bottom=34)).lines == ()


def test_a_caret_is_told_below_the_stem_of_another_line_beside_its_column() -> None:
    """As below the f of "if x:", where "z" is the last line."""
    image = Image.new("RGB", (90, 74), "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((17, 8, 18, 24), fill="black")  # the stem of an f, in the columns just before the caret's
    draw.rectangle((10, 54, 16, 64), fill="black")
    plain = np.asarray(image)
    draw.line((19, 48, 19, 68), fill="black")
    part = InkPart(np.asarray(image), PixelBox(6, 4, 80, 72))
    assert np.array_equal(part.text, InkPart(plain, PixelBox(6, 4, 80, 72)).text)
