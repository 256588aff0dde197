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
from screenagent.planning import InstructionPlanner, Unreadable, read_instructions
from screenagent.screenshot import Screenshot

SCREEN = Screenshot.of(Image.new("RGB", (8, 8)))
TASK = "click File, type a, press enter"


def episode(*events: Event, task: str = TASK) -> Episode:
    return Episode.of([Started(task=task), Observed(screenshot=SCREEN), *events])


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
    assert decision == Decision(plan=read_instructions(TASK).plan, at=0, thought="step 1 of 3: click “File”")
    assert thought == decision.thought


def test_instructions_that_were_read_already_are_the_plan() -> None:
    planner = InstructionPlanner(instructions=read_instructions(TASK))
    decision, _ = decide(episode(task="not read again"), planner)
    assert decision.plan == read_instructions(TASK).plan


def test_it_goes_through_the_plan_and_finishes() -> None:
    events: list[Event] = []
    for at in range(3):
        assert decide(episode(*events))[0].at == at
        events += done(at)
    assert decide(episode(*events))[0].step.action == Finish(success=True, message="all 3 steps were carried out")


def test_a_step_without_an_expectation_needs_no_effect() -> None:
    events = done(0) + done(1) + done(2, Effect(outcome="unchanged"))
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
    assert gave_up(episode(*events)) == "step 2 of 3, type “a”: it was rejected: not in this window"


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
        assert action == Finish(success=False, message=f"step 1 of 2, ask: whether to go on: the answer was “{answer}”")


def test_stop_is_understood() -> None:
    assert gave_up(episode(*done(0), UserMessage(text="Stop!"))) == "you said stop"


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


def test_what_is_not_understood_is_answered_once() -> None:
    told = UserMessage(text="use the other window")
    decision, thought = decide(episode(told))
    assert decision.at == 0
    assert thought.startswith("“use the other window” cannot be followed without a model")


def test_a_task_that_cannot_be_read_is_the_users_to_mend() -> None:
    with pytest.raises(Unreadable, match="literal steps only"):
        decide(episode(task="book me a flight"))


def test_a_step_that_the_user_skipped_does_not_end_the_task() -> None:
    skipped: list[Event] = [
        decided(0),
        Reviewed(verdict=Skip()),
        Failed(feedback="the user skipped this: click “File”"),
    ]
    assert decide(episode(*skipped))[0].at == 1
