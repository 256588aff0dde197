from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from screenagent.geometry import Location, PixelBox, Size
from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.perception.overlay import dialog_in_front
from tests.builders import Drawing, DrawnReader, pixel

DIALOG = (180, 120, 460, 300)


def page(*, dimmed: bool, dialog: bool = True) -> Drawing:
    """A page with two names; with the same names, and a third one, in a dialog."""
    drawing = Drawing()
    drawing._draw.rectangle((0, 0, 640, 400), fill=(255, 255, 255))
    drawing.text("Editor", 40, 60).text("Viewer", 40, 90).text("Members", 40, 30)
    if dimmed:
        drawing.image.paste(drawing.image.point(lambda value: value // 2))
    if dialog:
        drawing._draw.rectangle(DIALOG, fill=(255, 255, 255))
        drawing.text("Editor", 220, 180).text("Invite", 220, 150)
    return drawing


def test_a_dialog_before_a_darkened_page_is_seen() -> None:
    found = dialog_in_front(np.asarray(page(dimmed=True).image))
    assert found is not None
    assert tuple(found) == pytest.approx((180, 120, 461, 301), abs=3)


@pytest.mark.parametrize(("dimmed", "dialog"), [(False, True), (True, False), (False, False)])
def test_a_card_on_a_page_that_is_not_darkened_is_no_dialog(dimmed: bool, dialog: bool) -> None:
    assert dialog_in_front(np.asarray(page(dimmed=dimmed, dialog=dialog).image)) is None


def test_cards_beside_each_other_on_a_dark_page_are_no_dialogs() -> None:
    image = Image.new("RGB", (640, 400), (60, 60, 70))
    for left in (40, 340):
        image.paste((255, 255, 255), (left, 100, left + 260, 300))
    assert dialog_in_front(np.asarray(image)) is None


def test_of_two_equal_names_the_one_in_the_dialog_is_meant() -> None:
    reader = DrawnReader()
    shot = reader.screen(page(dimmed=True))
    found = EmbeddedGrounder(reader).strict().locate("Editor", shot)
    assert isinstance(found, Location)
    assert PixelBox(*DIALOG).holds(*pixel(found, shot))


def test_a_name_that_stands_only_behind_the_dialog_is_found_there() -> None:
    reader = DrawnReader()
    shot = reader.screen(page(dimmed=True))
    found = EmbeddedGrounder(reader).strict().locate("Viewer", shot)
    assert isinstance(found, Location)
    assert found.point.pixel(Size(width=640, height=400)).y == pytest.approx(90, abs=3)


def test_a_drawer_at_the_edge_of_a_darkened_page_is_one_too() -> None:
    drawing = page(dimmed=True, dialog=False)
    drawing._draw.rectangle((0, 0, 640, 20), fill=(230, 236, 250))  # the bar of the browser is not darkened
    drawing._draw.rectangle((460, 21, 640, 400), fill=(255, 255, 255))
    drawing.text("Editor", 480, 180)
    reader = DrawnReader()
    shot = reader.screen(drawing)
    found = EmbeddedGrounder(reader).strict().locate("Editor", shot)
    assert isinstance(found, Location)
    assert pixel(found, shot)[0] > 460


def test_a_page_beside_its_dark_menu_is_no_drawer() -> None:
    drawing = Drawing()
    drawing._draw.rectangle((0, 0, 440, 400), fill=(40, 44, 52))
    drawing._draw.rectangle((441, 0, 640, 400), fill=(255, 255, 255))
    for number in range(8):
        drawing._draw.rectangle((30, 40 + 40 * number, 130, 48 + 40 * number), fill=(230, 230, 230))
    assert dialog_in_front(np.asarray(drawing.image)) is None
