from __future__ import annotations

import pytest
from PIL import Image, ImageChops

from screenagent.geometry import Absent, Box, Location, Point
from screenagent.runs.report.annotations import Annotation, annotate, outlined

BLANK = Image.new("RGB", (400, 300), (240, 240, 240))


def location(x: float, y: float, *, box: Box | None = None) -> Location:
    return Location(point=Point(x=x, y=y), box=box, confidence=0.9, by="text")


def test_the_target_stays_bright_and_the_rest_is_dimmed() -> None:
    marked = annotate(BLANK, location(0.5, 0.5, box=Box(left=0.4, top=0.4, right=0.6, bottom=0.6)), "Save")
    assert marked.size == BLANK.size
    assert marked.getpixel((170, 125)) == (240, 240, 240)
    assert marked.getpixel((10, 290)) == (197, 197, 197)


@pytest.mark.parametrize("corner", [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)])
def test_a_target_in_a_corner_is_marked_too(corner: tuple[float, float]) -> None:
    marked = annotate(BLANK, location(*corner), "a name so long that it wouldn't fit beside any target at all, ever")
    assert ImageChops.difference(marked, BLANK).getbbox() is not None


def test_the_picture_itself_is_left_as_it_was() -> None:
    picture = BLANK.copy()
    annotate(picture, location(0.5, 0.5), "Save")
    outlined(picture, [Annotation(Box(left=0, top=0, right=1, bottom=1), "text", "all")])
    assert picture == BLANK


def test_what_is_absent_is_said_on_the_picture() -> None:
    marked = annotate(BLANK, Absent(why="no"), "Save")
    assert ImageChops.difference(marked, BLANK).getbbox() is not None


@pytest.mark.parametrize("size", [(1, 1), (20, 300), (300, 20)])
def test_small_pictures_can_be_marked(size: tuple[int, int]) -> None:
    small = Image.new("RGB", size)
    assert annotate(small, location(0.5, 0.5), "Save").size == size
    assert outlined(small, [Annotation(Box(left=0, top=0, right=1, bottom=1), "icon")]).size == size


def test_boxes_are_drawn_where_they_are() -> None:
    marked = outlined(BLANK, [Annotation(Box(left=0.25, top=0.25, right=0.5, bottom=0.5), "field")])
    bounds = ImageChops.difference(marked, BLANK).getbbox()
    assert bounds is not None
    assert all(abs(got - want) <= 3 for got, want in zip(bounds, (100, 75, 200, 150), strict=True))
