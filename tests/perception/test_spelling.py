"""Letters that are held against the typefaces of this machine."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from screenagent.geometry import PixelBox
from screenagent.perception.inked_text import inked_text
from screenagent.perception.spelling import InkedWords, SpelledText, Spelling, mend
from screenagent.perception.typefaces import Ink, ink_of, typefaces

INSTALLED = [file for file in typefaces() if file.endswith(("DejaVuSans.ttf", "NimbusSans-Regular.otf"))]

pytestmark = [
    pytest.mark.skipif(not INSTALLED, reason="no typeface that the test knows is installed"),
    pytest.mark.slow,
]


def ink(text: str) -> Ink:
    image = Image.new("RGB", (500, 60), (246, 245, 244))
    ImageDraw.Draw(image).text((40, 40), text, (30, 30, 30), ImageFont.truetype(INSTALLED[0], 16), anchor="ls")
    inked = inked_text(np.asarray(image), PixelBox(40, 20, 100, 50), left=0, right=500)
    assert inked is not None
    found = ink_of(inked)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("drawn", "readings"),
    [
        ("ada@acme-o.example", ["ada@acme-0.example", "ada@acme-0.example"]),
        ("X0O5S18B", ["XOO5S18B", "X0055188"]),
        ("DE59 4111 2513", ["DE594111 2513", "DE5941112513"]),
        ("will.lovelace", ["willovelace", "wil.lovelace"]),
    ],
)
def test_letters_that_all_readings_mistake_are_put_right(drawn: str, readings: list[str]) -> None:
    beside = [InkedWords("Customer", ink("Customer"))]
    assert Spelling(INSTALLED).spelled(readings, ink(drawn), beside) == SpelledText(drawn, is_sure=True)


def test_without_the_typeface_nothing_is_told() -> None:
    assert Spelling([]).spelled(["ada@acme-0.example"], ink("ada@acme-o.example")) is None


@pytest.mark.parametrize(
    ("text", "usual"),
    [
        ("lNV-20", "INV-20"),
        ("|NV-20", "INV-20"),
        ("Mü1ler", "Müller"),
        ("1l0", "110"),
        ("llmann", "Ilmann"),
        ("a1", "a1"),
    ],
)
def test_strokes_that_are_drawn_alike_are_read_as_usual(text: str, usual: str) -> None:
    assert mend(text) == usual


@pytest.mark.parametrize("letter", ["v", "V", "s", "P", "o"])
def test_a_letter_that_is_told_by_its_size_is_sure_only_beside_a_text_in_its_typeface(letter: str) -> None:
    """A small letter looks just like a capital of a smaller typeface."""
    label = InkedWords("Grade:", ink("Grade:"))
    assert Spelling(INSTALLED).spelled([letter.swapcase()], ink(letter), [label]) == SpelledText(letter, is_sure=True)
    alone = Spelling(INSTALLED).spelled([letter], ink(letter))
    assert alone is not None
    assert not alone.is_sure
