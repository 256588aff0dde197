"""A family's answers mean places, or a `Retry`."""

from __future__ import annotations

import pytest

from screenagent.errors import WrongUsage
from screenagent.geometry import Box, Point, Size
from screenagent.models.families import all_families, family_named
from screenagent.models.families.family import Resizing
from screenagent.protocols import Retry

SHOWN = Size(width=1288, height=728)


@pytest.mark.parametrize(
    ("text", "edges"),
    [
        ("[0.174, 0.868, 0.224, 0.977]", (0.174, 0.868, 0.224, 0.977)),
        ("[0.1740,0.8680,0.2240,0.9770]", (0.174, 0.868, 0.224, 0.977)),
        ("The box is [0.5, 0.17, 1.0, 0.25].", (0.5, 0.17, 1.0, 0.25)),
        ("[0, 0, 1, 1]", (0.0, 0.0, 1.0, 1.0)),
        ("[0.6, 0.8, 0.2, 0.4]", (0.2, 0.4, 0.6, 0.8)),
        ("[.1, .2, .3, .4]", (0.1, 0.2, 0.3, 0.4)),
    ],
)
def test_a_box_is_read_however_it_is_printed(text: str, edges: tuple[float, float, float, float]) -> None:
    left, top, right, bottom = edges
    assert family_named("phi4").read(text, SHOWN) == Box(left=left, top=top, right=right, bottom=bottom)


@pytest.mark.parametrize(
    "text",
    ["", "no", "[0.1, 0.2, 0.3]", "[12, 30, 45, 60]", "[0.1, 0.2, 0.3, nan]", "[0, 0, 1, 1] or [0, 0, 0.5, 0.5]"],
)
def test_text_without_one_box_is_told_back(text: str) -> None:
    with pytest.raises(Retry):
        family_named("phi4").read(text, SHOWN)


def test_fractions_are_no_thousandths() -> None:
    with pytest.raises(Retry, match="fractions"):
        family_named("qwen3").read("[0.25, 0.5, 0.5, 0.75]", SHOWN)


def test_each_family_counts_in_its_own_unit() -> None:
    half = Box(left=0.25, top=0.5, right=0.5, bottom=0.75)
    assert family_named("phi4").read("[0.25, 0.5, 0.5, 0.75]", SHOWN) == half
    assert family_named("qwen3").read('{"bbox_2d": [250, 500, 500, 750]}', SHOWN) == half
    pixels = family_named("ui-tars-1.5")
    assert pixels.read("Action: click(start_box='(322,364)')", SHOWN) == Point(x=0.25, y=0.5)
    assert pixels.read("click(point='<point>322 364</point>')", SHOWN) == Point(x=0.25, y=0.5)


@pytest.mark.parametrize("family", all_families().values(), ids=lambda family: family.name)
@pytest.mark.parametrize("text", ["not there", "Not there.", "It is not there"])
def test_absence_is_an_answer_in_every_family(family: object, text: str) -> None:
    assert family.read(text, SHOWN) == "not there"  # type: ignore[attr-defined]


def test_a_point_outside_the_picture_is_nowhere() -> None:
    with pytest.raises(Retry, match="outside 1288 by 728 pixels"):
        family_named("ui-tars-1.5").read("click(start_box='(1500,20)')", SHOWN)


@pytest.mark.parametrize(
    ("sent", "seen"),
    [((1280, 704), (1288, 700)), ((1288, 728), (1288, 728)), ((40, 20), (84, 56)), ((4000, 3000), (1988, 1484))],
)
def test_pixels_are_those_of_the_picture_as_the_model_resizes_it(sent: tuple[int, int], seen: tuple[int, int]) -> None:
    resizing = Resizing(multiple=28, least_pixels=3136, most_pixels=3_000_000)
    found = resizing.seen(Size(width=sent[0], height=sent[1]))
    assert (found.width, found.height) == seen


def test_a_family_that_is_not_known_is_wrong_usage() -> None:
    with pytest.raises(WrongUsage, match="knows phi4"):
        family_named("holo99")
