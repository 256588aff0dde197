from __future__ import annotations

import time

import numpy as np
import pytest
from PIL import Image, ImageDraw

from screenagent.geometry import PixelBox, Size
from screenagent.perception.icon_proposals import MOST, proposals
from screenagent.perception.labels import Label, labels
from screenagent.perception.ocr import PictureArray, bounded
from tests.builders import words

SIZE = Size(width=1000, height=500)


def drawn(*ovals: tuple[int, int, int, int]) -> PictureArray:
    image = Image.new("RGB", (SIZE.width, SIZE.height), (246, 245, 244))
    for oval in ovals:
        ImageDraw.Draw(image).ellipse(oval, outline=(40, 40, 40), width=2)
    return np.asarray(image)


def read(*texts: tuple[str, int, int]) -> list[Label]:
    return labels(words(texts, size=SIZE), SIZE)


def holding(rects: list[PixelBox], x: float, y: float) -> list[PixelBox]:
    return [rect for rect in rects if rect.holds(x, y)]


def test_a_box_hugs_what_is_drawn() -> None:
    (found,) = proposals(drawn((100, 50, 119, 69)), [])
    assert np.allclose(found, (100, 50, 120, 70), atol=1)


def test_what_was_read_is_no_icon_and_what_stands_beside_it_is() -> None:
    picture = drawn((104, 52, 118, 68), (300, 50, 319, 69))
    found = proposals(picture, read(("Open", 96, 50)))
    assert not holding(found, 111, 60)
    assert holding(found, 310, 60)


def test_icons_that_were_read_as_letters_far_apart_are_still_icons() -> None:
    picture = drawn(*((x, 50, x + 19, 69) for x in (100, 140, 180)))
    rect = PixelBox(96, 48, 204, 72)
    assert len(proposals(picture, [Label([("GBE", rect)])])) == 3


def test_a_frame_and_a_rule_are_no_icons() -> None:
    image = Image.new("RGB", (400, 300), "white")
    ImageDraw.Draw(image).rectangle((20, 20, 380, 280), outline="black")
    ImageDraw.Draw(image).line((20, 100, 380, 100), fill="black")
    assert proposals(np.asarray(image), []) == []


@pytest.mark.parametrize(("width", "height"), [(200, 150), (8, 8), (1, 1), (1280, 720)])
def test_nothing_is_proposed_on_one_colour(width: int, height: int) -> None:
    assert proposals(np.full((height, width, 3), 90, np.uint8), []) == []


@pytest.mark.slow
@pytest.mark.parametrize(("width", "height"), [(1280, 720), (7680, 4320)])
def test_noise_is_answered_in_bounded_time_and_number(width: int, height: int) -> None:
    coarse = np.random.default_rng(0).integers(0, 255, (height // 12, width // 12, 3), np.uint8)
    picture = bounded(np.kron(coarse, np.ones((12, 12, 1), np.uint8)))
    began = time.process_time()
    assert len(proposals(picture, [])) <= MOST
    assert time.process_time() - began < 5
