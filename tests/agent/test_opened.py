"""Of several equal names, the one in the list that the last click has opened is meant."""

from __future__ import annotations

from screenagent.actions import Click, Finish
from screenagent.agent import drive
from screenagent.episode import Episode
from screenagent.events import Decision, Plan, PlannedStep
from screenagent.fakes import FakeDesktop, ScriptedPlanner
from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.perception.states import ControlStateReader
from screenagent.screenshot import Screenshot
from tests.builders import Drawing, DrawnReader, fake_agent

PLAN = Plan(steps=tuple(PlannedStep(action=action) for action in (Click(target="Columns"), Click(target="Grade"))))


def table(*, opened: bool, chosen: bool = False) -> Drawing:
    drawing = Drawing().button("Columns", 40, 40).text("Browser", 300, 300).text("Grade", 420, 300)
    drawing.text("Firefox", 300, 340).text("Grade", 420, 380)
    if opened:
        drawing._draw.rectangle((40, 58, 180, 160), fill=(255, 255, 255), outline=(120, 120, 120))
        drawing.text("Engine", 56, 80).text("Grade", 56, 130)
    return drawing.text("Hidden", 560, 20) if chosen else drawing


def run(*, opens: bool) -> Episode:
    reader = DrawnReader()
    screens = [reader.screen(table(opened=done > 0 and opens, chosen=done > 1)) for done in range(3)]
    grounder = EmbeddedGrounder(reader)

    def screen(performed: int) -> Screenshot:
        return screens[min(performed, 2)]

    decisions = [Decision(plan=PLAN, at=at) for at in range(2)]
    planner = ScriptedPlanner([*decisions, Decision(plan=Plan(steps=(PlannedStep(action=Finish(success=True)),)))])
    agent = fake_agent(
        planner,
        grounder=grounder.strict(),
        guesser=grounder,
        desktop=FakeDesktop(screen=screen),
        min_confidence=0.9,
        states=ControlStateReader(reader),
    )
    return drive(agent, "click Columns, click Grade")


def test_the_entry_of_the_list_that_was_opened_is_clicked() -> None:
    places = [step.locations[0].box for step in run(opens=True).performed if step.action == Click(target="Grade")]
    assert [box.pixels(table(opened=True).screenshot.size)[:2] for box in places if box] == [(56, 121)]


def test_without_a_list_that_was_opened_none_is_chosen() -> None:
    assert not any(step.action == Click(target="Grade") for step in run(opens=False).performed)
