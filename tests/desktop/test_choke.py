"""Every event that reaches a display during a run belongs to an input that was reviewed, by the word of an outsider."""

from __future__ import annotations

from collections import Counter

import pytest

from screenagent.actions import Action, Click, Drag, HoldKeys, Input, Move, PressKeys, Scroll, TypeText, targets
from screenagent.agent import Agent, drive
from screenagent.agent.checker import ScreenChecker
from screenagent.control import Control
from screenagent.desktop.testing.event_monitor import EventMonitor
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.desktop.x11.raw_events import Raw
from screenagent.events import (
    Acted,
    Approve,
    Decision,
    Event,
    Grounded,
    Plan,
    PlannedStep,
    Reject,
    Reviewed,
    Skip,
    Verdict,
)
from screenagent.fakes import FakeApprover, FakeGrounder, FakeReader, ScriptedPlanner
from screenagent.geometry import Point

pytestmark = pytest.mark.display

PLACES = {"here": Point(x=0.3, y=0.3), "there": Point(x=0.6, y=0.6)}
CASES: tuple[tuple[Input, Verdict], ...] = (
    (Click(target="here", count=2, modifiers=("ctrl",)), Approve()),
    (Click(target="there"), Reject(reason="no")),
    (TypeText(text="Ab c"), Approve()),
    (TypeText(text="not this"), Skip()),
    (PressKeys(keys=("ctrl", "x"), times=2), Approve()),
    (PressKeys(keys=("a",)), Reject(reason="no")),
    (Scroll(direction="down", target="there", notches=3), Approve()),
    (Drag(path=("here", "there")), Approve()),
    (Drag(path=("there", "here")), Reject(reason="no")),
    (Move(target="here"), Approve()),
    (HoldKeys(keys=("right",), seconds=0.2), Approve()),
)


def expected(action: Action) -> Counter[str]:
    """How many events an input consists of; motions at least so many."""
    match action:
        case Click(count=count, modifiers=modifiers):
            return Counter(key=2 * len(modifiers), button=2 * count, motion=1)
        case TypeText(text=text):
            return Counter(key=sum(4 if character.isupper() else 2 for character in text))
        case PressKeys(keys=keys, times=times):
            return Counter(key=2 * len(keys) * times)
        case HoldKeys(keys=keys):
            return Counter(key=2 * len(keys))
        case Scroll(notches=notches, target=target):
            return Counter(button=2 * notches, motion=1 if target else 0)
        case Drag(path=path):
            return Counter(button=2, motion=len(path))
        case Move():
            return Counter(motion=2)  # some toolkits open a menu only at the second one
        case _:
            return Counter(motion=len(targets(action)))


def test_no_event_reaches_the_display_without_a_review(virtual: VirtualDesktop) -> None:
    control = Control()
    heard: list[tuple[Event, list[Raw]]] = []
    grounder = FakeGrounder(PLACES)
    plan = Plan(steps=tuple(PlannedStep(action=action) for action, _ in CASES))
    agent = Agent(
        planner=ScriptedPlanner([Decision(plan=plan, at=at) for at in range(len(CASES))]),
        grounder=grounder,
        approver=FakeApprover([verdict for _, verdict in CASES]),
        desktop=virtual.desktop,
        checker=ScreenChecker(FakeReader([]), grounder),
        control=control,
        max_steps=len(CASES),
    )
    with EventMonitor(virtual.display) as witness:
        drive(agent, "t", lambda event: heard.append((event, witness.heard())))
        rest = witness.heard()
    assert rest == []
    asked: list[tuple[Action, Verdict]] = []
    action: Action | None = None
    for event, seen in heard:
        # What came before an event came after the one before it.
        if not isinstance(event, Acted):
            assert seen == [], f"{len(seen)} events came before {event.event}, and none was allowed to"
        match event:
            case Grounded():
                action = event.action
            case Reviewed(verdict=verdict):
                assert action is not None
                asked.append((action, verdict))
            case Acted():
                assert isinstance(asked[-1][1], Approve)
                counted = Counter[str](raw.kind for raw in seen)
                least = expected(event.action)
                assert counted["key"] == least["key"]
                assert counted["button"] == least["button"]
                assert counted["motion"] >= least["motion"]
                assert (counted["motion"] == least["motion"]) or isinstance(event.action, Drag)
    assert asked == list(CASES)
