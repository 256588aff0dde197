"""A target is called what its program called it when it was pressed, whatever it shows by the time that is asked."""

from __future__ import annotations

from collections.abc import Sequence

from screenagent.fakes import FakeAccessibility, plain_screen
from screenagent.geometry import Box
from screenagent.screenshot import Element, Screenshot
from screenagent.scripts.recorder.told_controls import ToldControls
from tests.builders import eventually

BOX = Box(left=0.1, top=0.1, right=0.3, bottom=0.2)


class Changing(FakeAccessibility):
    """Tells of the page that it shows now."""

    page = "first"
    asked = 0

    def elements(self, _screenshot: Screenshot) -> Sequence[Element]:
        self.asked += 1
        return (Element(role="button", name=self.page, box=BOX),)


def test_what_a_program_told_of_a_screen_is_kept_when_it_shows_another() -> None:
    program, first, second = Changing(), plain_screen(1), plain_screen(2)
    with ToldControls(program) as told:
        told.note(first)
        told.note(first)
        eventually(lambda: program.asked)
        eventually(lambda: told.knows(first))
        program.page = "second"
        told.note(second)
        eventually(lambda: told.knows(second))
    assert [element.name for screen in (first, second) for element in told.elements(screen)] == ["first", "second"]
    assert program.asked == 2
    assert not told.knows(plain_screen(3))
    assert [element.name for element in told.elements(plain_screen(3))] == ["second"]  # it is asked now
