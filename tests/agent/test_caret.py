"""Keys for a field are not sent while the caret is seen to blink in another one."""

from __future__ import annotations

import pytest
from PIL import Image, ImageDraw

from screenagent.actions import Click, Finish, TypeText
from screenagent.agent import drive
from screenagent.agent.fields import field_named
from screenagent.control import Control
from screenagent.events import Decision, Plan, PlannedStep
from screenagent.fakes import FakeDesktop, ScriptedPlanner
from screenagent.geometry import Box, Location, Point, Size
from screenagent.screenshot import Screenshot
from tests.builders import ScriptedGrounder, fake_agent

SIZE = Size(width=400, height=200)
NAME = Box.of_pixels((100, 20, 300, 44), SIZE)


def form(*, caret: int | None = None, ring: bool = False) -> Screenshot:
    image = Image.new("RGB", (SIZE.width, SIZE.height), (240, 240, 240))
    draw = ImageDraw.Draw(image)
    for top in (20, 80):
        draw.rectangle((100, top, 300, top + 24), fill="white", outline="blue" if ring and top == 20 else "gray")
    if caret is not None:
        draw.line((110, caret + 4, 110, caret + 20), fill="black")
    return Screenshot.of(image)


class BlinkingDesktop(FakeDesktop):
    """Each look at it finds the next of the pictures that follow one another."""

    def __init__(self, *pictures: Screenshot, control: Control) -> None:
        super().__init__(control=control)
        self.pictures = pictures
        self.looks = 0

    def screenshot(self) -> Screenshot:
        if not self.performed:
            return form()
        self.looks += 1
        return self.pictures[self.looks % len(self.pictures)]

    def settled(self, *_: object, **__: object) -> Screenshot:
        return self.pictures[0] if self.performed else form()


@pytest.mark.parametrize(
    ("pictures", "typed"),
    [
        ((form(), form(caret=80)), False),
        ((form(), form(caret=20)), True),
        ((form(ring=True), form(ring=True, caret=80)), True),
        pytest.param((form(),), True, marks=pytest.mark.slow),
    ],
)
def test_keys_go_only_to_the_field_that_was_clicked(pictures: tuple[Screenshot, ...], *, typed: bool) -> None:
    plan = Plan(
        steps=(
            PlannedStep(action=Click(target="the Name field")),
            PlannedStep(action=TypeText(text="Bob")),
            PlannedStep(action=Finish(success=True)),
        )
    )
    control = Control()
    planner = ScriptedPlanner([Decision(plan=plan, at=at) for at in range(2)] + [Decision.give_up("enough")])
    desktop = BlinkingDesktop(*pictures, control=control)
    grounder = ScriptedGrounder(Location(point=NAME.center, box=NAME, confidence=1, by="field"))
    episode = drive(fake_agent(planner, grounder=grounder, desktop=desktop, control=control), "type it")
    assert any(isinstance(action, TypeText) for action in desktop.performed) is typed
    assert ("did not take the focus" in episode.steps[1].feedback) is not typed


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ("Name", "the Name field"),
        ("the first name", "the first name field"),
        ("Name below Address", "the Name field below Address"),
        ("the search bar", "the search bar"),
        ("cell B2", "cell B2"),
        ("the Name field", "the Name field"),
    ],
)
def test_a_label_names_its_field(words: str, field: str) -> None:
    assert field_named(words) == field


class LabelAndField:
    """Finds the label by its bare name, and the field by the name of a field."""

    def locate(self, target: str, _screenshot: Screenshot, *, near: Location | None = None) -> Location:
        if target == "the Name field":
            return Location(point=NAME.center, box=NAME, confidence=0.9, by="field")
        return Location(point=Point(x=0.1, y=0.16), confidence=0.98, by="text")


@pytest.mark.parametrize("typed", [True, False])
def test_a_text_for_a_label_goes_into_its_field(*, typed: bool) -> None:
    following = TypeText(text="Bob") if typed else Click(target="Save")
    plan = Plan(steps=(PlannedStep(action=Click(target="Name")), PlannedStep(action=following)))
    desktop = FakeDesktop()
    planner = ScriptedPlanner([Decision(plan=plan), Decision.give_up("enough")])
    drive(fake_agent(planner, grounder=LabelAndField(), desktop=desktop), "click it")
    assert (desktop.places[0] == (NAME.center,)) is typed
