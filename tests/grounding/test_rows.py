"""A row that is named is a must: what stands in another is refused, and what is there is said."""

from __future__ import annotations

import pytest
from PIL import ImageDraw

from screenagent.geometry import Absent, Box, Location
from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.screenshot import Window
from tests.builders import INK, LINE, Drawing, DrawnReader, pixel

NAMES = ("Nora Falk", "Emil Brandt", "Tess Moreno")
TOP, PITCH = 140, 44


def line(drawing: Drawing, y: float, *, left: float = 30, right: float = 600) -> Drawing:
    zoom = drawing.zoom
    ImageDraw.Draw(drawing.image).line((left * zoom, y * zoom, right * zoom, y * zoom), fill=LINE)
    return drawing


def dots(drawing: Drawing, x: float, y: float, *, side: int = 3, step: int = 6) -> Drawing:
    for place in (-1, 0, 1):
        left, top = round(x - side / 2), round(y + place * step - side / 2)
        ImageDraw.Draw(drawing.image).ellipse((left, top, left + side - 1, top + side - 1), fill=INK)
    return drawing


def table(*, ruled: bool = True, second_lines: bool = False, zoom: float = 1, dark: bool = False) -> Drawing:
    """People with a town, a fee and buttons, under a heading and column heads."""
    drawing = Drawing(round(640 * zoom), round(400 * zoom), zoom=zoom, dark=dark).text("Members", 30, 40)
    for head, x in (("Member", 60), ("Town", 220), ("Fee", 330)):
        drawing.text(head, x, TOP - PITCH)
    for number, (name, town, fee) in enumerate(
        zip(NAMES, ("Lund", "Graz", "Cork"), ("12.00", "8.50", "9.75"), strict=True)
    ):
        y = TOP + number * PITCH
        drawing.box("", 30, y).text(name, 60, y - 8 if second_lines else y).text(town, 220, y).text(fee, 330, y)
        if second_lines:
            drawing.text(f"{name.split()[0].lower()}@example.org", 60, y + 10)
        drawing.button("Renew", 400, y, width=80).button("Remove", 500, y, width=80)
        if ruled:
            line(drawing, y + PITCH / 2)
    return drawing


def locate(drawing: Drawing, target: str) -> Location | Absent:
    reader = DrawnReader()
    return EmbeddedGrounder(reader).strict().locate(target, reader.screen(drawing))


def place(drawing: Drawing, target: str) -> tuple[int, int]:
    answer = locate(drawing, target)
    assert isinstance(answer, Location), answer
    x, y = pixel(answer, drawing.screenshot)
    return round(x / drawing.zoom), round(y / drawing.zoom)


def is_near(there: tuple[int, int], x: float, y: float) -> bool:
    return abs(there[0] - x) <= 14 and abs(there[1] - y) <= 12


@pytest.mark.parametrize("ruled", [True, False])
@pytest.mark.parametrize("second_lines", [True, False])
@pytest.mark.parametrize(("zoom", "dark"), [(1, False), (1.5, True)])
@pytest.mark.parametrize(
    ("target", "x", "row"),
    [
        ("Remove next to Emil Brandt", 540, 1),
        ("the Remove button in Tess Moreno's row", 540, 2),
        ("Renew in the row of Nora", 440, 0),
        ("Tess Moreno's Renew button", 440, 2),
        ("the fee in Emil's row", 345, 1),
        ("the town in the Nora Falk row", 232, 0),
        ("the second button in Emil Brandt's row", 540, 1),
        ("the check box in Tess Moreno's row", 37, 2),
    ],
)
def test_what_stands_in_the_named_row_is_found(
    target: str, x: float, row: int, *, ruled: bool, second_lines: bool, zoom: float, dark: bool
) -> None:
    drawing = table(ruled=ruled, second_lines=second_lines, zoom=zoom, dark=dark)
    assert is_near(place(drawing, target), x, TOP + row * PITCH)


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("Archive in Emil Brandt's row", "“Archive” is not in the row of “Emil Brandt”; there are “Graz”, “8.50”"),
        ("the Remove button in Otto's row", "“Otto” is not on the screen, so it has no row"),
        ("Renew in the Members row", "“Renew” is not in the row of “Members”"),
        ("the fee in the Members row", "“fee” is not in the row of “Members”"),
    ],
)
def test_what_the_named_row_does_not_hold_is_absent_with_what_was_seen(target: str, why: str) -> None:
    answer = locate(table(), target)
    assert isinstance(answer, Absent)
    assert answer.why.startswith(why)


