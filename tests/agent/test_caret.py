"""Keys for a field are not sent while the caret is seen to blink in another one."""

from __future__ import annotations

import pytest
from PIL import Image, ImageDraw

from screenagent.actions import Click, Finish, TypeText
from screenagent.agent import drive
from screenagent.agent.caret import CaretWatch
from screenagent.agent.fields import field_named
from screenagent.control import Control
from screenagent.episode import Step
from screenagent.events import Decision, Plan, PlannedStep
from screenagent.fakes import FakeDesktop, ScriptedPlanner
from screenagent.geometry import WHOLE, Box, Location, Point, Size
from screenagent.screenshot import Screenshot, Window
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
        pytest.param((form(ring=True), form(), form(), form(caret=80)), False, id="passed on"),
        pytest.param((form(caret=20), form(), form(), form(caret=20)), True, id="blinks"),
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


@pytest.mark.slow
def test_a_field_whose_caret_does_not_come_back_has_lost_the_focus() -> None:
    looks = iter([form()] * 1000)
    watch = CaretWatch(lambda: next(looks), Control().until)
    assert watch.why_elsewhere(clicked(form(), form(caret=20))) == "it lost the focus again"


FORM, CHAT = Window(id=1, title="Form", app="Tk", pid=7, box=WHOLE), Window(id=2, title="Chat", app="Tk", pid=7)
BESIDE = Box.of_pixels((200, 120, 390, 190), SIZE)
LIST = FORM.model_copy(update={"id": 3})  # which has the title of the window that it belongs to


def with_focus(front: Window, focus: Window | None = None) -> Screenshot:
    windows = (FORM, *([focus] if focus else [front] if front is not FORM else []))
    return form(ring=True).model_copy(update={"window": front, "focus": focus, "windows": windows})


def unlit(screen: Screenshot) -> Screenshot:
    return screen.model_copy(update={"image": form().image, "digest": form().digest})


def clicked(before: Screenshot, after: Screenshot) -> Step:
    place = Location(point=NAME.center, box=NAME, confidence=1, by="field")
    return Step(before=before, after=after, action=Click(target="Name"), locations=(place,), acted=True)


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (with_focus(FORM), ""),
        (with_focus(CHAT), "the window 'Chat' has the focus, and not the one that was clicked into"),
        (with_focus(FORM, CHAT), "the window 'Chat' has the focus, and not the one that was clicked into"),
        (
            with_focus(FORM, LIST.model_copy(update={"box": BESIDE})),
            "the window 'Form' has the focus, and not the one that was clicked into",
        ),
        (with_focus(FORM, LIST.model_copy(update={"box": NAME})), ""),
    ],
    ids=["the same", "another in front", "another with the focus", "a popup elsewhere", "a popup over the field"],
)
def test_the_window_that_was_clicked_into_gets_the_keys(now: Screenshot, why: str) -> None:
    assert CaretWatch(lambda: now, Control().until).why_elsewhere(clicked(unlit(with_focus(FORM)), now)) == why


def test_a_click_into_a_list_is_one_into_its_window() -> None:
    before = unlit(with_focus(FORM, LIST.model_copy(update={"box": NAME})))
    assert CaretWatch(lambda: with_focus(FORM), Control().until).why_elsewhere(clicked(before, form(caret=20))) == ""


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
