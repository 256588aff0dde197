"""What a step of an episode says about its failure."""

from __future__ import annotations

import pytest
from PIL import Image

from screenagent.actions import Change, Click
from screenagent.episode import Episode, Step
from screenagent.events import (
    Acted,
    Checked,
    Decided,
    Decision,
    Effect,
    Ended,
    Event,
    Failed,
    Observed,
    Plan,
    PlannedStep,
    Reject,
    Reviewed,
    Skip,
    Started,
)
from screenagent.screenshot import Screenshot

CLICK = Click(target="OK")
ACTED = Acted(action=CLICK)


def checked(outcome: str) -> Checked:
    return Checked(effect=Effect.model_validate({"outcome": outcome, "evidence": "seen so"}))


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        ([ACTED, checked("changed")], ""),
        ([ACTED, checked("unknown")], ""),
        ([ACTED, checked("unchanged")], "seen so"),
        ([checked("unmet")], "seen so"),
        ([Failed(feedback="no such target")], "no such target"),
        ([Reviewed(verdict=Reject(reason="not here")), Failed(feedback="rejected")], "it was rejected: not here"),
        ([Reviewed(verdict=Skip()), Failed(feedback="skipped")], ""),
    ],
)
def test_a_step_says_why_a_plan_cannot_continue(events: list[Event], reason: str) -> None:
    assert last_step(events).failure_reason == reason


@pytest.mark.parametrize(
    ("events", "outcome"),
    [
        ([], None),
        ([ACTED], None),
        ([ACTED, checked("confirmed")], "confirmed"),
        ([ACTED, checked("changed")], "changed"),
        ([ACTED, checked("unmet")], "unmet"),
        ([Failed(feedback="x", code="not_found")], "unmet"),
        ([Failed(feedback="x", code="refused_by_person")], "refused"),
        ([Failed(feedback="x", code="refused_by_policy")], "refused"),
        ([Failed(feedback="x", code="screen_changing")], "refused"),
        ([Failed(feedback="x", code="interrupted")], "unknown"),
        ([Ended(result="stopped")], "stopped"),
        ([ACTED, Ended(result="stopped")], "stopped"),
        ([ACTED, checked("changed"), Ended(result="stopped")], "changed"),
    ],
)
def test_every_action_has_one_outcome_of_the_closed_vocabulary(events: list[Event], outcome: str | None) -> None:
    assert last_step(events).outcome == outcome


def last_step(events: list[Event]) -> Step:
    """The step that is decided and then goes on with `events`."""
    plan = Plan(steps=(PlannedStep(action=CLICK, expectation=Change()),))
    screen = Screenshot.of(Image.new("RGB", (8, 8)))
    begun: list[Event] = [Started(task="t"), Observed(screenshot=screen), Decided(decision=Decision(plan=plan))]
    return Episode.of([*begun, *events]).steps[-1]
