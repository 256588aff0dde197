"""Where a step is done is read from what stands before it or after it."""

from __future__ import annotations

import pytest

from screenagent.planning import Unreadable, read_instructions


def steps(task: str) -> list[str]:
    return [str(step) for step in read_instructions(task).steps[:-1]]


@pytest.mark.parametrize(
    ("task", "said"),
    [
        ('in the Preferences dialog, turn on "Wrap text"', ["tick Wrap text"]),
        ("in the Settings window, set Tab width to 8", ["set Tab width to 8"]),
        (
            "in Preferences, on the Editor tab, set Tab width to 8, press escape",
            ["select the Editor tab", "set Tab width to 8", "press escape"],
        ),
        ("in the Find window, tick Wrap, press f5", ["tick Wrap", "press f5"]),
        ("on the Editor tab, tick Wrap", ["select the Editor tab", "tick Wrap"]),
        ("press f5, on the Editor tab, tick Wrap", ["press f5", "select the Editor tab", "tick Wrap"]),
        ("in the View menu, turn on Statusbar", ["click “the View menu”", "tick Statusbar"]),
        ("from the View menu choose Zoom > 200%", ["click “the View menu”", "choose Zoom > 200%"]),
        ("right-click a.txt and choose Rename from the menu", ["right click “a.txt”", "click “Rename”"]),
        ("choose Copy from the context menu", ["click “Copy”"]),
        ("choose Copy from the Edit menu", ["click “the Edit menu”", "click “Copy”"]),
        ("untick View > Status Bar", ["untick View > Status Bar"]),
        ("increase the font size to 14", ["set font size to 14"]),
        ("fill in the text area with hello", ["click “the text area”", "type “hello”"]),
        ("fill in Image title with Sunset", ["click “Image title”", "type “Sunset”"]),
        ("confirm with enter", ["press enter"]),
        ("confirm it with OK", ["press OK"]),
        ("answer Yes", ["click “Yes”"]),
        ("switch to the tab notes.txt", ["select the notes.txt tab"]),
        ('type "x" at the start of the document', ["press ctrl+home", "type “x”"]),
        (
            "drag from the top left to the middle of the canvas",
            ["drag “the top left of the canvas” to “the middle of the canvas”"],
        ),
        (
            "drag from the left edge of the drawing area to the middle of it",
            ["drag “the left edge of the drawing area” to “the middle of the drawing area”"],
        ),
        ("drag a.txt to the top of the list", ["drag “a.txt” to “the top of the list”"]),
        ("select the last line of the document", ["mark line -1"]),
        ("select the third row", ["click “the third row”"]),
    ],
)
def test_a_place_is_read_with_its_step(task: str, said: list[str]) -> None:
    assert steps(task) == said


@pytest.mark.parametrize(
    "task", ["fill the canvas with red", "fill the selection with blue", "on the Editor tab, frobnicate"]
)
def test_what_is_no_text_for_a_field_is_not_typed(task: str) -> None:
    with pytest.raises(Unreadable):
        read_instructions(task)
