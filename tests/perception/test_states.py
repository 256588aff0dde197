from __future__ import annotations

import numpy as np
import pytest

from screenagent.fakes import FakeAccessibility
from screenagent.geometry import Box, Location, PixelBox
from screenagent.perception.disclosures import folding_state
from screenagent.perception.highlights import is_highlighted
from screenagent.perception.sliders import handles_in
from screenagent.perception.states import ControlStateReader
from screenagent.screenshot import Element, ElementState, Screenshot
from tests.builders import WHITE
from tests.panels import Panel, PanelReader


def location(screenshot: Screenshot, *edges: int) -> Location:
    box = Box.of_pixels(edges, screenshot.size)  # type: ignore[arg-type]
    return Location(point=box.center, box=box, confidence=1, by="text")


def label(panel: Panel, shot: Screenshot, text: str) -> Location:
    box = Box.around_all(word.box for word in panel.words if word.text in text.split())
    return Location(point=box.center, box=box, confidence=1, by="text")


def settings() -> Panel:
    panel = Panel().switch("Spelling", 40, 100, at=400).switch("Sounds", 40, 140, at=400, on=True)
    panel.text("Preferences", 40, 60)
    return panel.tick_box("Ask first", 40, 180, on=True).tick_box("Ask later", 180, 180)


@pytest.mark.parametrize(
    ("text", "states"),
    [("Spelling", {"unchecked"}), ("Sounds", {"checked"}), ("first", {"checked"}), ("later", {"unchecked"})],
)
def test_what_is_ticked_belongs_to_the_label_of_its_row(text: str, states: set[ElementState]) -> None:
    reader, panel = PanelReader(), settings()
    shot = reader.screen(panel)
    found = ControlStateReader(reader).ticked(shot, label(panel, shot, text))
    assert found is not None
    assert found.states == states


@pytest.mark.parametrize("name", ["Berlin", "Lisbon", "Madrid", "Oslo"])
@pytest.mark.parametrize("chosen", ["Berlin", "Lisbon", "Madrid"])
def test_a_grey_row_of_a_white_list_on_a_grey_window_is_the_selected_one(name: str, chosen: str) -> None:
    panel = Panel(window=None)
    panel._draw.rectangle((0, 0, 640, 400), fill=(217, 217, 217))
    panel._draw.rectangle((39, 69, 161, 190), fill=WHITE, outline=(0, 0, 0))
    for number, town in enumerate(("Berlin", "Lisbon", "Madrid", "Oslo")):
        if town == chosen:
            panel._draw.rectangle((40, 71 + 18 * number, 160, 88 + 18 * number), fill=(195, 195, 195))
        panel.text(town, 42, 80 + 18 * number)
    for x in range(41, 160, 2):  # the ring of the focus
        panel._draw.point(((x, 107), (x, 123)), fill=(0, 0, 0))
    shot = PanelReader().screen(panel)
    rect = next(word.box for word in panel.words if word.text == name).exact_pixels(shot.size)
    assert is_highlighted(np.asarray(shot.pixels), rect) is (name == chosen)


def test_a_line_that_explains_a_setting_does_not_part_its_label_from_its_switch() -> None:
    reader, panel = PanelReader(), Panel()
    panel.switch("Spelling", 40, 100, at=400, on=True).text("while you write letters to friends", 40, 117)
    shot = reader.screen(panel)  # the bounds of both lines overlap by a pixel
    found = ControlStateReader(reader).ticked(shot, label(panel, shot, "Spelling"))
    assert found is not None
    assert found.states == {"checked"}


def test_a_heading_has_nothing_to_tick() -> None:
    reader, panel = PanelReader(), settings()
    shot = reader.screen(panel)
    assert ControlStateReader(reader).ticked(shot, label(panel, shot, "Preferences")) is None


def test_a_program_is_believed_before_the_picture() -> None:
    reader, panel = PanelReader(), settings()
    shot = reader.screen(panel)
    box = Box.of_pixels((400, 129, 440, 151), shot.size)
    told = Element(role="checkbox", name="Sounds", box=box, states=frozenset({"unchecked"}))
    states = ControlStateReader(reader, FakeAccessibility([told]))
    found = states.ticked(shot, label(panel, shot, "Sounds"))
    assert found is not None
    assert (found.is_in("checked"), found.by) == (False, "accessibility")
    assert states.state(shot, box).is_in("unchecked")


