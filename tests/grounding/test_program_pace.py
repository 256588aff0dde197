from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

import pytest

from screenagent.fakes import FakeAccessibility
from screenagent.geometry import Location
from screenagent.grounding.embedded import PROMPT_SECONDS, EmbeddedGrounder
from screenagent.screenshot import Element, Screenshot, Word
from tests.builders import Drawing, DrawnReader


@dataclass
class HeardReader(DrawnReader):
    """Says when it has read."""

    has_read: threading.Event = field(default_factory=threading.Event)

    def read(self, screenshot: Screenshot) -> list[Word]:
        self.has_read.set()
        return super().read(screenshot)


@dataclass
class Slow(FakeAccessibility):
    """Answers a while after the picture has been read."""

    reader: HeardReader = field(default_factory=HeardReader)

    def elements(self, screenshot: Screenshot) -> list[Element]:
        self.reader.has_read.wait(5)
        time.sleep(PROMPT_SECONDS)
        return list(super().elements(screenshot))


@pytest.mark.slow
def test_a_program_that_answers_after_the_picture_is_read_is_late() -> None:
    reader = HeardReader()
    program = Slow(reader=reader)
    shot = reader.screen(Drawing().button("Save", 100, 100))
    grounder = EmbeddedGrounder(reader, accessibility=program)
    assert isinstance(grounder.locate("Save", shot), Location)
    assert program.lateness == [True]


def test_a_program_that_answers_at_once_is_not_late_however_quickly_the_picture_is_read() -> None:
    reader, program = DrawnReader(), FakeAccessibility()
    shot = reader.screen(Drawing().button("Save", 100, 100))
    grounder = EmbeddedGrounder(reader, accessibility=program)
    assert isinstance(grounder.locate("Save", shot), Location)
    assert program.lateness == [False]


def test_of_a_picture_that_was_read_before_nobody_is_late() -> None:
    reader, program = DrawnReader(), FakeAccessibility()
    shot = reader.screen(Drawing().button("Save", 100, 100))
    grounder = EmbeddedGrounder(reader, accessibility=program)
    grounder.by_sight().locate("Save", shot)
    grounder.locate("Save", shot)
    assert program.lateness == []
