"""Three dots in a line, alone, are the sign of a menu."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
from PIL import Image, ImageDraw

from screenagent.perception.dots import dots_in
from screenagent.perception.ocr import PictureArray

DOTS = ((100, 100), (100, 108), (100, 116))
INK, PAPER = (40, 40, 40), (250, 250, 250)


def picture(dots: Iterable[tuple[int, int]], *, side: int = 4, dark: bool = False) -> PictureArray:
    ink, paper = (PAPER, INK) if dark else (INK, PAPER)
    image = Image.new("RGB", (240, 240), paper)
    draw = ImageDraw.Draw(image)
    for x, y in dots:
        draw.ellipse((x, y, x + side - 1, y + side - 1), fill=ink)
    return np.asarray(image)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("side", [3, 4, 5])
@pytest.mark.parametrize("turned", [False, True])
def test_three_dots_are_found_above_and_beside_each_other(side: int, *, dark: bool, turned: bool) -> None:
    dots = [(y, x) if turned else (x, y) for x, y in DOTS]
    found = dots_in(picture(dots, side=side, dark=dark))
    assert len(found) == 1
    assert found[0].holds(108 if turned else 100 + side / 2, 100 + side / 2 if turned else 108)


def test_those_of_several_rows_are_found_from_the_top() -> None:
    found = dots_in(picture([(x, y + down) for down in (60, 0) for x, y in DOTS]))
    assert [round(rect.top) for rect in found] == [100, 160]


@pytest.mark.parametrize(
    "dots",
    [
        DOTS[:2],
        (*DOTS, (100, 124)),  # a line of dots
        ((100, 100), (100, 108), (100, 122)),  # uneven steps
        ((100, 100), (106, 108), (100, 116)),  # not in line
        (*DOTS, (112, 108)),  # something stands beside them
    ],
)
def test_other_dots_are_no_sign(dots: Iterable[tuple[int, int]]) -> None:
    assert dots_in(picture(dots)) == []


def test_a_tiny_picture_has_none() -> None:
    assert dots_in(picture([])[:10, :10]) == []
