"""A text area is a field, found by the label above it, before it or in it."""

from __future__ import annotations

import pytest
from PIL import ImageDraw

from screenagent.geometry import Location
from screenagent.grounding.embedded import EmbeddedGrounder
from tests.builders import Drawing, DrawnReader

AREA = (150, 100, 450, 200)


@pytest.mark.parametrize("place", [(150, 88), (90, 116), (158, 116)])
def test_a_text_area_is_found_by_its_label(place: tuple[int, int]) -> None:
    drawing, reader = Drawing(), DrawnReader()
    ImageDraw.Draw(drawing.image).rectangle(AREA, fill="white", outline="gray")
    drawing.text("Notes", *place)
    screen = reader.screen(drawing)
    answer = EmbeddedGrounder(reader).locate("the Notes field", screen)
    assert isinstance(answer, Location)
    assert answer.by == "field"
    assert answer.box is not None
    assert answer.box.pixels(screen.size) == pytest.approx(AREA, abs=2)


def test_a_field_in_a_dialog_is_the_one_of_its_label_and_not_the_text_area_that_the_dialog_covers() -> None:
    drawing, reader = Drawing(), DrawnReader()
    ImageDraw.Draw(drawing.image).rectangle((20, 60, 620, 380), fill="white", outline="gray")
    ImageDraw.Draw(drawing.image).rectangle((100, 120, 560, 300), fill=(240, 240, 240), outline="gray")
    drawing.text("Look for", 120, 180).entry("", 320, 180)
    answer = EmbeddedGrounder(reader).strict().locate("the Look for field", reader.screen(drawing))
    assert isinstance(answer, Location)
    assert answer.box is not None
    assert answer.box.right - answer.box.left < 0.4
