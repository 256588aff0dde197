"""What counts as an effect: drawn before and after, and compared."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PIL import ImageDraw

from screenagent.geometry import WHOLE, Box, Location, PixelBox, Size
from screenagent.perception.changes import LOST_HIGHLIGHT, Difference, difference
from screenagent.screenshot import Screenshot, Window
from tests.builders import INK, Drawing

SIZE = Size(width=640, height=400)
WINDOW = Window(id=1, title="Editor", box=WHOLE)
BLUE = (40, 110, 220)
Draw = Callable[[ImageDraw.ImageDraw], object]


def form(*draws: Draw, dark: bool = False) -> Screenshot:
    """A button, a field with a name in it and an empty field, and what is drawn on it."""
    drawing = Drawing(dark=dark, window=WINDOW).button("Save", 40, 60).entry("Ada", 40, 150).entry("", 40, 220)
    for draw in draws:
        draw(ImageDraw.Draw(drawing.image))
    return drawing.screenshot


def ring(left: int, top: int, right: int, bottom: int) -> Draw:
    return lambda canvas: canvas.rectangle((left, top, right, bottom), outline=BLUE, width=2)


def dotted(left: int, top: int, right: int, bottom: int) -> Draw:
    def draw(canvas: ImageDraw.ImageDraw) -> None:
        for x in range(left, right, 2):
            canvas.point([(x, top), (x, bottom)], fill=INK)
        for y in range(top, bottom, 2):
            canvas.point([(left, y), (right, y)], fill=INK)

    return draw


def filled(left: int, top: int, right: int, bottom: int) -> Draw:
    return lambda canvas: canvas.rectangle((left, top, right, bottom), fill=BLUE)


def caret(canvas: ImageDraw.ImageDraw) -> None:
    canvas.line((80, 140, 80, 158), fill=INK)


def words(text: str, left: int, top: int) -> Draw:
    return lambda canvas: canvas.text((left, top), text, fill=INK)


def at(x: int, y: int) -> tuple[Location, ...]:
    edges = PixelBox(x - 20, y - 9, x + 20, y + 9)
    return (Location(point=edges.box(SIZE).center, box=edges.box(SIZE), confidence=1.0, by="text"),)


SAVE, NAME, EMPTY = at(85, 60), at(100, 150), at(100, 220)


def changes(*draws: Draw, target: tuple[Location, ...] = SAVE, before: tuple[Draw, ...] = ()) -> Difference | None:
    return difference(form(*before), form(*draws), target)


@pytest.mark.parametrize("focus", [ring(38, 42, 132, 78), ring(44, 48, 126, 72), dotted(44, 48, 126, 72)])
def test_a_button_that_only_gets_the_focus_has_not_answered(focus: Draw) -> None:
    assert changes(focus) is None


def test_a_field_that_gets_the_focus_has_answered() -> None:
    for target, edges in ((NAME, (38, 133, 242, 167)), (EMPTY, (38, 203, 242, 237))):
        found = changes(ring(*edges), target=target)
        assert found is not None
        assert found.place == "at the target"


def test_a_drop_down_that_can_be_typed_into_has_answered_with_the_focus() -> None:
    combo = (words("Small", 48, 214), words("v", 228, 214))
    found = difference(form(*combo), form(*combo, ring(38, 203, 242, 237)), EMPTY)
    assert found is not None
    assert found.place == "at the target"


def test_a_ring_that_another_control_loses_is_no_effect() -> None:
    assert changes(before=(ring(38, 133, 242, 167),)) is None


def test_a_ring_beside_which_a_corner_is_drawn_anew_is_told_apart_from_it() -> None:
    def corner(canvas: ImageDraw.ImageDraw) -> None:
        canvas.rectangle((60, 146, 61, 148), fill=INK)

    field = ring(28, 104, 330, 136)
    assert changes(corner, target=at(105, 165), before=(field,)) is None
    assert changes(corner, filled(60, 150, 90, 170), target=at(105, 165), before=(field,)) is not None


def test_a_ring_that_another_control_gets_is_an_effect() -> None:
    assert changes(ring(38, 203, 242, 237)) is not None, "a label hands the focus on to its field"


def test_a_frame_drawn_by_a_drag_or_moved_by_a_key_is_an_effect() -> None:
    for target in ((), (*SAVE, *NAME)):
        assert changes(ring(300, 100, 400, 200), target=target) is not None


def test_a_button_that_gets_a_ring_and_says_something_has_answered() -> None:
    found = changes(ring(38, 42, 132, 78), words("Saved", 400, 300))
    assert found is not None
    assert found.place == "in the window in front"


def test_a_button_whose_inside_changes_has_answered() -> None:
    assert changes(filled(42, 46, 128, 74)) is not None


def test_what_moves_by_itself_is_no_effect() -> None:
    clock = Box.of_pixels((400, 280, 500, 330), SIZE)
    after = form(words("12:00:01", 410, 300)).model_copy(update={"moving": (clock,)})
    assert difference(form(), after, SAVE) is None
    beside = form(words("12:00:01", 410, 300), words("Saved", 300, 100)).model_copy(update={"moving": (clock,)})
    found = difference(form(), beside, SAVE)
    assert found is not None
    assert found.box not in (None, clock)


def test_the_bubble_with_a_links_address_is_no_effect() -> None:
    assert changes(filled(1, 377, 120, 399)) is None
    assert changes(filled(520, 377, 638, 399)) is None
    assert changes(words("All is saved", 6, 380)) is not None, "a status line's text has a margin"
    assert changes(filled(0, 377, 639, 399)) is not None, "a status bar is as wide as its window"


def bubble(right: int) -> Draw:
    def draw(canvas: ImageDraw.ImageDraw) -> None:
        canvas.rectangle((0, 377, right, 399), fill=(240, 240, 240), outline=(150, 150, 150))

    return draw


def test_a_bubble_that_widens_is_no_effect() -> None:
    assert changes(bubble(300), before=(bubble(200),)) is None
    assert changes(bubble(200), filled(201, 377, 300, 399), before=(bubble(200),)) is not None


def test_a_caret_that_goes_beside_an_effect_is_no_part_of_it() -> None:
    found = changes(words("Saved", 400, 300), before=(caret,))
    assert found is not None
    assert found.box.left > 0.5


def row(*, selected: bool) -> Draw:
    def draw(canvas: ImageDraw.ImageDraw) -> None:
        canvas.rectangle((300, 230, 600, 254), fill=BLUE if selected else (246, 245, 244))
        canvas.text((310, 236), "Ada, London", fill=(255, 255, 255) if selected else INK)

    return draw


def test_a_row_elsewhere_that_is_no_longer_highlighted_is_a_doubtful_effect() -> None:
    lost = difference(form(row(selected=True)), form(row(selected=False)), SAVE)
    assert lost is not None
    assert (lost.doubt, lost.is_expected) == (LOST_HIGHLIGHT, False)
    gained = difference(form(row(selected=False)), form(row(selected=True)), SAVE)
    assert gained is not None
    assert gained.is_expected
    also = difference(form(row(selected=True)), form(row(selected=False), words("Saved", 300, 100)), SAVE)
    assert also is not None
    assert also.is_expected


def test_a_row_at_the_target_may_lose_its_highlight() -> None:
    found = difference(form(row(selected=True)), form(row(selected=False)), at(340, 242))
    assert found is not None
    assert found.is_expected


def test_a_target_in_a_place_that_moves_by_itself_may_have_answered() -> None:
    film = Box.of_pixels((20, 40, 200, 100), SIZE)
    after = form(filled(40, 50, 80, 90)).model_copy(update={"moving": (film,)})
    found = difference(form(), after, SAVE)
    assert found is not None
    assert found.doubt
