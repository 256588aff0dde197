"""Which of the controls round a label is meant, by weights that were fitted to pages."""

from __future__ import annotations

import pytest

from screenagent.geometry import Location
from screenagent.grounding.embedded import EmbeddedGrounder
from tests.builders import Drawing, DrawnReader, pixel


def place(drawing: Drawing, target: str) -> tuple[float, float]:
    reader = DrawnReader()
    answer = EmbeddedGrounder(reader).strict().locate(target, reader.screen(drawing))
    assert isinstance(answer, Location), answer
    return pixel(answer, drawing.screenshot)


@pytest.mark.parametrize("target", ["the Paper size drop-down", "the Paper size combo box"])
def test_a_list_that_looks_like_a_button_is_meant_before_its_label(target: str) -> None:
    drawing = Drawing().text("Paper size", 40, 100).button("Letter", 400, 100, width=120)
    assert place(drawing, target) == pytest.approx((460, 100), abs=40)


def test_the_field_in_the_row_of_a_label_is_meant_before_one_below_it() -> None:
    drawing = Drawing().text("Script", 40, 100).entry("", 300, 100).entry("", 30, 130)
    assert place(drawing, "the Script field") == pytest.approx((400, 100), abs=12)
