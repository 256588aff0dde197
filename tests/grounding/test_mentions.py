"""The thing is pointed at, not what mentions it: a heading, a caption, a paragraph, a tool tip, a field's value."""

from __future__ import annotations

import pytest

from screenagent.fakes import FakeAccessibility
from screenagent.geometry import Absent, Location, PixelBox
from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.grounding.expression import parse
from screenagent.grounding.mentions import MENTION, same_words, without_mentions
from screenagent.grounding.scoring import Candidate, Evidence, explain
from screenagent.perception.icon_encoder import IconEncoder
from screenagent.perception.screen import ScreenContents
from screenagent.screenshot import Element
from tests.builders import Drawing, DrawnReader, pixel


def locate(drawing: Drawing, target: str) -> Location | Absent:
    reader = DrawnReader()
    return EmbeddedGrounder(reader).strict().locate(target, reader.screen(drawing))


def dialog(*, zoom: float = 1, dark: bool = False) -> Drawing:
    """A title, a text that speaks of the button, and the button."""
    drawing = Drawing(round(640 * zoom), round(400 * zoom), zoom=zoom, dark=dark)
    drawing.text("Send Report", 60, 60).text("It is sent to whom you name", 60, 90).text("and kept for a week", 60, 120)
    return drawing.button("Not now", 60, 200).button("Send Report", 200, 200, width=120)


@pytest.mark.parametrize(("zoom", "dark"), [(1, False), (1.5, False), (1, True)])
@pytest.mark.parametrize(
    "target", ["Send Report", "press 'Send Report'", "click Send Report", "the Send Report button"]
)
def test_the_button_is_meant_and_not_the_title_above_it(target: str, *, zoom: float, dark: bool) -> None:
    answer = locate(dialog(zoom=zoom, dark=dark), target)
    assert isinstance(answer, Location), answer
    x, y = pixel(answer, dialog(zoom=zoom, dark=dark).screenshot)
    assert (x / zoom, y / zoom) == pytest.approx((260, 200), abs=12)


def test_of_two_buttons_of_the_same_words_neither_is_a_mention() -> None:
    drawing = Drawing().button("Send Report", 60, 60, width=120).button("Send Report", 60, 200, width=120)
    answer = locate(drawing, "Send Report")
    assert isinstance(answer, Absent)
    assert "2 times" in answer.why


def test_a_relation_counts_for_more_than_the_look() -> None:
    drawing = Drawing().text("Send Report", 60, 60).button("Send Report", 200, 300, width=120).text("Weekly", 60, 90)
    answer = locate(drawing, "Send Report above Weekly")
    assert isinstance(answer, Location)
    assert pixel(answer, drawing.screenshot)[1] == pytest.approx(60, abs=12)


def test_a_control_that_the_program_names_is_meant_and_not_a_text_of_its_words() -> None:
    drawing = Drawing().text("Export", 60, 60).text("Export", 60, 200)
    size = drawing.screenshot.size
    told = [Element(role="button", name="Export", box=PixelBox(50, 184, 130, 216).box(size))]
    reader = DrawnReader()
    shot = reader.screen(drawing)
    assert isinstance(EmbeddedGrounder(reader).strict().locate("click Export", shot), Absent)
    answer = EmbeddedGrounder(reader, accessibility=FakeAccessibility(told)).strict().locate("click Export", shot)
    assert isinstance(answer, Location)
    assert answer.by == "accessibility"
    assert pixel(answer, shot)[1] == pytest.approx(200, abs=12)


def test_a_mention_is_explained() -> None:
    drawing = dialog()
    reader = DrawnReader()
    found = EmbeddedGrounder(reader).candidates("Send Report", reader.screen(drawing))
    assert [explain(one) for one in found[:2]] == ["name 1.00", f"name 1.00 · mention of another ×{MENTION:.2f}"]


def test_signs_and_single_letters_are_keys_and_no_mentions() -> None:
    drawing = Drawing().text("C", 60, 60).button("C", 60, 200)
    screen = ScreenContents(drawing.screenshot, drawing.words, IconEncoder())
    texts = [Candidate(label.rect, label.text, Evidence(name=1.0), "text") for label in screen.labels]
    assert same_words(parse("C"), texts) == []
    assert without_mentions(parse("C"), texts, screen) == texts