def test_another_command_of_the_same_column_is_not_taken_for_what_is_below_a_head() -> None:
    drawing = Drawing()
    for y, name, command in ((100, "Nora", "Pause"), (144, "Emil", "Resume")):
        drawing.text(name, 60, y).button(command, 300, y)
    assert isinstance(locate(drawing, "the Pause button in Emil's row"), Absent)
    assert isinstance(locate(drawing, "Pause in Emil's row"), Absent)


@pytest.mark.parametrize(
    "target", ["the three dots in Emil Brandt's row", "more actions in the row of Emil", "the dots next to Emil Brandt"]
)
def test_three_dots_are_found_in_the_row(target: str) -> None:
    drawing = table()
    for number in range(len(NAMES)):
        dots(drawing, 610, TOP + number * PITCH)
    assert is_near(place(drawing, target), 610, TOP + PITCH)


@pytest.mark.parametrize("target", ["the three dots in Emil Brandt's row", "the three dots"])
def test_dots_elsewhere_and_other_signs_are_no_three_dots_of_the_row(target: str) -> None:
    drawing = table()
    for x in (606, 614):  # a handle to drag by
        dots(drawing, x, TOP + PITCH)
    assert isinstance(locate(drawing, target), Absent)
    assert isinstance(locate(dots(drawing, 610, 20), "the three dots in Emil Brandt's row"), Absent)


def browser(target: str) -> Location | Absent:
    """A browser's window with its own menu at the upper right, and a page with a table."""
    window = Window(id=1, title="Members", app="chromium", box=Box(left=0, top=0, right=1, bottom=1))
    drawing = dots(Drawing(window=window).text("Nora Falk", 60, 200), 620, 40)
    return locate(dots(drawing, 400, 200), target)


@pytest.mark.parametrize(("target", "y"), [("the three dots", 200), ("the three dots of the browser", 40)])
def test_a_browsers_own_menu_is_meant_only_by_words_that_name_it(target: str, y: int) -> None:
    answer = browser(target)
    assert isinstance(answer, Location), answer
    assert abs(answer.point.y * 400 - y) < 10


def test_a_bar_that_shows_a_progress_does_not_end_the_row_of_its_number() -> None:
    drawing = Drawing(640, 400)
    for number, done in enumerate((57, 47, 77)):
        y = 80 + 90 * number
        line(drawing, y + 45, right=620)
        drawing._draw.rectangle((200, y - 12, 340, y - 4), fill=(210, 214, 220))
        drawing._draw.rectangle((200, y - 12, 200 + done, y - 4), fill=(40, 160, 70))
        drawing.text("Project", 40, y).text(f"{done}% done", 202, y + 8)
        drawing.button("View", 420, y - 18, width=60).button("Delete", 500, y + 20, width=70)
    for target, x, y in (("View in the 47% done row", 450, 152), ("Delete in the row of 77% done", 535, 280)):
        assert is_near(place(drawing, target), x, y)


def test_a_row_is_named_by_an_entry_in_two_lines() -> None:
    drawing = Drawing(640, 400)
    for number, minutes in enumerate((5, 28, 11)):
        y = 80 + 70 * number
        line(drawing, y + 35, right=620)
        drawing.text("An invoice", 120, y).text(f"{minutes} minutes", 420, y - 10).text("ago", 420, y + 10)
        drawing.button("Open", 520, y, width=60)
    assert is_near(place(drawing, "Open in the row of 28 minutes ago"), 550, 150)
    assert isinstance(locate(drawing, "Open in the row of 29 minutes ago"), Absent)
