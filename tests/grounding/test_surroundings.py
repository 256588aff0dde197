"""A window's own buttons, its title, panels and the desktop are never a guess for something else."""

from __future__ import annotations

import pytest
from PIL import ImageDraw

from screenagent.geometry import Absent, Box, Location, Size
from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.screenshot import Screenshot, Window
from tests.builders import INK, Drawing, DrawnReader

SIZE = Size(width=640, height=400)
CLIENT = (100, 90, 540, 340)


def cross(drawing: Drawing, x: int, y: int, *, side: int = 14) -> Drawing:
    """A close button of the window manager or of a tab, with its left top at `x`, `y`."""
    draw = ImageDraw.Draw(drawing.image)
    draw.line((x, y, x + side, y + side), fill=INK, width=3)
    draw.line((x, y + side, x + side, y), fill=INK, width=3)
    return drawing


def framed(*, contents: tuple[int, int, int, int] = CLIENT, known: bool = True) -> Drawing:
    """A window with a title bar above its contents."""
    box = Box.of_pixels(contents, SIZE) if known else None
    return Drawing(window=Window(id=1, title="Save As", app="editor", box=box))


def locate(drawing: Drawing, target: str) -> Location | Absent:
    reader = DrawnReader()
    return EmbeddedGrounder(reader).strict().locate(target, reader.screen(drawing))


def height(answer: Location | Absent) -> float:
    assert isinstance(answer, Location), answer
    return answer.point.y * SIZE.height


@pytest.mark.parametrize("target", ["multiply", "close the search bar", "the cross icon"])
def test_the_close_button_of_the_frame_is_no_guess_for_another_sign(target: str) -> None:
    assert isinstance(locate(cross(framed().text("hello", 150, 200), 515, 68), target), Absent)


@pytest.mark.parametrize("target", ["close the window", "close the program"])
def test_the_close_button_of_the_frame_is_found_by_its_name(target: str) -> None:
    assert height(locate(cross(framed().text("hello", 150, 200), 515, 68), target)) < 90


def test_the_same_sign_inside_the_window_is_found() -> None:
    drawing = cross(cross(framed().text("hello", 150, 200), 515, 68), 300, 250)
    assert height(locate(drawing, "close the search bar")) > 240


def test_a_window_that_draws_its_own_title_bar_has_buttons_too() -> None:
    drawing = cross(framed(contents=(100, 50, 540, 340)).text("hello", 150, 200), 515, 68)
    assert isinstance(locate(drawing, "close the search bar"), Absent)
    assert isinstance(locate(drawing, "close the window"), Location)


def test_where_the_window_is_not_known_nothing_is_left_out() -> None:
    assert isinstance(
        locate(cross(framed(known=False).text("hello", 150, 200), 515, 68), "close the search bar"), Location
    )


def test_a_title_is_no_guess_for_a_button() -> None:
    assert isinstance(locate(framed().text("Save As", 280, 75).button("Cancel", 150, 200), "Save As"), Absent)


def test_a_button_is_not_taken_for_two_because_its_window_has_that_title() -> None:
    drawing = framed().text("Save As", 280, 75).button("Save As", 150, 200)
    assert height(locate(drawing, "Save As")) == pytest.approx(200, abs=5)


def test_a_title_is_found_by_its_name() -> None:
    assert height(locate(framed().text("Save As", 280, 75), "“Save As” in the title bar")) < 90


def test_a_menu_that_reaches_beyond_its_window_is_read() -> None:
    assert height(locate(framed().text("Print", 150, 352), "Print")) == pytest.approx(352, abs=5)


def test_what_is_in_a_panel_is_found_only_to_the_letter_or_by_name() -> None:
    drawing = framed().text("Save All Windows", 20, 390)
    assert isinstance(locate(drawing, "save all"), Absent)
    assert isinstance(locate(drawing, "Save All Windows"), Location)


def with_menu(*entries: str) -> tuple[DrawnReader, Screenshot]:
    """A window with two buttons, and a menu with these entries open beside them."""
    drawing = Drawing().button("Bold", 40, 60).button("Save", 160, 60)
    menu = (300, 40, 460, 240)
    ImageDraw.Draw(drawing.image).rectangle(menu, fill="white", outline=INK)
    for number, entry in enumerate(entries):
        drawing.text(entry, 320, 70 + 40 * number)
    reader = DrawnReader()
    return reader, reader.screen(drawing).model_copy(update={"popups": (Box.of_pixels(menu, SIZE),)})


@pytest.mark.parametrize(("target", "left"), [("Bold", 320), ("Save", 160)])
def test_an_entry_of_an_open_menu_is_taken_before_the_same_words_beside_it(target: str, left: int) -> None:
    reader, screen = with_menu("Bold", "Save As")
    found = EmbeddedGrounder(reader).strict().locate(target, screen)
    assert isinstance(found, Location), found
    assert found.box is not None
    assert abs(found.box.left * SIZE.width - left) < 50


def browser(*, bars: bool = True) -> Drawing:
    window = Window(id=1, app="chromium", box=Box.of_pixels((0, 0, 640, 400), SIZE))
    drawing = Drawing(window=window)
    if bars:
        drawing.dropdown("", 10, 24, width=60).entry("https://example.org/list", 120, 66, width=400)
    return drawing.dropdown("Rooms", 60, 80 if not bars else 150).dropdown("Loft", 60, 260)


@pytest.mark.parametrize(("bars", "y"), [(True, 150), (False, 80)])
def test_a_control_without_a_name_is_looked_for_on_the_page(bars: bool, y: int) -> None:
    assert height(locate(browser(bars=bars), "the first drop-down")) == pytest.approx(y, abs=4)


def test_a_control_of_the_browser_is_found_if_it_is_named() -> None:
    assert height(locate(browser(), "the first drop-down in the browser")) == pytest.approx(24, abs=4)
