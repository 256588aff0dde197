"""What of a tooltip names its button, and how it is read."""

from __future__ import annotations

import pytest
from PIL import Image

from screenagent.fakes import FakeReader
from screenagent.geometry import Box
from screenagent.perception.tooltips import named_by, read_tooltip
from screenagent.screenshot import Screenshot, Word
from tests.builders import words


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Save (Ctrl+S)", "Save"),
        ("Save As… (Shift+Ctrl+S)", "Save As…"),
        ("New Tab Ctrl+T", "New Tab"),
        ("Zoom in (Ctrl + +)", "Zoom in"),
        ("Undo [Ctrl+Z]", "Undo"),
        ("Full screen (F11)", "Full screen"),
        ("Remove (Del", "Remove"),
        ("Paintbrush (P)", "Paintbrush"),
        ("Play / pause (Space)", "Play pause"),
        ("Rotate 90 degrees", "Rotate 90 degrees"),
        ("Select (rectangle)", "Select (rectangle)"),
        ("Crop Shortcut: C", "Crop"),
        ("Brush. Right-click for more", "Brush."),
        ("Insert a table", "Insert a table"),
        ("· • |", ""),
        ("", ""),
    ],
)
def test_shortcuts_and_hints_are_no_part_of_the_name(text: str, name: str) -> None:
    assert named_by(text) == name


def test_a_long_explanation_is_cut() -> None:
    assert len(named_by("word " * 40).split()) == 12


def test_lines_are_joined() -> None:
    picture = Screenshot.of(Image.new("RGB", (120, 40), "white"))
    assert read_tooltip(picture, FakeReader(words([("Print the", 0, 0), ("document", 0, 20)]))) == "Print the document"


def test_a_tooltip_is_read_on_a_margin_of_its_own_ground() -> None:
    seen: list[Screenshot] = []

    class Watching:
        def read(self, screenshot: Screenshot) -> list[Word]:
            seen.append(screenshot)
            return [Word(text="Save", box=Box(left=0, top=0, right=1, bottom=1))]

    assert read_tooltip(Screenshot.of(Image.new("RGB", (40, 10), (9, 8, 7))), Watching()) == "Save"
    assert seen[0].pixels.size == (72, 42)
    assert seen[0].pixels.getcolors() == [(72 * 42, (9, 8, 7))]