@pytest.mark.parametrize(("has_changed", "state"), [(False, "unchecked"), (True, "checked")])
def test_a_state_that_may_have_changed_is_asked_for_anew(has_changed: bool, state: ElementState) -> None:
    reader, panel = PanelReader(), settings()
    shot = reader.screen(panel)
    box = Box.of_pixels((400, 129, 440, 151), shot.size)
    told = Element(role="checkbox", name="Sounds", box=box, states=frozenset({"unchecked"}))
    program = FakeAccessibility([told])
    states = ControlStateReader(reader, program)
    assert states.state(shot, box).is_in("unchecked")
    program.told, program.has_changed = [told.model_copy(update={"states": frozenset({"checked"})})], has_changed
    assert states.state(shot, box).is_in(state)


def test_a_drop_down_shows_its_choice_without_its_sign() -> None:
    reader, panel = PanelReader(), Panel()
    panel.dropdown("US Letter", 100, 100).text("v", 240, 100)
    shot = reader.screen(panel)
    box = Box.of_pixels((100, 85, 260, 115), shot.size)
    assert ControlStateReader(reader).state(shot, box, valued=True).value == "US Letter"


@pytest.mark.parametrize("width", range(76, 104, 4))
def test_a_drop_down_as_narrow_as_its_choice_is_found_by_the_label_before_it(width: int) -> None:
    reader, panel = PanelReader(), Panel()
    panel.text("Country", 40, 100).dropdown("Austria", 108, 100, width=width)
    shot = reader.screen(panel)
    found = ControlStateReader(reader).dropdown(shot, "Country")
    assert found is not None
    assert found.box.pixels(shot.size) == pytest.approx((108, 85, 108 + width, 115), abs=2)


def test_the_list_that_came_up_at_a_drop_down_is_seen_and_a_clock_is_not() -> None:
    reader, closed, opened = PanelReader(), Panel(), Panel()
    for panel, time in ((closed, "12:01"), (opened, "12:02")):
        panel.dropdown("Choose", 100, 100).text(time, 500, 130).text("beside", 280, 130)
    opened._draw.rectangle((100, 116, 260, 200), fill=(255, 255, 255), outline=(90, 90, 90))
    before, after = reader.screen(closed), reader.screen(opened)
    control = Box.of_pixels((100, 85, 260, 115), before.size)
    found = ControlStateReader(reader).opened(before, after, control)
    assert found is not None
    assert found.pixels(after.size) == pytest.approx((100, 116, 261, 201), abs=3)
    assert ControlStateReader(reader).opened(before, before, control) is None


@pytest.mark.parametrize("dark", [False, True])
def test_a_row_is_highlighted_or_not(dark: bool) -> None:
    panel = Panel(dark=dark)
    panel._draw.rectangle((90, 80, 300, 300), fill=(255, 255, 255))
    for number, name in enumerate(("Ann", "Bob", "Cleo", "Dan", "Eve")):
        panel.row(name, 100, 100 + 20 * number, selected=name in ("Bob", "Cleo"))
    picture = np.asarray(panel.screenshot.pixels)
    rects = [word.box.exact_pixels(panel.screenshot.size) for word in panel.words]
    assert [is_highlighted(picture, rect) for rect in rects] == [False, True, True, False, False]


@pytest.mark.parametrize("at", [8, 60, 122])
def test_the_handle_of_a_slider_is_where_it_is_higher_than_its_groove(at: int) -> None:
    picture = np.asarray(Panel().slider(100, 100, at=at).screenshot.pixels)
    (handle,) = handles_in(picture, PixelBox(0, 60, 640, 140))
    assert handle.center == pytest.approx((100 + at, 100), abs=4)


@pytest.mark.parametrize(
    ("corners", "state"),
    [
        ([(80, 95), (80, 105), (86, 100)], "collapsed"),
        ([(78, 97), (90, 97), (84, 104)], "expanded"),
        ([(80, 97), (90, 97), (90, 104), (80, 104)], None),
    ],
)
def test_an_arrow_before_a_heading_says_whether_it_is_folded(corners: list[tuple[int, int]], state: str | None) -> None:
    panel = Panel().text("Shipping", 100, 100)
    panel._draw.polygon(corners, fill=(40, 40, 40))
    rect = panel.words[0].box.exact_pixels(panel.screenshot.size)
    assert folding_state(np.asarray(panel.screenshot.pixels), rect) == state


