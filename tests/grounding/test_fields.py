"""Fields are found by their label, by what they say themselves, and by what is beside them."""

from __future__ import annotations

import pytest

from screenagent.geometry import Absent, Box, Location
from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.screenshot import Window
from tests.builders import DrawnReader, pixel
from tests.panels import Panel


def locate(panel: Panel, target: str) -> Location | Absent:
    reader = DrawnReader()
    return EmbeddedGrounder(reader).strict().locate(target, reader.screen(panel))


def place(panel: Panel, target: str) -> tuple[int, int]:
    answer = locate(panel, target)
    assert isinstance(answer, Location), answer
    return pixel(answer, panel.screenshot)


def near(found: tuple[int, int], x: float, y: float, *, across: float = 40, down: float = 12) -> bool:
    return abs(found[0] - x) < across and abs(found[1] - y) < down


def form(*, dark: bool = False, window: Window | None = None) -> Panel:
    panel = Panel(dark=dark, window=window)
    panel.text("Library", 40, 30)
    panel.entry("Find books and authors", 40, 70)
    panel.button("Find", 260, 70)
    panel.text("Email address", 40, 120)
    panel.entry("", 200, 120)
    panel.text("Shelf", 40, 170)
    panel.dropdown("North", 200, 170)
    panel.text("Remarks", 40, 210)
    panel.cell(40, 222, width=300, height=90)
    panel.tick_box("Lend it", 440, 170)
    return panel


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(
    ("target", "x", "y"),
    [
        ("the Find field", 140, 70),  # the button of that name stands beside it
        ("the Find books field", 140, 70),
        ("the Email field", 300, 120),
        ("the Email address field", 300, 120),
        ("the Shelf list", 280, 170),
        ("the Remarks field", 190, 267),
        ("the Remarks text area", 190, 267),
        ("the box under Remarks", 190, 267),
        ("the Lend it check box", 447, 170),
        ("tick Lend it", 447, 170),
    ],
)
def test_a_field_is_pointed_at_rather_than_what_names_it(target: str, x: int, y: int, *, dark: bool) -> None:
    found = place(form(dark=dark), target)
    assert near(found, x, y, across=15 if x == 447 else 120, down=40 if y == 267 else 12), found


@pytest.mark.parametrize("label", ["Company (optional)", "Company * required", "Company (as registered):"])
def test_a_remark_behind_a_label_is_no_part_of_the_name(label: str) -> None:
    panel = Panel()
    panel.text(label, 40, 60)
    panel.entry("", 40, 90, width=300)
    assert near(place(panel, "the Company field"), 190, 90, across=120)
    panel.text("Company", 40, 150)
    panel.entry("", 40, 180, width=300)
    assert near(place(panel, "the Company field"), 190, 180, across=120)  # the name alone is nearer to what was said


def test_the_bounds_of_a_line_of_tall_letters_may_reach_into_the_field_below() -> None:
    panel = Panel(zoom=2)
    panel.text("Company", 40, 60)
    panel.text("* required", 140, 60)
    panel.entry("", 40, 81, width=200)
    assert near(place(panel, "the Company field"), 280, 162, across=190, down=24)


@pytest.mark.parametrize("target", ["the Find shops field", "the Street field", "the Email password field"])
def test_a_field_of_another_name_is_absent(target: str) -> None:
    assert isinstance(locate(form(), target), Absent)


def test_the_search_field_of_a_page_is_not_the_address_bar() -> None:
    window = Window(id=1, title="Library", app="chromium", box=Box(left=0, top=0, right=1, bottom=1))
    panel = Panel(window=window)
    panel.entry("Search Google or type a URL", 100, 40, width=400)
    panel.entry("Search books", 100, 200)
    assert near(place(panel, "the Search field"), 150, 200, across=100)
    assert near(place(panel, "the address bar"), 200, 40, across=120)


def test_a_button_that_is_ticked_by_its_verb_alone_is_pressed_itself() -> None:
    panel = Panel()
    panel.button("Enable", 40, 60)
    panel.tick_box("", 150, 60)
    assert near(place(panel, "Enable"), 85, 60)


def test_a_small_letter_comes_before_the_capital() -> None:
    panel = Panel()
    panel.text("H", 40, 60)
    panel.entry("", 70, 60, width=60)
    panel.text("h:", 40, 120)
    panel.entry("", 70, 120, width=60)
    reader = DrawnReader()
    best, *_ = EmbeddedGrounder(reader).candidates("the h field", reader.screen(panel))
    assert abs(best.rect.center_y - 120) < 12


def test_the_kind_of_number_is_no_part_of_the_name() -> None:
    panel = Panel()
    panel.text("Until", 40, 60)
    panel.entry("8", 100, 60, width=60)
    assert near(place(panel, "the Until line number"), 130, 60)
