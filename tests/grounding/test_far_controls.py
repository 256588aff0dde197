"""A control is found in the row of its label: at the far end, at the near end, by its kind."""

from __future__ import annotations

import pytest

from screenagent.geometry import Absent, Location
from screenagent.grounding.embedded import EmbeddedGrounder
from tests.builders import pixel
from tests.panels import Panel, PanelReader


def page(*, zoom: float = 1, dark: bool = False) -> Panel:
    panel = Panel(round(640 * zoom), round(400 * zoom), zoom=zoom, dark=dark)
    panel.switch("Night colours", 40, 60, at=520).switch("Key clicks", 40, 110, at=520, on=True)
    panel.text("Loudness", 40, 160)
    panel.slider(430, 160, at=60)
    panel.text("Copies", 40, 210)
    panel.entry("1", 500, 210, width=60)
    panel.text("From", 40, 260)
    panel.entry("", 500, 260, width=60)
    return panel.tick_box("Keep a log", 40, 310)


def locate(panel: Panel, target: str) -> Location | Absent:
    reader = PanelReader()
    return EmbeddedGrounder(reader).strict().locate(target, reader.screen(panel))


@pytest.mark.parametrize(("zoom", "dark"), [(1, False), (1.5, False), (1, True)])
@pytest.mark.parametrize(
    ("target", "place"),
    [
        ("the Night colours switch", (540, 60)),
        ("the switch in the Key clicks row", (540, 110)),
        ("the Loudness slider", (490, 160)),
        ("Loudness with the slider", (490, 160)),
        ("the slider", (490, 160)),
        ("the Copies number field", (530, 210)),
        ("the Copies field", (530, 210)),
        ("the From page number", (530, 260)),
        ("the From page number field", (530, 260)),
        ("the Keep a log check box", (80, 310)),
    ],
)
def test_the_control_of_the_row_is_pointed_at(target: str, place: tuple[int, int], *, zoom: float, dark: bool) -> None:
    answer = locate(page(zoom=zoom, dark=dark), target)
    assert isinstance(answer, Location), answer
    x, y = pixel(answer, page(zoom=zoom, dark=dark).screenshot)
    assert abs(x / zoom - place[0]) < 35
    assert abs(y / zoom - place[1]) < 12


@pytest.mark.parametrize(
    "target", ["the Brightness slider", "the switch in the Printing row", "the Margins number field"]
)
def test_what_no_label_names_is_absent(target: str) -> None:
    assert isinstance(locate(page(), target), Absent)


def test_a_kind_that_belongs_to_the_name_stays_in_it() -> None:
    panel = Panel().text("Phone", 40, 60).text("Phone number", 40, 110)
    panel.entry("", 300, 60, width=120).entry("", 300, 110, width=120)
    answer = locate(panel, "the Phone number field")
    assert isinstance(answer, Location)
    assert abs(pixel(answer, panel.screenshot)[1] - 110) < 12


def test_of_two_sliders_none_is_guessed() -> None:
    panel = page()
    panel.slider(430, 360, at=20)
    assert isinstance(locate(panel, "the slider"), Absent)


@pytest.mark.parametrize("name", ["Compact rows", "Shopping list", "Search field", "Options menu"])
def test_a_role_word_that_the_label_bears_is_a_part_of_the_name(name: str) -> None:
    panel = Panel().switch(name, 40, 60, at=520).switch("Key clicks", 40, 110, at=520)
    answer = locate(panel, f"the {name.lower()}")
    assert isinstance(answer, Location), answer
    assert abs(pixel(answer, panel.screenshot)[1] - 60) < 12


@pytest.mark.parametrize(("said", "y"), [("Custom Checkbox", 160), ("the Custom checkbox", 60)])
def test_a_role_word_with_a_capital_is_a_part_of_a_name_that_is_written(said: str, y: int) -> None:
    panel = Panel().tick_box("Custom", 40, 60).tick_box("Plain", 40, 110).tick_box("Custom Checkbox", 40, 160)
    answer = locate(panel, said)
    assert isinstance(answer, Location), answer
    assert abs(pixel(answer, panel.screenshot)[1] - y) < 12
