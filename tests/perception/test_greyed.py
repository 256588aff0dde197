"""Buttons that look disabled, in the colours of common toolkits."""

from __future__ import annotations

import pytest
from PIL import Image, ImageDraw, ImageFont

from screenagent.geometry import Location, PixelBox
from screenagent.perception.greyed import is_greyed
from screenagent.screenshot import Screenshot

Colour = tuple[int, int, int]
WHITE, BLACK = (255, 255, 255), (0, 0, 0)


def greyed(ink: Colour, ground: Colour, edge: Colour | None, *, page: Colour = WHITE, left: int = 16) -> bool:
    """Return whether "Save" looks disabled, drawn in an edge that is 70 pixels wide, `left` pixels from it."""
    image = Image.new("RGB", (300, 100), page)
    canvas, font = ImageDraw.Draw(image), ImageFont.load_default(14)
    width = round(font.getlength("Save"))
    if edge:
        canvas.rectangle((100, 30, 100 + width + 32, 62), fill=ground, outline=edge)
    canvas.text((100 + left, 46), "Save", fill=ink, font=font, anchor="lm")
    screenshot = Screenshot.of(image)
    box = PixelBox(100 + left - 1, 38, 100 + left + width + 1, 55).box(screenshot.size)
    return is_greyed(screenshot, Location(point=box.center, box=box, confidence=1.0, by="text"))


@pytest.mark.parametrize(
    ("ink", "ground", "edge"),
    [
        pytest.param((163, 163, 163), (217, 217, 217), (130, 130, 130), id="Tk"),
        pytest.param((183, 183, 183), (250, 250, 250), (214, 214, 214), id="Chromium"),
        pytest.param((190, 190, 190), (239, 239, 239), (182, 182, 182), id="Qt Fusion"),
        pytest.param((105, 105, 105), (60, 60, 60), (40, 40, 40), id="dark"),
    ],
)
def test_a_disabled_button_looks_greyed(ink: Colour, ground: Colour, edge: Colour) -> None:
    assert greyed(ink, ground, edge)


@pytest.mark.parametrize(
    ("ink", "ground", "edge"),
    [
        pytest.param(BLACK, (217, 217, 217), (130, 130, 130), id="Tk"),
        pytest.param(BLACK, (239, 239, 239), (118, 118, 118), id="Chromium"),
        pytest.param((46, 52, 54), (246, 245, 244), (205, 199, 194), id="Adwaita"),
        pytest.param((238, 238, 236), (53, 53, 53), (27, 27, 27), id="dark"),
        pytest.param(WHITE, (255, 160, 60), (230, 130, 40), id="white on a bright colour"),
    ],
)
def test_an_enabled_button_does_not(ink: Colour, ground: Colour, edge: Colour) -> None:
    assert not greyed(ink, ground, edge)


def test_a_fields_pale_hint_is_no_disabled_button() -> None:
    assert not greyed((185, 185, 185), WHITE, (150, 150, 150), left=5)


@pytest.mark.parametrize(("ink", "disabled"), [((163, 163, 163), True), (BLACK, False)])
def test_an_entry_of_an_open_menu_is_disabled_though_no_edge_is_round_its_label(ink: Colour, disabled: bool) -> None:
    image = Image.new("RGB", (300, 100), (217, 217, 217))
    ImageDraw.Draw(image).text((10, 46), "Export", fill=ink, font=ImageFont.load_default(14), anchor="lm")
    box = PixelBox(9, 38, 60, 55).box(Screenshot.of(image).size)
    entry = Location(point=box.center, box=box, confidence=1.0, by="text")
    menu = PixelBox(0, 20, 200, 90).box(Screenshot.of(image).size)
    assert is_greyed(Screenshot.of(image).model_copy(update={"popups": (menu,)}), entry) == disabled
    assert not is_greyed(Screenshot.of(image), entry)


def test_a_control_whose_edge_is_in_its_box_is_not_judged() -> None:
    image = Image.new("RGB", (300, 100), WHITE)
    ImageDraw.Draw(image).rectangle((40, 30, 240, 62), fill=WHITE, outline=(190, 190, 190))
    screenshot = Screenshot.of(image)
    box = PixelBox(40, 30, 241, 63).box(screenshot.size)
    assert not is_greyed(screenshot, Location(point=box.center, box=box, confidence=1.0, by="field"))


def test_a_pale_text_without_an_edge_is_no_disabled_button() -> None:
    assert not greyed((185, 185, 185), WHITE, None)
