"""What a script has left in fields and boxes, and what is done afterwards takes back."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import ImageDraw

from screenagent.actions import Holds
from screenagent.agent.checker import ScreenChecker
from screenagent.fakes import FakeDesktop, ScriptedPlanner
from screenagent.geometry import Box
from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.perception.reader import ScreenReader
from screenagent.perception.states import ControlStateReader
from screenagent.screenshot import Screenshot
from screenagent.scripts.file import parsed
from screenagent.scripts.replay import Replay
from screenagent.scripts.replay.claims import Claim
from tests.builders import Drawing, fake_agent

READER = ScreenReader()

NAME = Box.of_pixels((160, 48, 360, 72), Drawing()._size)


def form(name: str, town: str = "", *, heading: str = "Customer") -> Drawing:
    drawing = Drawing().text(heading, 40, 20).text("Name", 40, 60).entry(name, 160, 60)
    return drawing.text("Town", 40, 120).entry(town, 160, 120)


def other_page() -> Drawing:
    drawing = Drawing()
    for number in range(9):
        drawing.text("all that was ordered by them in this year", 20, 10 + 20 * number)
    return drawing


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (form("", "Kiel"), "the Name field held “Ada”, and is empty by now"),
        (form("Robert", "Kiel"), "the Name field held “Ada”, and holds “Robert” by now"),
        (form("ADA", "Kiel"), ""),
        (form("Ada", "Kiel"), ""),
        (other_page(), ""),
    ],
)
def test_a_field_is_held_to_its_text_where_it_stands_as_it_did(now: Drawing, said: str) -> None:
    claim = Claim(Holds(control="the Name field", at=NAME, value="Ada"), form("Ada").screenshot)
    assert claim.why_broken(now.screenshot, ControlStateReader(READER)) == said


def boxes(*ticked: str) -> Screenshot:
    drawing = Drawing().text("Customer", 40, 20)
    for number, name in enumerate(("Newsletter", "Terms", "Invoice")):
        y = 80 + 60 * number
        drawing.box(name, 40, y)
        if name in ticked:
            ImageDraw.Draw(drawing.image).line([(43, y), (46, y + 4), (51, y - 4)], fill=(0, 0, 0), width=2)
    return drawing.screenshot


@pytest.mark.parametrize(("end", "result"), [(("Newsletter", "Terms"), "done"), (("Terms",), "gave_up")])
def test_a_box_that_a_later_step_unticks_is_no_success(end: tuple[str, ...], result: str) -> None:
    text = b"version: 2\nname: test\ntimeout: 0.01\nsteps: [{tick: Newsletter}, {tick: Terms}]\n"
    screens = (boxes(), boxes("Newsletter"), boxes(*end))
    grounder, states = EmbeddedGrounder(READER), ControlStateReader(READER)
    agent = fake_agent(
        ScriptedPlanner([]),
        grounder=grounder,
        desktop=FakeDesktop(lambda sent: screens[min(sent, 2)]),
        checker=ScreenChecker(READER, grounder, states=states),
        states=states,
    )
    events = list(Replay(parsed(text, Path("test.yaml"))[0], {}).playing(agent, READER).run("test"))
    assert events[-1].event == "ended"
    assert events[-1].result == result, events[-1].message
    assert ("“Newsletter” is on no more" in events[-1].message) == (result == "gave_up")
