"""Pictures as arrays: each function on a picture that is small enough to be written down."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from screenagent.perception.pixels import (
    absolute_difference,
    averaged,
    channels,
    connected_regions,
    dilation,
    enclosed,
    erosion,
    grey,
    hues,
    interpolated,
    morphological_closing,
    morphological_opening,
    resized,
    sampled,
    steps,
)

Picture = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]


def drawn(*rows: str) -> Picture:
    """Return a picture of digits; a dot is 0."""
    return np.array([[0 if sign == "." else int(sign) for sign in row] for row in rows], np.uint8)


STROKES = drawn("1..11", ".1..1", "1....", "1..1.")


def test_regions_are_numbered_in_reading_order_and_measured() -> None:
    numbers, bounds = connected_regions(STROKES, corners=False)
    assert numbers.tolist() == drawn("1..22", ".3..2", "4....", "4..5.").tolist()
    assert bounds.tolist() == [[0, 0, 1, 1, 1], [3, 0, 2, 2, 3], [1, 1, 1, 1, 1], [0, 2, 1, 2, 2], [3, 3, 1, 1, 1]]


def test_pixels_that_touch_at_a_corner_connect_on_request() -> None:
    numbers, bounds = connected_regions(STROKES.astype(bool), corners=True)
    assert numbers.tolist() == drawn("1..22", ".1..2", "1....", "1..3.").tolist()
    assert bounds.tolist() == [[0, 0, 2, 4, 4], [3, 0, 2, 2, 3], [3, 3, 1, 1, 1]]


@pytest.mark.parametrize("picture", [drawn("....", "...."), np.zeros((0, 4), np.uint8), np.zeros((3, 0), np.uint8)])
def test_a_picture_of_nothing_has_no_regions(picture: Picture) -> None:
    numbers, bounds = connected_regions(picture, corners=True)
    assert bounds.shape == (0, 5)
    assert not numbers.any()


def test_a_picture_of_one_region_is_its_bounds() -> None:
    assert connected_regions(np.ones((3, 4), bool), corners=False).bounds.tolist() == [[0, 0, 4, 3, 12]]


def filled(mask: Mask, y: int, x: int, *, corners: bool) -> Mask:
    """Return what is reached from one pixel of a mask, step by step."""
    reached, ahead = np.zeros_like(mask), [(y, x)]
    while ahead:
        y, x = ahead.pop()
        if 0 <= y < mask.shape[0] and 0 <= x < mask.shape[1] and mask[y, x] and not reached[y, x]:
            reached[y, x] = True
            around = [(down, across) for down in (-1, 0, 1) for across in (-1, 0, 1)]
            ahead += [(y + down, x + across) for down, across in around if corners or not (down and across)]
    return reached


@pytest.mark.parametrize("corners", [False, True])
@pytest.mark.parametrize("shape", [(1, 22), (22, 1), (7, 7), (8, 7), (7, 8), (8, 8)])
def test_regions_of_all_shapes_are_what_can_be_reached(shape: tuple[int, int], *, corners: bool) -> None:
    randomness = np.random.default_rng(7)
    for share in np.linspace(0.1, 0.9, 40):
        mask = randomness.random(shape) < share
        numbers, bounds = connected_regions(mask, corners=corners)
        assert ((numbers > 0) == mask).all()
        for number, (left, top, width, height, area) in enumerate(bounds.tolist(), start=1):
            region = numbers == number
            rows, columns = np.nonzero(region)
            assert (region == filled(mask, rows[0], columns[0], corners=corners)).all()
            assert (columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1) == (left, top, width, height)
            assert area == region.sum()


def test_a_ring_encloses_its_hole_and_an_open_one_does_not() -> None:
    ring = drawn("111..", "1.1.1", "111.1").astype(bool)
    assert enclosed(ring).tolist() == drawn("111..", "111.1", "111.1").astype(bool).tolist()
    ring[0, 1] = False
    assert enclosed(ring).tolist() == ring.tolist()


def test_green_looks_brighter_than_red_and_red_than_blue() -> None:
    colours = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255], [90, 90, 90]]], np.uint8)
    assert grey(colours).tolist() == [[76, 150, 29, 255, 90]]


def test_a_difference_has_no_sign() -> None:
    assert absolute_difference(drawn("19"), drawn("91")).tolist() == [[8, 8]]
    assert absolute_difference(np.array([0, 255], np.uint8), np.array([255, 0], np.uint8)).tolist() == [255, 255]


def test_the_channels_of_a_picture_are_its_colours() -> None:
    picture = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    assert [channel.tolist() for channel in channels(picture)] == [
        [[0, 3], [6, 9]],
        [[1, 4], [7, 10]],
        [[2, 5], [8, 11]],
    ]


def test_a_step_is_to_the_right_or_down() -> None:
    assert steps(drawn("119", "116")).tolist() == drawn(".83", ".5.").tolist()


@pytest.mark.parametrize(
    ("colour", "hue"),
    [((1, 0, 0), 0), ((1, 1, 0), 60), ((0, 1, 0), 120), ((0, 0.5, 0.5), 180), ((0, 0, 1), 240), ((0.5, 0, 0.5), 300)],
)
def test_hues_are_degrees(colour: tuple[float, float, float], hue: float) -> None:
    assert hues(np.array([colour, (0.5, 0.5, 0.5)], np.float32)).tolist() == [hue, 0]


def test_no_colours_have_no_hues() -> None:
    assert hues(np.zeros((0, 3), np.float32)).shape == (0,)


SPOT = drawn(".....", "..3..", ".....", "9....")


def test_the_highest_value_spreads_over_a_window() -> None:
    assert dilation(SPOT, 3, 3).tolist() == drawn(".333.", ".333.", "9933.", "99...").tolist()
    assert dilation(SPOT, 1, 3).tolist() == drawn(".....", ".333.", ".....", "99...").tolist()


def test_a_window_of_an_even_size_reaches_further_up_and_left() -> None:
    assert dilation(SPOT, 2, 2).tolist() == drawn(".....", "..33.", "..33.", "99...").tolist()


def test_the_lowest_value_spreads_and_what_is_beyond_the_picture_does_not() -> None:
    assert erosion(drawn("9999", "9992", "9999"), 3, 3).tolist() == drawn("9922", "9922", "9922").tolist()


@pytest.mark.parametrize("size", range(1, 12))
def test_windows_of_every_size_are_spread_over(size: int) -> None:
    line = np.zeros((1, 30), np.uint8)
    line[0, 15] = 7
    spread = np.flatnonzero(dilation(line, 1, size)[0])
    assert len(spread) == size
    assert dilation(line.T, size, 1).T.tolist() == dilation(line, 1, size).tolist()
    assert morphological_opening(dilation(line, 1, size), 1, size).tolist() == dilation(line, 1, size).tolist()


def test_opening_takes_thin_things_and_closing_fills_thin_gaps() -> None:
    assert morphological_opening(drawn(".11.111", "......."), 1, 3).tolist() == drawn("....111", ".......").tolist()
    assert morphological_closing(drawn("..1.1...1.."), 1, 3).tolist() == drawn("..111...1..").tolist()


def test_an_average_takes_in_all_that_a_pixel_covers() -> None:
    row = np.array([[0, 3, 6]], np.float32)
    assert averaged(row, 2, 1).tolist() == [[pytest.approx(1), pytest.approx(5)]]
    assert averaged(np.array([[0, 4], [8, 12]], np.float32), 1, 1).tolist() == [[6]]
    assert averaged(row, 6, 2).tolist() == [[0, 0, 3, 3, 6, 6], [0, 0, 3, 3, 6, 6]]


def test_an_enlarged_picture_changes_evenly_and_stays_flat_at_its_rim() -> None:
    assert interpolated(np.array([[0, 4]], np.float32), 4, 1).tolist() == [[0, 1, 3, 4]]


def test_planes_are_resized_each_by_itself() -> None:
    planes = np.stack([np.full((4, 4), plane, np.float32) for plane in range(3)])
    assert averaged(planes, 2, 3).tolist() == [[[plane] * 2] * 3 for plane in range(3)]
    assert interpolated(planes, 5, 6).shape == (3, 6, 5)


def test_a_sampled_picture_takes_the_four_nearest_pixels_however_many_it_covers() -> None:
    column = np.array([[0], [100], [200], [40], [60], [80]], np.uint8)
    assert sampled(column, 1, 2).tolist() == [[100], [60]]
    assert sampled(column, 1, 3).tolist() == [[50], [120], [70]]
    assert sampled(np.repeat(column[..., None], 3, axis=2), 1, 2).tolist() == [[[100] * 3], [[60] * 3]]


def test_pictures_are_resized_in_grey_and_in_colours() -> None:
    assert resized(np.array([[0, 100]], np.uint8), 4, 1).tolist() == [[0, 25, 75, 100]]
    assert resized(np.full((2, 3, 3), 7, np.uint8), 6, 8).tolist() == [[[7] * 3] * 6] * 8
    assert resized(np.array([[10, 20]], np.uint8), 1, 1, by=Image.Resampling.BOX).tolist() == [[15]]
