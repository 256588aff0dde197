"""Where controls are, by what their program and the window system say of one window."""

from __future__ import annotations

import pytest

from screenagent.desktop.accessibility.places import NOWHERE, Outline, Placement, Space, around, placement
from screenagent.desktop.accessibility.popups import from_corner_of_window
from screenagent.desktop.accessibility.query import Numbers

WINDOW: Numbers = (440, 85, 840, 634)
"""Of 400 by 549 units."""
SHADOW: Numbers = (0, 0, 452, 601)
WITHOUT: Numbers = (26, 23, 400, 549)
"""The window that GTK 3 tells with its shadow around it, and what the window holds."""
BUTTON: Numbers = (146, 70, 160, 60)


def placed(*outlines: Outline, top: Numbers, inside: Numbers = NOWHERE) -> Numbers | None:
    found = placement(Space.WINDOW, outlines, top=top, inside=inside)
    return found.edges(BUTTON) if found else None


def test_a_shadow_that_the_program_counts_as_its_window_is_left_out() -> None:
    assert placed(Outline(WINDOW), top=SHADOW, inside=WITHOUT) == (560, 132, 720, 192)


def test_of_several_rectangles_the_one_counts_whose_size_the_program_tells() -> None:
    buffer = Outline((414, 62, 866, 663))
    assert placed(Outline(WINDOW), buffer, top=SHADOW) == (560, 132, 720, 192)
    assert placed(Outline(WINDOW), buffer, top=(0, 0, 400, 549)) == (586, 155, 746, 215)


@pytest.mark.parametrize("scale", [1.25, 1.5, 2.0, 4 / 3])
def test_the_scale_is_known_by_the_sizes(scale: float) -> None:
    edges = (100, 50, 100 + round(400 * scale), 50 + round(549 * scale))
    told = placement(Space.WINDOW, [Outline(edges)], top=(0, 0, 400, 549), inside=NOWHERE)
    assert told
    assert told.edges((0, 0, 400, 549)) == pytest.approx(edges, abs=1)


def test_a_square_shadow_is_not_taken_for_another_scale() -> None:
    square = Outline((0, 0, 500, 500))
    found = placement(Space.WINDOW, [square], top=(0, 0, 540, 540), inside=(20, 20, 500, 500))
    assert found == Placement(1.0, (20, 20), (0, 0))


def test_sizes_that_contradict_each_other_place_nothing() -> None:
    assert placed(Outline(WINDOW), top=SHADOW) is None
    assert placed(Outline(WINDOW), top=(0, 0, 0, 0)) is None
    assert placed(Outline(WINDOW, scale=1.0), top=(0, 0, 200, 274)) is None


def test_what_holds_nothing_is_nowhere() -> None:
    assert around([None, (3, 4, 0, 9)]) == NOWHERE
    assert around([(1, 2, 3, 4), None, (10, 0, 5, 1)]) == (1, 0, 14, 6)


def test_entries_of_menus_are_placed_without_the_shadows_of_their_menus() -> None:
    """As mousepad tells them: an entry of the bar, two of its menu, and two of a menu that opens from that."""
    in_window = [(0, 0, 40, 26), (6, 5, 335, 26), (6, 31, 335, 26), (6, 9, 100, 26), None]
    on_screen = [(0, 0, 40, 26), (6, 31, 335, 26), (6, 57, 335, 26), (341, 92, 100, 26), None]
    assert from_corner_of_window(in_window, on_screen, (0, 0, 640, 480)) == [
        (0, 0, 40, 26),
        (0, 26, 335, 26),
        (0, 52, 335, 26),
        (329, 81, 100, 26),
        None,
    ]


def test_a_window_that_lies_elsewhere_on_the_screen_shifts_nothing() -> None:
    assert from_corner_of_window([(5, 5, 10, 10)], [(105, 55, 10, 10)], (100, 50, 640, 480)) == [(5, 5, 10, 10)]
