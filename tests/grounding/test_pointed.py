"""Whoever points at something learns its words, and what each finder says of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from screenagent.cli.pictures import pick
from screenagent.fakes import FakeAccessibility
from screenagent.geometry import Box, Pixel, Point
from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.grounding.pointed import PointedAt, pointed_at
from screenagent.perception.reader import ScreenReader
from screenagent.screenshot import Element
from tests.builders import Drawing

READER = ScreenReader()
FORM = Drawing().text("Company", 40, 60).entry("", 160, 60).button("Save", 160, 140).screenshot


def pointed(x: int, y: int, grounder: EmbeddedGrounder) -> PointedAt:
    return pointed_at(Point.of_pixel(Pixel(x=x, y=y), FORM.size), FORM, grounder)


def test_a_field_is_told_by_its_program_and_by_sight() -> None:
    box = Box.of_pixels((160, 45, 360, 75), FORM.size)
    told = FakeAccessibility(
        [Element(role="field", name="Company", box=box, states=frozenset(("editable",)), value="A")]
    )
    found = pointed(250, 60, EmbeddedGrounder(READER, accessibility=told))
    assert (found.words, found.leads_back) == ("the Company field", True)
    assert found.findings[:3] == (
        "its program says: field “Company”, editable, holds “A”",
        "no text is read there",
        "seen there: a field",
    )


def test_what_has_no_words_says_so() -> None:
    found = pointed(600, 380, EmbeddedGrounder(READER))
    assert not found.leads_back
    assert found.findings[0] == "its program says nothing of it"
    assert "leads nowhere" in found.findings[-1]


@pytest.mark.parametrize("words", [["412"], ["a,b"], ["1²,2"], ["9999999999,1"], ["9999,10"], []])
def test_a_picture_needs_a_pixel_that_is_on_it(words: list[str], tmp_path: Path) -> None:
    FORM.pixels.save(tmp_path / "screen.png")
    assert CliRunner().invoke(pick, [str(tmp_path / "screen.png"), *words]).exit_code == 2


def test_a_pixel_of_a_picture_is_picked(tmp_path: Path) -> None:
    FORM.pixels.save(tmp_path / "screen.png")
    done = CliRunner().invoke(pick, [str(tmp_path / "screen.png"), "205,140"])
    assert done.exit_code == 0
    assert done.stdout.splitlines()[0] == "Save"
