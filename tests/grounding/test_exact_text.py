"""A name that is written once on the screen needs no guess."""

from __future__ import annotations

import pytest
from PIL import Image

from screenagent.fakes import FakeReader
from screenagent.geometry import Absent, Box, Location
from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.grounding.exact_text import ExactText
from screenagent.screenshot import Screenshot, Word

SCREEN = Screenshot.of(Image.new("RGB", (640, 360), "white"))


def word(text: str, column: int, line: int) -> Word:
    left, top = column * 0.05, line * 0.1
    return Word(text=text, box=Box(left=left, top=top, right=left + 0.04, bottom=top + 0.05), line=line)


MENU = [word(text, column, 1) for text, column in (("File", 0), ("Edit", 2), ("Save", 4), ("Save", 6), ("As…", 7))]
BELOW = [word(text, column, 3) for text, column in (("Open", 0), ("Recent", 1), ("Password:", 3))]
BESIDE = [word(text, column, 5) for text, column in (("Don't", 0), ("print", 1), ("Print", 4), ("later", 5))]
EXACT = ExactText(EmbeddedGrounder(FakeReader([*MENU, *BELOW, *BESIDE])))


@pytest.mark.parametrize(
    "target", ["File", "the File menu", "“Open Recent”", "Open Recent", "the Save As button", "Save As..."]
)
def test_a_name_that_is_written_once_is_found_among_its_neighbours(target: str) -> None:
    found = EXACT.locate(target, SCREEN)
    assert isinstance(found, Location)
    assert (found.by, found.confidence) == ("text", 0.95)


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("Undo", "is written 0 times"),
        ("print", "is written 0 times"),
        ("Print", "is written 0 times"),
        ("file", "is written 0 times"),
        ("the Password field", "says more than a name"),
        ("the second Save", "says more than a name"),
        ("Edit below Recent", "says more than a name"),
    ],
)
def test_whatever_needs_a_guess_is_left_to_others(target: str, why: str) -> None:
    found = EXACT.locate(target, SCREEN)
    assert isinstance(found, Absent)
    assert why in found.why
