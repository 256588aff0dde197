"""Grounding does no more work than the screen and the phrase are long: nothing compares all with all."""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import cycle, islice
from types import FrameType

import pytest
from PIL import Image

from screenagent.fakes import FakeReader
from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.grounding.expression import parse
from screenagent.screenshot import Screenshot
from tests.builders import words

pytestmark = pytest.mark.slow

WORDS = """
alpha bravo copper delta ember falcon garnet harbor indigo jasper kernel lumen marble nectar onyx pepper quartz ripple
saddle timber umber velvet walnut yonder zephyr
""".split()


def calls_of(task: Callable[[], object]) -> int:
    """Return how many functions are called."""
    count = 0

    def counted(_frame: FrameType, event: str, _what: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(counted)
    try:
        task()
    finally:
        sys.setprofile(None)
    return count


def work(target: str, *, cells: int, wide: int = 1) -> int:
    """Return what finding the target takes on a table; `wide` cells of a row are read as one line."""
    screenshot = Screenshot.of(Image.new("RGB", (1920, 1080), (255, 255, 255)))
    names = [f"{word}{number}" for number, word in enumerate(islice(cycle(WORDS), cells))]
    lines = [" ".join(names[start : start + wide]) for start in range(0, cells, wide)]
    places = ((5 + 45 * (number % 40), 5 + 30 * (number // 40)) for number in range(len(lines)))
    texts = [(line, *place) for line, place in zip(lines, places, strict=True)]
    grounder = EmbeddedGrounder(FakeReader(words(texts, size=screenshot.size)))
    grounder.locate(target, screenshot)  # what is known of words by now is not counted
    return calls_of(lambda: grounder.locate(target, screenshot))


def long(count: int) -> str:
    return "remove " + " ".join(f"{word}ing" for word in islice(cycle(WORDS), count))


@pytest.mark.parametrize("target", [long(200), "the field next to Amber", "Quartzite in the row of Amber", "button"])
def test_twice_the_cells_take_twice_the_work(target: str) -> None:
    assert work(target, cells=200) < 2.5 * work(target, cells=100)


def test_a_long_phrase_takes_hardly_more_work_than_a_short_one() -> None:
    assert work(long(400), cells=100) < 2 * work(long(20), cells=100)


def test_cells_that_were_read_as_one_line_take_work_for_each_run_of_them() -> None:
    assert work(long(200), cells=100, wide=20) < 10 * work(long(200), cells=100)


def test_a_text_of_many_prepositions_names_no_place() -> None:
    text = " ".join(f"the {word} in" for word in WORDS) + " the end"
    assert parse(text).relations == ()
