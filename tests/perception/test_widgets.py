"""What bears no name is known by its shape: entries, text areas, what is ticked, sliders, signs that unfold."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from screenagent.fakes import FakeReader
from screenagent.geometry import Absent, Location, PixelBox
from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.perception.labels import Label
from screenagent.perception.widgets import expanders, widgets
from screenagent.screenshot import Screenshot

LINE = (118, 118, 118)


def form() -> Image.Image:
    """Three entries in a row, a text area, two check boxes, a radio button, a slider and a branch that is folded."""
    picture = Image.new("RGB", (480, 420), "white")
    pen = ImageDraw.Draw(picture)
    for left, top in ((10, 20), (92, 21), (174, 20)):
        pen.rectangle((left, top, left + 70, top + 39), fill="white", outline=LINE, width=2)
    pen.rectangle((10, 80, 250, 180), fill="white", outline=LINE, width=2)
    for left in (10, 60):
        pen.rectangle((left, 200, left + 24, 224), fill="white", outline=LINE, width=2)
    pen.ellipse((110, 200, 134, 224), fill="white", outline=LINE, width=2)
    pen.rectangle((10, 254, 210, 270), fill="white", outline=LINE, width=2)
    pen.rectangle((90, 248, 116, 276), fill=(246, 246, 246), outline=LINE, width=2)
    pen.rectangle((20, 300, 37, 317), fill="white", outline=(150, 150, 150), width=2)
    pen.rectangle((24, 308, 33, 309), fill=(20, 20, 20))
    pen.rectangle((28, 304, 29, 313), fill=(20, 20, 20))
    return picture


def test_each_shape_is_known() -> None:
    found = [widget.role for widget in widgets(np.asarray(form()), [])]
    assert sorted(found) == [*("checkbox", "checkbox", "field", "field", "field", "radio", "slider", "textarea")]


def test_a_slider_is_pointed_at_by_its_handle() -> None:
    slider = next(widget for widget in widgets(np.asarray(form()), []) if widget.role == "slider")
    assert slider.rect.holds(103, 262)
    assert slider.reach is not None
    assert slider.reach.holds(20, 262)
    assert slider.reach.holds(200, 262)


def test_a_folded_branch_has_its_sign() -> None:
    (sign,) = expanders(np.asarray(form()))
    assert sign.rect.holds(28, 308)


@pytest.mark.parametrize(
    ("target", "x", "y"),
    [
        ("the 1st text box", 45, 40),
        ("the second field", 127, 40),
        ("the 3rd text input", 209, 40),
        ("the text area", 130, 130),
        ("the second check box", 72, 212),
        ("the radio button", 122, 212),
        ("the slider", 103, 262),
    ],
)
def test_what_bears_no_name_is_counted_in_reading_order(target: str, x: int, y: int) -> None:
    screen = Screenshot.of(form())
    found = EmbeddedGrounder(FakeReader([])).locate(target, screen)
    assert isinstance(found, Location)
    assert abs(found.point.x * 480 - x) < 6
    assert abs(found.point.y * 420 - y) < 6


def test_numbers_in_the_words_of_a_target_are_words() -> None:
    grounder, screen = EmbeddedGrounder(FakeReader([])), Screenshot.of(form())
    assert isinstance(grounder.locate("day 12 at (103, 262)", screen), Absent)


@pytest.mark.parametrize("size", [(1, 1), (3, 500), (64, 7), (1280, 720)])
def test_a_picture_without_widgets_has_none(size: tuple[int, int]) -> None:
    assert widgets(np.full((size[1], size[0], 3), 200, np.uint8), []) == []
    assert expanders(np.full((size[1], size[0], 3), 200, np.uint8)) == []


@pytest.mark.slow
def test_noise_is_looked_at_in_bounded_time() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (720, 1280, 3), np.uint8)
    assert len(widgets(noise, [])) < 100


def test_a_page_that_holds_entries_is_no_text_area() -> None:
    picture = Image.new("RGB", (640, 480), (80, 80, 80))
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 0, 320, 380), fill="white")
    for left in (10, 92, 174):
        pen.rectangle((left, 182, left + 74, 222), fill="white", outline=(110, 110, 110), width=2)
    found = [widget.role for widget in widgets(np.asarray(picture), [])]
    assert found == ["field", "field", "field"]


def test_an_entry_below_marks_that_were_read_as_one_tall_word_is_no_inside_of_a_letter() -> None:
    picture = Image.new("RGB", (320, 240), "white")
    ImageDraw.Draw(picture).rectangle((10, 182, 82, 222), fill="white", outline=(110, 110, 110), width=2)
    read = Label([("000", PixelBox(13, 78, 150, 207))])
    assert [widget.role for widget in widgets(np.asarray(picture), [read])] == ["field"]
