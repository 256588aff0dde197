"""What did not arrive as it was typed is pasted once, if nothing else is in the field."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PIL import Image, ImageDraw, ImageFont

from screenagent.actions import Change, Finish, TypeText
from screenagent.agent import drive
from screenagent.agent.checker import ScreenChecker
from screenagent.events import Decision, Plan, PlannedStep
from screenagent.fakes import FakeDesktop, FakeGrounder, ScriptedPlanner
from screenagent.perception.reader import ScreenReader
from screenagent.screenshot import Screenshot
from tests.builders import fake_agent


def area(*lines: str, hint: str = "") -> Screenshot:
    image, font = Image.new("RGB", (397, 203), (240, 240, 240)), ImageFont.load_default(15)
    draw = ImageDraw.Draw(image)
    draw.rectangle((40, 40, 360, 160), fill="white", outline=(90, 90, 90))
    for number, line in enumerate(lines or (hint,)):
        draw.text((46, 54 + 22 * number), line, fill="black" if lines else (150, 150, 150), font=font, anchor="lm")
    return Screenshot.of(image)


@pytest.mark.parametrize(
    ("screens", "sent", "result"),
    [
        ((area(), area("ABCDE"), area("ABCDEFGH")), [False, True], "done"),
        ((area(hint="Code"), area("ABCDE"), area("ABCDEFGH")), [False, True], "done"),
        ((area(), area("ABCDE"), area("ABCDE")), [False, True], "gave_up"),
        ((area(), area("ABCDE"), area("ABC")), [False, True], "gave_up"),
        ((area("first"), area("first", "ABCDE"), area("ABCDEFGH")), [False], "gave_up"),
        ((area(), area("ABCDEFGH"), area()), [False], "done"),
    ],
)
def test_what_did_not_arrive_is_pasted_once(screens: tuple[Screenshot, ...], sent: list[bool], result: str) -> None:
    typing = PlannedStep(action=TypeText(text="ABCDEFGH"), expectation=Change())
    plan = Plan(steps=(typing, PlannedStep(action=Finish(success=True))))
    giving_up = Decision.give_up("it did not arrive")
    planner = ScriptedPlanner([Decision(plan=plan), Decision(plan=plan, at=1) if result == "done" else giving_up])
    desktop = FakeDesktop(screen=lambda number: screens[min(number, len(screens) - 1)])
    grounder = FakeGrounder({})
    checker = ScreenChecker(grounder=grounder, reader=ScreenReader())
    episode = drive(fake_agent(planner, grounder=grounder, desktop=desktop, checker=checker), "type it")
    assert [action.afresh for action in desktop.performed if isinstance(action, TypeText)] == sent
    assert episode.ended is not None
    assert episode.ended.result == result
    if result == "gave_up":
        assert "reads" in episode.steps[0].feedback + (
            episode.steps[0].effect.evidence if episode.steps[0].effect else ""
        )


class TakesBack(FakeDesktop):
    """A form that shows what is typed once, and then is empty again."""

    looked = 0

    def settled(self, until: Callable[[Screenshot], bool] | None = None, *, seconds: float | None = None) -> Screenshot:
        is_new, self.looked = len(self.performed) != self.looked, len(self.performed)
        return area("ABCDEFGH") if is_new else area()

    def screenshot(self) -> Screenshot:
        return area()


def test_what_is_taken_back_once_it_was_pasted_is_no_success() -> None:
    typing = PlannedStep(action=TypeText(text="ABCDEFGH"), expectation=Change())
    plan = Plan(steps=(typing, PlannedStep(action=Finish(success=True))))
    planner = ScriptedPlanner([Decision(plan=plan), Decision(plan=plan, at=1), Decision.give_up("it did not stay")])
    grounder, desktop = FakeGrounder({}), TakesBack()
    checker = ScreenChecker(grounder=grounder, reader=ScreenReader())
    episode = drive(fake_agent(planner, grounder=grounder, desktop=desktop, checker=checker), "type it")
    assert [action.afresh for action in desktop.performed if isinstance(action, TypeText)] == [False, True]
    assert episode.ended is not None
    assert episode.ended.result == "gave_up"


def test_an_action_says_that_it_is_pasted_only_if_it_is() -> None:
    assert TypeText(text="a").model_dump() == {"kind": "type_text", "text": "a"}
    again = TypeText(text="a", afresh=True)
    assert TypeText.model_validate_json(again.model_dump_json()) == again
