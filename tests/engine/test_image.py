from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from screenagent.engine.image import LARGEST, Patches, PatchLimits, PictureError, grid, picture_patches
from screenagent.engine.model import normalized_bytes
from tests.engine.pictures import GOLDEN, pattern


@pytest.mark.parametrize("row", GOLDEN["pictures"], ids=lambda row: row["name"])
def test_patches_are_those_of_the_published_code_bit_for_bit(row: dict[str, Any]) -> None:
    image = pattern(row["width"], row["height"], row["seed"])
    assert hashlib.sha256(image.tobytes()).hexdigest() == row["rgb_sha256"]
    seen = picture_patches(image)
    values = normalized_bytes()[torch.from_numpy(seen.pixels).int()]
    assert [seen.high, seen.wide] == row["grid"]
    assert hashlib.sha256(values.numpy().tobytes()).hexdigest() == row["patches_f32_sha256"]


@pytest.mark.parametrize("row", GOLDEN["grids"], ids=lambda row: f"{row['width']}x{row['height']}")
def test_grids_are_those_of_the_published_code(row: dict[str, int]) -> None:
    assert grid(row["width"], row["height"], PatchLimits()) == (row["high"], row["wide"])


@given(st.integers(1, 9000), st.integers(1, 9000), st.sampled_from([256, 1024, 3600]))
def test_a_grid_never_exceeds_the_budget(width: int, height: int, largest: int) -> None:
    high, wide = grid(width, height, PatchLimits(largest=largest))
    assert 1 <= high * wide <= largest


def test_a_720p_screen_is_seen_pixel_for_pixel() -> None:
    screen = pattern(1280, 720, 1)
    seen = picture_patches(screen)
    rows = seen.pixels.reshape(45, 80, 16, 16, 3).transpose(0, 2, 1, 3, 4).reshape(720, 1280, 3)
    assert np.array_equal(rows, np.asarray(screen))
    assert seen.shrunk_from is None
    assert len(seen) == 3600


def test_a_larger_screen_says_what_it_was_shrunk_from() -> None:
    seen = picture_patches(Image.new("RGB", (1920, 1080)))
    assert (seen.shrunk_from, seen.size) == ((1920, 1080), (1280, 720))


def test_pixels_travel_as_bytes() -> None:
    seen = picture_patches(pattern(1280, 720, 1))
    assert seen.pixels.nbytes == 1280 * 720 * 3


def as_rgb(image: Image.Image) -> Patches:
    return picture_patches(image.convert("RGB"))


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "YCbCr"])
def test_a_picture_of_another_mode_is_seen_as_its_rgb(mode: str) -> None:
    image = pattern(320, 200, 2).convert(mode)
    assert np.array_equal(picture_patches(image).pixels, as_rgb(image).pixels)


def test_what_is_transparent_lies_on_white() -> None:
    see_through = Image.new("RGBA", (320, 200), (255, 0, 0, 0))
    assert np.array_equal(
        picture_patches(see_through).pixels, picture_patches(Image.new("RGB", (320, 200), "white")).pixels
    )


def test_an_opaque_rgba_screen_is_seen_as_its_rgb() -> None:
    screen = pattern(320, 200, 3)
    assert np.array_equal(picture_patches(screen.convert("RGBA")).pixels, picture_patches(screen).pixels)


@pytest.mark.parametrize("size", [(1, 1), (1, 4000), (4000, 1), (3, 3)])
def test_a_picture_of_a_few_pixels_works(size: tuple[int, int]) -> None:
    assert 0 < len(picture_patches(Image.new("RGB", size))) <= 256


@pytest.mark.parametrize("mode", ["I;16", "F", "I"])
def test_a_picture_without_an_agreed_brightness_is_refused(mode: str) -> None:
    with pytest.raises(PictureError, match="brightness"):
        picture_patches(Image.new(mode, (300, 200)))


def test_a_huge_picture_is_refused_before_it_is_converted() -> None:
    with pytest.raises(PictureError, match=f"at most {LARGEST}"):
        picture_patches(Image.new("1", (12_000, 12_000)))


def test_the_digest_tells_one_pixel() -> None:
    screen = pattern(1280, 720, 1)
    other = screen.copy()
    other.putpixel((640, 360), (1, 2, 3))
    assert (
        picture_patches(screen).digest() == picture_patches(screen.copy()).digest() != picture_patches(other).digest()
    )


def test_the_digest_tells_the_grid() -> None:
    wide, high = Image.new("RGB", (640, 320)), Image.new("RGB", (320, 640))
    assert picture_patches(wide).digest() != picture_patches(high).digest()
