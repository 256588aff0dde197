"""The signs on keys are told by their shape, where a reader takes one for another."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from screenagent.fakes import FakeReader
from screenagent.geometry import Absent, Box, Location, PixelBox
from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.perception.icon_proposals import proposals
from screenagent.perception.key_signs import signs_among
from screenagent.screenshot import Screenshot, Word

BARS = {
    "+": ((0, 6, 13, 7), (6, 0, 7, 13)),
    "÷": ((0, 6, 13, 7), (6, 0, 7, 2), (6, 11, 7, 13)),
    "=": ((0, 3, 13, 4), (0, 9, 13, 10)),
    "±": ((0, 5, 12, 6), (5, 0, 7, 11), (0, 13, 12, 14)),
    "×": (),
}
"""The strokes of the signs, as a typeface of 18 pixels has them; the last is not upright."""


def keypad(*keys: str, ground: int = 246, ink: int = 40) -> Image.Image:
    """Keys 60 pixels apart."""
    image = Image.new("RGB", (60 * len(keys) + 20, 80), (ground,) * 3)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(22)
    for place, key in enumerate(keys):
        x, y = 34 + 60 * place, 33
        for left, top, right, bottom in BARS.get(key, ()):
            draw.rectangle((x + left, y + top, x + right, y + bottom), (ink,) * 3)
        if key == "×":
            draw.line((x, y, x + 12, y + 12), (ink,) * 3, 2)
            draw.line((x, y + 12, x + 12, y), (ink,) * 3, 2)
        if key not in BARS:
            draw.text((40 + 60 * place, 40), key, (ink,) * 3, font, anchor="mm")
    return image


def place(rect: PixelBox) -> int:
    return round((rect.center_x - 40) / 60)


@pytest.mark.parametrize("look", [{}, {"ground": 40, "ink": 230}, {"ink": 150}])
def test_each_sign_is_told_from_the_others(look: dict[str, int]) -> None:
    picture = np.asarray(keypad(*"+×÷=±", **look))
    found = {place(key.rect): key.sign for key in signs_among(picture, proposals(picture, []))}
    assert found == dict(enumerate("+×÷=±"))


def test_digits_and_letters_are_no_signs() -> None:
    picture = np.asarray(keypad(*"0235689ABCMS"))
    assert not list(signs_among(picture, proposals(picture, [])))


def grounded(target: str, *keys: str, read: str) -> int | None:
    """Which key is meant, where all signs were read as `read`."""
    image = keypad(*keys)
    width, height = image.size
    words = [
        Word(
            text=read,
            box=Box(left=(30 + 60 * at) / width, top=30 / height, right=(50 + 60 * at) / width, bottom=50 / height),
            confidence=0.9,
            line=at,
        )
        for at in range(len(keys))
    ]
    match EmbeddedGrounder(FakeReader(words)).locate(target, Screenshot.of(image)):
        case Location(point=point):
            return round((point.x * width - 40) / 60)
        case Absent():
            return None


@pytest.mark.parametrize(
    ("target", "sign"),
    [("press plus", "+"), ("the divide key", "÷"), ("'='", "="), ("the plus minus key", "±"), ("press times", "×")],
)
def test_the_key_that_bears_the_sign_is_meant_whatever_was_read(target: str, sign: str) -> None:
    keys = "÷±+=×"
    assert grounded(target, *keys, read="+") == keys.index(sign)


def test_a_key_that_bears_another_sign_is_not_meant() -> None:
    assert grounded("press plus", "÷", "=", read="+") is None
