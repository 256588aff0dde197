"""Clicks that only close a menu, and targets that something opens over."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from screenagent.geometry import Location, PixelBox, Size
from screenagent.perception.popups import is_covered, only_closed_popup
from screenagent.screenshot import Screenshot
from tests.builders import BUTTON, INK, WHITE, Drawing

SIZE = Size(width=640, height=400)
MENU = (20, 30, 140, 130)
BLUE, YELLOW, LIT = (60, 130, 230), (255, 255, 204), (250, 250, 255)


def location(left: int, top: int, right: int, bottom: int) -> Location:
    box = PixelBox(left, top, right, bottom).box(SIZE)
    return Location(point=box.center, box=box, confidence=1.0, by="text")


SAVE, TITLE, ENTRY = location(430, 192, 470, 208), location(24, 8, 50, 24), location(30, 70, 70, 86)


def window(*, menu: bool = False, lit: bool = False, said: str = "", tip: str = "") -> Screenshot:
    """A menu bar and a Save button; the menu may be open, the button lit up, something said, or shown over it."""
    drawing = Drawing()
    canvas = ImageDraw.Draw(drawing.image)
    canvas.rectangle((20, 6, 60, 28), fill=BLUE if menu else (246, 245, 244))
    drawing.text("File", 26, 17).button("Save", 405, 200).text(said or " ", 300, 350)
    if lit:
        pixels = np.array(drawing.image)
        pixels[(pixels == BUTTON).all(axis=2)] = LIT
        drawing.image.paste(Image.fromarray(pixels))
    if menu:
        canvas.rectangle(MENU, fill=WHITE, outline=INK)
        drawing.text("Open", 30, 50).text("Close", 30, 78)
    if tip:
        canvas.rectangle((390, 180, 600, 222), fill=YELLOW, outline=INK)
        drawing.text(tip, 400, 200)
    popups = (PixelBox(*MENU).box(SIZE),) if menu else ()
    return drawing.screenshot.model_copy(update={"popups": popups})


def closed(target: Location = SAVE, *, before: Screenshot | None = None, **after: object) -> bool:
    return only_closed_popup(before or window(menu=True), window(**after), (target,))  # type: ignore[arg-type]


def test_a_click_elsewhere_that_closes_a_menu_has_done_nothing_else() -> None:
    assert closed()
    assert closed(lit=True), "the button lights up since the menu no longer holds the mouse"


def test_a_click_that_is_answered_has_done_more() -> None:
    assert not closed(said="All is saved")


def test_a_click_on_an_entry_or_on_the_menus_title_closes_it_rightly() -> None:
    assert not closed(ENTRY)
    assert not closed(TITLE)


def test_a_menu_that_stays_open_or_was_not_open_took_no_click() -> None:
    assert not closed(menu=True)
    assert not closed(before=window())


def test_what_opens_over_a_target_covers_it() -> None:
    assert is_covered(window(), window(tip="Cannot be undone"), SAVE)


def test_a_target_that_lights_up_is_not_covered() -> None:
    assert not is_covered(window(), window(lit=True), SAVE)


def test_a_tip_beside_a_target_does_not_cover_it() -> None:
    beside = location(430, 240, 470, 256)
    assert not is_covered(window(), window(tip="Cannot be undone"), beside)


def test_a_target_without_a_box_is_not_judged() -> None:
    pointed = SAVE.model_copy(update={"box": None})
    assert not is_covered(window(), window(tip="Cannot be undone"), pointed)
