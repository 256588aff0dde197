"""The planner without a model takes one step after the other, and gives up at the first that fails."""

from __future__ import annotations

import pytest
from PIL import Image

from screenagent.actions import Click, Finish
from screenagent.episode import Episode
from screenagent.events import (
    Acted,
    AnswerAsk,
    Approve,
    Checked,
    Decided,
    Decision,
    Effect,
    Event,
    Failed,
    Observed,
    Reject,
    Retried,
    Reviewed,
    Skip,
    Started,
    UserMessage,
)
from screenagent.geometry import Absent, Location
from screenagent.planning import InstructionPlanner, Instructions, Unreadable, read_instructions
from screenagent.planning.instructions.steps import click_on
from screenagent.planning.skills.skill import Skill, SkillRun
from screenagent.planning.skills.view import ScreenView
from screenagent.screenshot import Screenshot, Word

SCREEN = Screenshot.of(Image.new("RGB", (8, 8)))
TASK = "click File, type a, press enter"


def episode(*events: Event, task: str = TASK) -> Episode:
    return Episode.of([Started(task=task), Observed(screenshot=SCREEN), *events])


class FakeView:
    """A reader that sees no words and a grounder that finds no target."""

    def read(self, screenshot: Screenshot) -> list[Word]:
        return []

    def locate(self, target: str, screenshot: Screenshot, *, near: Location | None = None) -> Absent:
        return Absent(why="nothing is shown")


def two_clicks(_: ScreenView) -> SkillRun:
    yield (click_on("B"), click_on("C"))


SEEN = Instructions(task="A, then B and C", steps=(click_on("A"), Skill("B and C", two_clicks)))
"""A literal step, and then a skill of two steps."""


def decide(episode: Episode, planner: InstructionPlanner | None = None) -> tuple[Decision, str]:
    """The decision, and what was thought on the way."""
    thoughts: list[str] = []
    deciding = (planner or InstructionPlanner()).decide(episode)
    while True:
        try:
            thoughts.append(next(deciding))
        except StopIteration as decided:
            return decided.value, "".join(thoughts)


def decided(at: int, task: str = TASK) -> Decided:
    return Decided(decision=Decision(plan=read_instructions(task).plan, at=at))


def done(at: int, effect: Effect | None = None) -> list[Event]:
    """Step `at`, decided on, performed and checked."""
    decision = decided(at)
    return [
        decision,
        Reviewed(verdict=Approve()),
        Acted(action=decision.decision.step.action),
        Observed(screenshot=SCREEN),
        Checked(effect=effect or Effect(outcome="changed")),
    ]


def failed(at: int, feedback: str) -> list[Event]:
    return [decided(at), Failed(feedback=feedback)]


def gave_up(episode: Episode) -> str:
    """Why it gives up; fails the test if it does not."""
    action = decide(episode)[0].step.action
    assert isinstance(action, Finish)
    assert not action.success
    return action.message


def test_it_begins_with_the_first_step_of_the_task() -> None:
    decision, thought = decide(episode())
    assert decision == Decision(plan=read_instructions(TASK).plan, at=0)
    assert thought == ""


def test_it_goes_through_the_plan_and_finishes() -> None:
    events: list[Event] = []
    for at in range(3):
        assert decide(episode(*events))[0].at == at
        events += done(at)
    assert decide(episode(*events))[0].step.action == Finish(success=True, message="all 3 steps were carried out")


def test_a_step_whose_effect_nobody_can_tell_is_followed_by_the_next() -> None:
    events = done(0) + done(1) + done(2, Effect(outcome="unknown"))
    assert decide(episode(*events))[0].at == 3


def test_it_goes_on_where_the_effect_cannot_be_told() -> None:
    assert decide(episode(*done(0, Effect(outcome="unknown"))))[0].at == 1


def test_a_step_that_was_retried_and_then_worked_is_done() -> None:
    again: list[Event] = [Retried(recovery="wait", why="nothing changed"), Checked(effect=Effect(outcome="changed"))]
    assert decide(episode(*done(0, Effect(outcome="unchanged")), *again))[0].at == 1


@pytest.mark.parametrize("outcome", ["unchanged", "unmet"])
def test_it_gives_up_where_an_expected_effect_is_missing(outcome: str) -> None:
    effect = Effect.model_validate({"outcome": outcome, "evidence": "nothing on the screen changed"})
    assert gave_up(episode(*done(0, effect))) == "step 1 of 3, click “File”: nothing on the screen changed"


