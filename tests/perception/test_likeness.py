"""How much each place of a picture looks like another picture."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from screenagent.perception.likeness import SearchedPicture, quick_length

PATCH = np.array([[10, 200, 10], [200, 10, 200]], np.uint8)


def with_patch(patch: npt.NDArray[np.uint8], *, ground: int = 100) -> SearchedPicture:
    picture = np.full((23, 31), ground, np.uint8)
    picture[7:9, 19:22] = patch
    return SearchedPicture(picture)


@pytest.mark.parametrize(("shown", "score"), [(PATCH, 1), (PATCH // 2 + 40, 1), (255 - PATCH, -1)])
def test_brightness_and_contrast_do_not_count_but_the_sign_does(shown: npt.NDArray[np.uint8], score: int) -> None:
    scores = with_patch(shown).likeness(PATCH)
    assert scores.shape == (22, 29)
    assert scores[7, 19] == pytest.approx(score, abs=0.01)
    assert divmod(int(np.abs(scores).argmax()), 29) == (7, 19)


def test_a_score_is_the_correlation_of_the_greys() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (40, 37), np.uint8)
    patch = np.random.default_rng(2).integers(0, 256, (5, 9), np.uint8)
    scores = SearchedPicture(picture).likeness(patch)
    for y, x in ((0, 0), (35, 28), (12, 7)):
        expected = np.corrcoef(picture[y : y + 5, x : x + 9].ravel(), patch.ravel())[0, 1]
        assert scores[y, x] == pytest.approx(expected, abs=1e-6)


def test_what_is_flat_looks_like_nothing() -> None:
    assert not with_patch(PATCH).likeness(np.full((2, 3), 9, np.uint8)).any()
    scores = with_patch(PATCH, ground=255).likeness(PATCH)
    assert not scores[:5].any()
    assert not scores[10:].any()


def test_one_faint_pixel_on_a_flat_ground_is_flat() -> None:
    spot = np.full((2, 3), 100, np.uint8)
    spot[0, 1] = 250
    assert with_patch(np.array([[100, 101, 100], [100] * 3], np.uint8)).likeness(spot).max() == 0


def test_a_patch_as_large_as_the_picture_has_one_place() -> None:
    assert SearchedPicture(PATCH).likeness(PATCH).tolist() == [[pytest.approx(1)]]


@pytest.mark.parametrize(("least", "length"), [(1, 1), (7, 8), (719, 720), (1277, 1280), (1081, 1125), (2161, 2187)])
def test_lengths_are_rounded_up_to_quick_ones(least: int, length: int) -> None:
    assert quick_length(least) == length
