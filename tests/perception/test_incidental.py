"""Which pixels of two pictures differ: held against the plain comparison."""

from __future__ import annotations

import numpy as np
import pytest

from screenagent.perception.incidental import differing


@pytest.mark.parametrize("channel", range(3))
@pytest.mark.parametrize(("row", "column"), [(0, 0), (11, 16), (5, 8)])
def test_a_pixel_that_differs_in_one_channel_differs(row: int, column: int, channel: int) -> None:
    before = np.random.default_rng(0).integers(0, 255, (12, 17, 3), dtype=np.uint8)
    after = before.copy()
    after[row, column, channel] += 1

    assert np.argwhere(differing(before, after)).tolist() == [[row, column]]


def test_changes_far_apart_are_both_found_and_what_lies_between_is_not() -> None:
    before = np.zeros((40, 30, 3), np.uint8)
    after = before.copy()
    after[2, 3:6, 0], after[35, 20:25, 2] = 9, 9

    mask = differing(before, after)

    assert mask[2, 3:6].all()
    assert mask[35, 20:25].all()
    assert mask.sum() == 8


def test_equal_pictures_differ_nowhere() -> None:
    picture = np.ones((12, 17, 3), np.uint8)

    assert not differing(picture, picture.copy()).any()
