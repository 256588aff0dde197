"""A place is called what a person would call it, its kind with it."""

from __future__ import annotations

import pytest
from PIL import ImageDraw

from screenagent.fakes import FakeAccessibility
from screenagent.geometry import Box, Pixel, PixelBox, Point
from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.grounding.naming import Namer
from screenagent.perception.reader import ScreenReader
from screenagent.screenshot import Element, Screenshot, Window
from tests.builders import Drawing

READER = ScreenReader()
NAMER = Namer(EmbeddedGrounder(READER))
PAPER, LINE = (250, 250, 250), (190, 190, 190)


def name(drawing: Drawing | Screenshot, x: int, y: int, namer: Namer = NAMER) -> str:
    screen = drawing.screenshot if isinstance(drawing, Drawing) else drawing
    return namer.name(Point.of_pixel(Pixel(x=x, y=y), screen.size), screen)


def menu() -> Drawing:
    drawing = Drawing()
    draw = ImageDraw.Draw(drawing.image)
    draw.rectangle((100, 40, 320, 300), fill=PAPER, outline=LINE)
    for y in (100, 200):
        draw.line((108, y, 312, y), fill=LINE)
    for number, words in enumerate(("Open", "Open With", "Cut", "Copy Path(s)", "Rename...", "Delete", "Properties")):
        drawing.text(words, 120, 60 + 30 * number)
    return drawing


@pytest.mark.slow
@pytest.mark.parametrize(("y", "words"), [(150, "Copy Path(s)"), (180, "Rename..."), (120, "Cut")])
def test_an_item_of_a_menu_is_no_field(y: int, words: str) -> None:
    assert name(menu(), 150, y) == words


def test_an_item_of_an_open_popup_is_no_field() -> None:
    screen = Drawing().text("Country", 40, 60).entry("Germany", 160, 60).screenshot
    opened = Drawing().text("Country", 40, 60).entry("Germany", 160, 60).text("Open", 40, 200).screenshot
    opened = opened.model_copy(update={"popups": (Box(left=0.2, top=0.1, right=0.6, bottom=0.3),)})
    assert name(screen, 190, 60) == "the Country field"
    assert name(opened, 190, 60) == "Germany"


@pytest.mark.parametrize("apart", [13, 80])
def test_an_item_of_a_bar_of_menus_is_no_field(apart: int) -> None:
    """The bar is the first line of a window further down; what stands far apart in it is read as a text of its own."""
    window = Window(id=1, box=Box.of_pixels((20, 200, 580, 390), Drawing()._size))
    drawing = Drawing(window=window).text("Letter to Ada", 40, 180).entry("File", 20, 216, width=560)
    x = 58
    for title, width in (("Edit", 27), ("Options", 51), ("Search", 46)):
        drawing.text(title, x, 216)
        x += width + 11
    drawing.text("Help", x - 11 + apart, 216)
    assert name(drawing, 115, 216) == "the Options menu"


def test_an_item_between_two_lines_of_a_menu_is_in_no_text_area() -> None:
    shown = []
    for last in ("Save All", "Save Copy"):
        drawing = Drawing().text("Open", 120, 50)
        ImageDraw.Draw(drawing.image).rectangle((100, 70, 400, 170), fill=(255, 255, 255), outline=LINE)
        shown.append(drawing.text("Save", 120, 95).text("Save As", 120, 125).text(last, 120, 155).screenshot)
    page, opened = shown
    opened = opened.model_copy(update={"popups": (Box.of_pixels(PixelBox(90, 30, 410, 180), opened.size),)})
    assert name(page, 250, 125) == "the Open text area"
    assert name(opened, 250, 125) == "Save As"


@pytest.mark.parametrize(("x", "y"), [(40, 50), (60, 82)])
def test_a_text_area_is_a_text_area(x: int, y: int) -> None:
    drawing = Drawing().text("Notes", x, y).button("Clear", 160, 240).button("Save", 300, 240)
    ImageDraw.Draw(drawing.image).rectangle((160, 70, 520, 200), fill=(255, 255, 255), outline=LINE)
    if y == 50:
        drawing = Drawing().text("Notes", 160, 52).button("Clear", 160, 240)
        ImageDraw.Draw(drawing.image).rectangle((160, 70, 520, 200), fill=(255, 255, 255), outline=LINE)
    assert name(drawing, 300, 150) == "the Notes text area"


def test_a_radio_button_is_a_radio_button_and_a_check_box_a_check_box() -> None:
    drawing = Drawing().text("Plan", 40, 40).text("Free", 66, 80).text("Pro", 66, 120).box("Newsletter", 40, 170)
    for y in (80, 120):
        ImageDraw.Draw(drawing.image).ellipse((34, y - 7, 48, y + 7), fill=(255, 255, 255), outline=(118, 118, 118))
    assert name(drawing, 41, 120) == "the Pro radio button"
    assert name(drawing, 47, 170) == "the Newsletter check box"


@pytest.mark.parametrize(
    ("role", "words"),
    [
        ("radio", "the Pro radio button"),
        ("checkbox", "the Pro check box"),
        ("dropdown", "the Pro drop-down"),
        ("field", "the Pro field"),
        ("item", "Pro"),
    ],
)
def test_the_kind_that_a_program_tells_is_said(role: str, words: str) -> None:
    screen = Drawing().text("Pro", 100, 80).cell(90, 60, width=120, height=40).text("Pro", 100, 80).screenshot
    box = Box.of_pixels((90, 60, 210, 100), screen.size)
    told = FakeAccessibility([Element(role=role, name="Pro", box=box)])
    assert name(screen, 150, 80, Namer(EmbeddedGrounder(READER, accessibility=told))) == words
