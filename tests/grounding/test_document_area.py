"""The area that shows the document, by what people call it and by its parts."""

from __future__ import annotations

import pytest
from PIL import ImageDraw

from screenagent.geometry import Absent, Box, Location, Size
from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.screenshot import Window
from tests.builders import LINE, Drawing, DrawnReader

SIZE = Size(width=640, height=400)
WINDOW = (40, 20, 600, 380)
PAGE = (140, 120, 480, 320)


def editor(*, page: str | None = "white", dark: bool = False) -> Drawing:
    """A window with a tool bar, grey ground, and a page on it."""
    drawing = Drawing(dark=dark, window=Window(id=1, title="a", app="paint", box=Box.of_pixels(WINDOW, SIZE)))
    draw = ImageDraw.Draw(drawing.image)
    draw.rectangle(WINDOW, fill="#e8e8e8", outline=LINE)
    draw.rectangle((40, 90, 600, 380), fill="#b0b0b0")
    if page:
        draw.rectangle(PAGE, fill=page, outline=LINE)
    return drawing.button("New", 50, 60).text("File", 60, 32)


def locate(drawing: Drawing, target: str) -> Location | Absent:
    reader = DrawnReader()
    return EmbeddedGrounder(reader).strict().locate(target, reader.screen(drawing))


@pytest.mark.parametrize(
    ("target", "x", "y"),
    [
        ("the drawing area", 310, 220),
        ("the document", 310, 220),
        ("click in the document", 310, 220),
        ("the middle of the canvas", 310, 220),
        ("the top left corner of the drawing area", 174, 140),
        ("the lower right corner of the picture area", 446, 300),
        ("the bottom of the document area", 310, 300),
    ],
)
@pytest.mark.parametrize("page", ["white", "#102030"])
def test_the_document_and_its_parts_are_found(target: str, x: int, y: int, page: str) -> None:
    found = locate(editor(page=page), target)
    assert isinstance(found, Location), found
    assert abs(found.point.x * SIZE.width - x) < 4
    assert abs(found.point.y * SIZE.height - y) < 4
    assert found.confidence > 0.95


def test_without_a_page_the_ground_is_the_document() -> None:
    found = locate(editor(page=None), "the drawing area")
    assert isinstance(found, Location)
    assert found.point.y * SIZE.height > 200


def test_a_label_of_that_name_is_meant_before() -> None:
    found = locate(editor().button("Document", 400, 60), "the document")
    assert isinstance(found, Location)
    assert found.point.y * SIZE.height < 90


def test_a_window_of_controls_has_no_document() -> None:
    drawing = Drawing()
    for row in range(8):
        for column in range(5):
            drawing.button(f"Key {row}{column}", 30 + 115 * column, 40 + 45 * row, width=100)
    assert isinstance(locate(drawing, "the drawing area"), Absent)
