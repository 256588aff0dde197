"""What a click has selected is known by its drawing, though the letters on the highlight may not be read."""

from __future__ import annotations

import pytest
from PIL import ImageDraw

from screenagent.actions import Action, Click, Finish
from screenagent.agent import drive
from screenagent.events import Decision, Plan, PlannedStep
from screenagent.fakes import FakeDesktop, ScriptedPlanner
from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.screenshot import Screenshot, Window
from tests.builders import Drawing, DrawnReader, fake_agent

SELECT, MENU = Click(target="draft.txt"), Click(target="draft.txt", button="right")


def works(second: Action, *, other: str = "") -> list[Action]:
    """A folder whose entry is highlighted once it is clicked, and read no more; or `other` is there then."""
    reader = DrawnReader()

    def screen(done: int) -> Screenshot:
        drawing = Drawing(window=Window(id=1, title="Files", app="files"))
        drawing.text("notes.txt", 60, 200)
        if not done:
            return reader.screen(drawing.text("draft.txt", 60, 120))
        if other:
            return reader.screen(drawing.text(other, 60, 120))
        ImageDraw.Draw(drawing.image).rectangle((50, 108, 200, 132), fill="#3070d0")
        drawing.text("draft.txt", 60, 120)
        drawing.words = drawing.words[:1]
        return reader.screen(drawing)

    actions = (SELECT, second, Finish(success=True, message="done"))
    plan = Plan(steps=tuple(PlannedStep(action=action) for action in actions))
    planner = ScriptedPlanner([Decision(plan=plan, at=at) for at in range(3)])
    desktop = FakeDesktop(screen=screen)
    drive(fake_agent(planner, grounder=EmbeddedGrounder(reader), desktop=desktop), "t")
    return list(desktop.performed)


def test_what_was_clicked_and_is_highlighted_since_is_clicked_again() -> None:
    assert works(MENU) == [SELECT, MENU]


@pytest.mark.parametrize(
    ("second", "other"), [(Click(target="report.pdf"), ""), (MENU, "Wednesday"), (MENU, "draft2.txt")]
)
def test_what_is_another_or_no_longer_drawn_is_not(second: Click, other: str) -> None:
    assert works(second, other=other) == [SELECT]
