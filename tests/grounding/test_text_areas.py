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