@pytest.mark.parametrize(("plus", "state"), [(True, "collapsed"), (False, "expanded")])
def test_a_plus_or_minus_before_a_row_says_so_too(plus: bool, state: str) -> None:
    panel = Panel().text("Shipping", 100, 100)
    panel._draw.rectangle((80, 95, 90, 105), outline=(90, 90, 90))
    panel._draw.line((82, 100, 88, 100), fill=(40, 40, 40))
    if plus:
        panel._draw.line((85, 97, 85, 103), fill=(40, 40, 40))
    rect = panel.words[0].box.exact_pixels(panel.screenshot.size)
    assert folding_state(np.asarray(panel.screenshot.pixels), rect) == state


def test_a_letter_of_a_button_before_a_heading_is_no_sign_that_it_is_folded() -> None:
    reader, panel = PanelReader(), Panel()
    panel.text("SAV", 40, 100).text("Shipping", 78, 100)
    rect = label(panel, reader.screen(panel), "Shipping").box
    assert rect is not None
    assert folding_state(np.asarray(panel.screenshot.pixels), rect.exact_pixels(panel.screenshot.size)) == "expanded"
    shot = reader.screen(panel)
    states = ControlStateReader(reader)
    assert states.folding(shot, label(panel, shot, "Shipping")) is None
    assert states.state(shot, rect).is_in("expanded") is None


def accordion(*signs: str) -> Panel:
    """Sections below each other; each has an arrow at the far end of its row."""
    panel = Panel()
    for number, sign in enumerate(signs):
        x, y = 560, 60 + 60 * number
        panel.text(f"Part{number}", 40, y)
        tips = {
            "up": [(0, 3), (6, -3), (12, 3)],
            "down": [(0, -3), (6, 3), (12, -3)],
            "right": [(3, -6), (9, 0), (3, 6)],
        }
        panel._draw.line([(x + right, y + down) for right, down in tips[sign]], fill=(30, 30, 30), width=2)
    return panel


@pytest.mark.parametrize(
    ("signs", "states"),
    [
        (("up", "down", "down"), ("expanded", "collapsed", "collapsed")),
        (("down", "down"), (None, None)),
        (("down", "right"), (None, None)),
    ],
)
def test_an_arrow_at_the_far_end_says_whether_a_section_is_folded(
    signs: tuple[str, ...], states: tuple[str | None, ...]
) -> None:
    reader, panel = PanelReader(), accordion(*signs)
    shot = reader.screen(panel)
    found = [ControlStateReader(reader).folding(shot, label(panel, shot, f"Part{n}")) for n in range(len(signs))]
    assert [next(iter(one.states)) if one else None for one in found] == list(states)


@pytest.mark.parametrize(("plus", "state"), [(False, "expanded"), (True, "collapsed")])
def test_a_minus_at_the_end_of_the_head_of_a_card_is_what_folds_it(plus: bool, state: str) -> None:
    reader, panel = PanelReader(), Panel()
    panel._draw.rectangle((40, 60, 300, 200), fill=WHITE, outline=(200, 200, 200))
    panel.text("Folders", 56, 84).text("Inbox", 56, 130).text("other things", 420, 84)
    panel._draw.rectangle((276, 83, 287, 84), fill=(60, 60, 60))
    if plus:
        panel._draw.rectangle((281, 78, 282, 89), fill=(60, 60, 60))
    panel._draw.rectangle((600, 83, 611, 84), fill=(60, 60, 60))  # the end of the row is that of the card
    shot = reader.screen(panel)
    states = ControlStateReader(reader)
    found = states.folding(shot, label(panel, shot, "Folders"))
    assert found is not None
    assert found.is_in("expanded") is (state == "expanded")
    assert found.box.center.x * shot.size.width == pytest.approx(282, abs=2)
    assert states.state(shot, found.box).is_in("expanded") is (state == "expanded")


def test_the_state_is_that_of_the_mark_that_is_pointed_at_itself() -> None:
    reader, panel = PanelReader(), settings()
    shot = reader.screen(panel)
    found = ControlStateReader(reader).ticked(shot, location(shot, 400, 129, 441, 152))
    assert found is not None
    assert found.states == {"checked"}
