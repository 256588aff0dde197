"""A text that was misread is known by how it looks."""

from __future__ import annotations

import subprocess
from functools import cache

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from screenagent.fakes import FakeReader
from screenagent.geometry import Absent, Box, Location, PixelBox
from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.perception.misread import looks_like_another, may_be_read_as
from screenagent.perception.rendered_text import TYPEFACE_TOOL, can_find_typefaces
from screenagent.screenshot import Screenshot, Word

pytestmark = pytest.mark.skipif(not can_find_typefaces(), reason="takes fontconfig")


@cache
def font(family: str, size: int) -> ImageFont.FreeTypeFont:
    asked = [TYPEFACE_TOOL, "--format=%{file}", family]
    return ImageFont.truetype(subprocess.run(asked, capture_output=True, text=True, check=True).stdout, size)


def drawn(text: str, *, family: str = "sans-serif", size: int = 14) -> tuple[Image.Image, PixelBox]:
    image = Image.new("RGB", (240, 60), (246, 245, 244))
    draw = ImageDraw.Draw(image)
    draw.text((120, 30), text, font=font(family, size), fill=(30, 30, 30), anchor="mm")
    bounds = draw.textbbox((120, 30), text, font=font(family, size), anchor="mm")
    return image, PixelBox(*bounds).grown(1)


@pytest.mark.parametrize("family", ["sans-serif", "serif", "monospace"])
@pytest.mark.parametrize("size", [13, 15])
@pytest.mark.parametrize(
    ("shown", "read"),
    [("modern", "modem"), ("modem", "modern"), ("clear", "dear"), ("I1", "11"), ("2024-07", "2024-01")],
)
def test_what_is_drawn_tells_from_what_was_read(shown: str, read: str, *, family: str, size: int) -> None:
    image, rect = drawn(shown, family=family, size=size)
    assert looks_like_another(read, rect, np.asarray(image)) == shown


@pytest.mark.parametrize("family", ["sans-serif", "serif", "monospace"])
@pytest.mark.parametrize(
    "text", ["modern", "modem", "Document", "close", "Add", "11", "l1", "Room 10", "Save all", "Hallo"]
)
def test_what_was_read_right_is_never_taken_for_another(text: str, *, family: str) -> None:
    for size in (12, 14, 17):
        image, rect = drawn(text, family=family, size=size)
        assert looks_like_another(text, rect, np.asarray(image)) is None


def test_what_letters_are_read_for_each_other_depends_on_the_word() -> None:
    assert "modem" in may_be_read_as("modern")
    assert "11" in may_be_read_as("I1")
    assert "Tabl" in may_be_read_as("Tab1")
    assert not may_be_read_as("Tall")
    assert not may_be_read_as("a long line of words in which no letter makes a difference: modern")


def located(target: str, *, shown: str, read: str) -> Location | Absent:
    image, rect = drawn(shown, size=15)
    screenshot = Screenshot.of(image)
    words = [Word(text=read, box=Box.of_pixels(rect, screenshot.size), line=0)]
    return EmbeddedGrounder(FakeReader(words)).strict().locate(target, screenshot)


def test_a_misread_text_is_refused_by_what_was_read_and_found_by_what_is_shown() -> None:
    assert isinstance(located("click modem", shown="modern", read="modem"), Absent)
    assert isinstance(located("click modern", shown="modern", read="modem"), Location)
    assert isinstance(located("click modem", shown="modem", read="modem"), Location)
