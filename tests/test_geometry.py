"""Coordinates change space without moving."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from screenagent.geometry import Box, Display, Pixel, PixelBox, Point, Size

sides = st.integers(1, 8192)
sizes = st.builds(Size, width=sides, height=sides)
units = st.floats(0, 1)
points = st.builds(Point, x=units, y=units)
displays = st.builds(
    Display,
    name=st.just("any"),
    origin=st.builds(Pixel, x=st.integers(-8192, 8192), y=st.integers(-8192, 8192)),
    size=sizes,
    scale=st.sampled_from([1.0, 1.25, 1.5, 2.0]),
)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    left, right = sorted((draw(units), draw(units)))
    top, bottom = sorted((draw(units), draw(units)))
    return Box(left=left, top=top, right=right, bottom=bottom)


@given(displays, st.data())
def test_a_pixel_survives_the_way_to_a_point_and_back(display: Display, data: st.DataObject) -> None:
    x = display.origin.x + data.draw(st.integers(0, display.size.width - 1))
    y = display.origin.y + data.draw(st.integers(0, display.size.height - 1))
    assert display.pixel(display.point(Pixel(x=x, y=y))) == Pixel(x=x, y=y)


@given(displays, points)
def test_every_point_has_its_pixel_on_the_display(display: Display, point: Point) -> None:
    pixel = display.pixel(point)
    assert 0 <= pixel.x - display.origin.x < display.size.width
    assert 0 <= pixel.y - display.origin.y < display.size.height


@given(sizes, st.data())
def test_a_picture_s_pixel_survives_too(size: Size, data: st.DataObject) -> None:
    pixel = Pixel(x=data.draw(st.integers(0, size.width - 1)), y=data.draw(st.integers(0, size.height - 1)))
    assert Point.of_pixel(pixel, size).pixel(size) == pixel


@given(points, boxes())
def test_a_point_of_a_crop_is_inside_what_was_cropped(point: Point, box: Box) -> None:
    found = point.within(box)
    assert box.left <= found.x <= box.right + 1e-12
    assert box.top <= found.y <= box.bottom + 1e-12


@given(boxes())
def test_a_box_within_the_whole_display_is_itself(box: Box) -> None:
    whole = Box(left=0, top=0, right=1, bottom=1)
    assert box.within(whole) == box


@given(boxes(), sizes)
def test_the_centre_of_a_box_is_in_it(box: Box, size: Size) -> None:
    assert box.center in box
    left, top, right, bottom = box.pixels(size)
    assert 0 <= left <= right <= size.width
    assert 0 <= top <= bottom <= size.height


def test_a_display_left_of_the_main_one_has_negative_pixels() -> None:
    left = Display(name="left", origin=Pixel(x=-1920, y=120), size=Size(width=1920, height=1080), scale=1.25)
    assert left.pixel(Point(x=0, y=0)) == Pixel(x=-1920, y=120)
    assert left.pixel(Point(x=1, y=1)) == Pixel(x=-1, y=1199)


def test_a_box_that_is_turned_over_is_refused() -> None:
    with pytest.raises(ValidationError, match="left and top come before"):
        Box(left=0.6, top=0.1, right=0.5, bottom=0.2)


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        Point.model_validate({"x": 0, "y": 0, "z": 0})


def test_a_box_in_pixels_is_the_same_box_again() -> None:
    size, box = Size(width=200, height=100), Box(left=0.25, top=0.5, right=0.3725, bottom=1)
    assert box.exact_pixels(size) == PixelBox(50, 50, 74.5, 100)
    assert box.exact_pixels(size).box(size) == box
    assert box.pixels(size) == (50, 50, 74, 100)


def test_boxes_share_what_both_cover() -> None:
    box = PixelBox(10, 10, 30, 20)
    assert box.shared_area(PixelBox.at(20, 5, width=40, height=10)) == 50
    assert box.shared_area(PixelBox(30, 10, 40, 20)) == 0
    assert box.shared_width(PixelBox(34, 0, 40, 9)) == -4
    assert box.holds(*box.center)


def test_a_grown_box_is_cut_off_at_the_edge_of_the_picture() -> None:
    assert PixelBox(1, 1, 9, 9).grown(2) == PixelBox(-1, -1, 11, 11)
    assert PixelBox(1, 1, 9, 9).grown(2, 0) == PixelBox(-1, 1, 11, 9)
    assert PixelBox(1, 1, 9, 9).grown(2).clipped(10, 10) == PixelBox(0, 0, 10, 10)
