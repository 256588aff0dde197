"""A sink that fails ends the run, and takes nobody's ending along: not the others', and not its own."""

from __future__ import annotations

import pytest

from screenagent.actions import Wait
from screenagent.agent import drive
from screenagent.events import Decision, Ended, Event, Plan, PlannedStep
from screenagent.fakes import ScriptedPlanner
from tests.builders import fake_agent


def test_every_sink_hears_of_the_end_when_one_fails() -> None:
    before: list[Event] = []
    itself: list[Event] = []
    after: list[Event] = []

    def broken(event: Event) -> None:
        itself.append(event)
        if event.event == "decided":
            raise BrokenPipeError("nobody reads")

    planner = ScriptedPlanner([Decision(plan=Plan(steps=(PlannedStep(action=Wait(seconds=0.01)),)))])
    with pytest.raises(BrokenPipeError):
        drive(fake_agent(planner), "wait", before.append, broken, after.append)
    assert [event.event for event in before] == [event.event for event in after]
    assert [event.event for event in before] == [event.event for event in itself]
    assert isinstance(before[-1], Ended)
    assert (before[-1].result, before[-1].message) == ("crashed", "BrokenPipeError: nobody reads")
