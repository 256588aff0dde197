from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from screenagent.geometry import PixelBox
from screenagent.perception.marks import marks_in
from tests.panels import Panel

Draw = Callable[[Panel, bool], object]
MARKS: list[tuple[str, Draw]] = [
    ("checkbox", lambda panel, on: panel.tick_box("", 100, 100, on=on)),
    ("radio", lambda panel, on: panel.radio("", 100, 100, on=on)),
    ("switch", lambda panel, on: panel.switch("", 20, 100, at=100, on=on)),
]


@pytest.mark.parametrize("on", [False, True])
@pytest.mark.parametrize("zoom", [1, 1.5])
@pytest.mark.parametrize(("role", "draw"), MARKS)
def test_a_mark_shows_whether_it_is_on(role: str, draw: Draw, zoom: float, on: bool) -> None:
    panel = Panel(640, 400, zoom=zoom)
    draw(panel, on)
    picture = np.asarray(panel.screenshot.pixels)
    (mark,) = marks_in(picture, PixelBox(0, 60 * zoom, 640, 140 * zoom), [])
    assert (mark.role, mark.state) == (role, "checked" if on else "unchecked")
    assert mark.rect.holds(108 * zoom, 100 * zoom)


def test_a_dash_is_neither_on_nor_off() -> None:
    panel = Panel().tick_box("", 100, 100)
    panel._draw.rectangle((103, 99, 111, 101), fill=(30, 30, 30))
    (mark,) = marks_in(np.asarray(panel.screenshot.pixels), PixelBox(0, 60, 640, 140), [])
    assert mark.state == "mixed"


def test_letters_and_pictures_are_no_marks() -> None:
    panel = Panel().text("OO", 100, 100)
    words = [word.box.exact_pixels(panel.screenshot.size) for word in panel.words]
    panel._draw.polygon([(200, 92), (216, 92), (208, 108)], fill=(200, 30, 30))
    assert marks_in(np.asarray(panel.screenshot.pixels), PixelBox(0, 60, 640, 140), words) == []