def test_it_gives_up_where_a_target_is_absent() -> None:
    events = [*done(0), *failed(1, "no focused field")]
    assert gave_up(episode(*events)) == "step 2 of 3, type “a”: no focused field"


def test_it_gives_up_where_a_step_is_rejected() -> None:
    events: list[Event] = [
        *done(0),
        decided(1),
        Reviewed(verdict=Reject(reason="not in this window")),
        Failed(feedback="rejected"),
    ]
    message = gave_up(episode(*events))
    assert message.startswith("step 2 of 3, type “a”: ")
    assert message.endswith("not in this window")


@pytest.mark.parametrize(
    ("answer", "goes_on"), [("No.", False), ("stop", False), ("yes", True), ("the left one", True)]
)
def test_a_no_to_a_question_ends_it(answer: str, goes_on: bool) -> None:
    task = "ask me whether to go on, click OK"
    events: list[Event] = [
        decided(0, task),
        Reviewed(verdict=AnswerAsk(text=answer)),
        Checked(effect=Effect(outcome="unknown")),
    ]
    action = decide(episode(*events, task=task))[0].step.action
    if goes_on:
        assert action == Click(target="OK")
    else:
        assert isinstance(action, Finish)
        assert not action.success
        assert f"“{answer}”" in action.message


def test_stop_is_understood() -> None:
    assert "stop" in gave_up(episode(*done(0), UserMessage(text="Stop!")))


def test_each_skip_passes_over_one_step() -> None:
    assert decide(episode(*done(0), UserMessage(text="skip")))[0].at == 2
    assert decide(episode(*done(0), UserMessage(text="skip"), *done(2)))[0].at == 3
    assert decide(episode(UserMessage(text="skip"), UserMessage(text="skip")))[0].at == 2
    assert (
        decide(
            episode(
                *done(0),
                UserMessage(text="skip"),
                UserMessage(text="skip"),
                UserMessage(text="skip"),
                UserMessage(text="skip"),
            )
        )[0].at
        == 3
    )


def test_a_step_that_failed_is_skipped_on_the_users_word() -> None:
    events = [*failed(0, "“File” is absent"), UserMessage(text="skip")]
    assert decide(episode(*events))[0].at == 1
    assert decide(episode(*events, *done(1)))[0].at == 2
    assert gave_up(episode(*events, *failed(1, "no focus"))).endswith("no focus")


def test_a_skip_said_while_no_step_could_be_decided_on_passes_over_one_step() -> None:
    locked: list[Event] = [Failed(feedback="the screen is locked"), UserMessage(text="skip")]
    assert decide(episode(*done(0), *locked))[0].at == 2


def test_skips_said_before_the_first_step_do_not_count_for_the_next_segment() -> None:
    view = FakeView()
    planner = InstructionPlanner(reader=view, grounder=view, instructions=SEEN)
    begun = episode(UserMessage(text="skip"), task=SEEN.task)
    first = decide(begun, planner)[0]
    assert first.step.action == Click(target="B")
    later = begun.after(Decided(decision=first)).after(Checked(effect=Effect(outcome="changed")))
    assert decide(later, planner)[0].step.action == Click(target="C")


def test_instructions_that_were_read_already_are_not_read_again() -> None:
    given = Instructions(task="a task that cannot be read", steps=read_instructions(TASK).steps)
    planner = InstructionPlanner(instructions=given)
    assert decide(episode(task=given.task), planner)[0] == decide(episode())[0]
    with pytest.raises(Unreadable):
        decide(episode(task="another task that cannot be read"), planner)


def test_what_is_not_understood_is_answered_once() -> None:
    told = UserMessage(text="use the other window")
    decision, thought = decide(episode(told))
    assert decision.at == 0
    assert thought.startswith("“use the other window” cannot be followed without a model")


def test_a_task_that_cannot_be_read_is_the_users_to_mend() -> None:
    with pytest.raises(Unreadable) as refused:
        decide(episode(task="book me a flight"))
    assert refused.value.code == "goal"


def test_a_step_that_the_user_skipped_does_not_end_the_task() -> None:
    skipped: list[Event] = [
        decided(0),
        Reviewed(verdict=Skip()),
        Failed(feedback="the user skipped this: click “File”"),
    ]
    assert decide(episode(*skipped))[0].at == 1
