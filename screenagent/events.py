"""Everything that happens in an episode, as data: all that console, CLI, recorder, report and tests read."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field

from screenagent.actions import Action, Expectation, Gone, Visible, WaitFor, describe
from screenagent.geometry import Box, Location, Value
from screenagent.screenshot import Screenshot
from screenagent.usage import Usage

RunResult = Literal["done", "gave_up", "out_of_steps", "stopped", "crashed"]
Recovery = Literal["wait", "zoom", "think", "ask"]


class PlannedStep(Value):
    """One action and what should be seen after it."""

    action: Action
    expectation: Expectation | None = None

    @property
    def expected(self) -> Expectation | None:
        """What has to be seen for the step to count: its expectation, or what it waits for."""
        match self.action:
            case WaitFor(words=words, gone=gone):
                return Gone(words=words) if gone else Visible(words=words)
            case _:
                return self.expectation

    def __str__(self) -> str:
        return describe(self.action)


class Plan(Value):
    steps: tuple[PlannedStep, ...] = Field(min_length=1)


class Decision(Value):
    """Do step `at` of `plan`: the next one of the plan that stands, or the first of another."""

    plan: Plan
    at: int = Field(default=0, ge=0)
    thought: str = ""

    @property
    def step(self) -> PlannedStep:
        return self.plan.steps[self.at]


class Approve(Value):
    """`locations` are where the user moved the targets to; empty where they stay as they were found."""

    verdict: Literal["approve"] = "approve"
    locations: tuple[Location, ...] = ()


class Revise(Value):
    """Do this instead; it is located, closer round `near` where that is given, and reviewed again."""

    verdict: Literal["revise"] = "revise"
    action: Action
    near: tuple[Location, ...] = ()


class LookAgain(Value):
    """The user had the desktop meanwhile: look afresh, locate and review again."""

    verdict: Literal["look_again"] = "look_again"


class Skip(Value):
    """Leave this out and go on."""

    verdict: Literal["skip"] = "skip"


class Reject(Value):
    verdict: Literal["reject"] = "reject"
    reason: str


class Abort(Value):
    verdict: Literal["abort"] = "abort"


class AnswerAsk(Value):
    """What the user said to an `Ask`."""

    verdict: Literal["answer"] = "answer"
    text: str


Verdict = Annotated[Approve | Revise | LookAgain | Skip | Reject | Abort | AnswerAsk, Field(discriminator="verdict")]


class Effect(Value):
    """What an action brought about, as far as can be seen; `evidence` is a sentence, and `by` is who says so: nobody
    where it was like that before."""

    outcome: Literal["met", "changed", "unchanged", "unmet", "unknown"]
    evidence: str = ""
    by: Literal["", "pixels", "words", "model"] = ""
    where: Box | None = None

    @property
    def confirmed(self) -> bool:
        return self.outcome in ("met", "changed")


class EventBase(Value):
    """`at` is in seconds since the start; `usage` says what led to this event cost."""

    at: float = 0.0
    usage: Usage = Usage()

    def timeless(self) -> Self:
        """This event without its clock, for comparing two runs."""
        return self.model_copy(update={"at": 0.0, "usage": Usage()})


class Started(EventBase):
    event: Literal["started"] = "started"
    task: str


class Observed(EventBase):
    event: Literal["observed"] = "observed"
    screenshot: Screenshot


class Thought(EventBase):
    event: Literal["thought"] = "thought"
    text: str


class Decided(EventBase):
    event: Literal["decided"] = "decided"
    decision: Decision


class Grounded(EventBase):
    """Each of the action's targets has its place, in the order of `actions.targets`."""

    event: Literal["grounded"] = "grounded"
    action: Action
    locations: tuple[Location, ...] = ()


class Reviewed(EventBase):
    event: Literal["reviewed"] = "reviewed"
    verdict: Verdict


class Acted(EventBase):
    event: Literal["acted"] = "acted"
    action: Action
    locations: tuple[Location, ...] = ()


class Checked(EventBase):
    event: Literal["checked"] = "checked"
    effect: Effect


class Retried(EventBase):
    """A rung of the ladder that is climbed after a failed effect."""

    event: Literal["retried"] = "retried"
    rung: Recovery
    why: str


class Failed(EventBase):
    """What the planner is told of a step that could not be done."""

    event: Literal["failed"] = "failed"
    feedback: str


class UserMessage(EventBase):
    """What the user said to the agent while it worked."""

    event: Literal["told"] = "told"
    text: str


class Paused(EventBase):
    """Nothing is done until `Resumed`; `why` is empty where the user just said so."""

    event: Literal["paused"] = "paused"
    why: str = ""


class Resumed(EventBase):
    event: Literal["resumed"] = "resumed"


class Ended(EventBase):
    event: Literal["ended"] = "ended"
    outcome: RunResult
    message: str = ""


Event = Annotated[
    Started
    | Observed
    | Thought
    | Decided
    | Grounded
    | Reviewed
    | Acted
    | Checked
    | Retried
    | Failed
    | UserMessage
    | Paused
    | Resumed
    | Ended,
    Field(discriminator="event"),
]
