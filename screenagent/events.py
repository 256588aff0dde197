"""Everything that happens in an episode, as data: all that console, CLI, recorder, report and tests read."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self, get_args

from pydantic import Field

from screenagent.actions import (
    Action,
    Change,
    Expectation,
    Finish,
    Gone,
    Move,
    Verify,
    Visible,
    WaitFor,
    WindowInput,
    describe,
)
from screenagent.geometry import Box, Doubt, Location, Value
from screenagent.screenshot import Screenshot
from screenagent.usage import Usage

Outcome = Literal["confirmed", "changed", "unchanged", "contradicted", "unmet", "unknown", "refused", "stopped"]
"""What became of one action.

`confirmed`: something named that was expected is there. `changed`: pixels changed where they should. `unchanged`:
nothing did. `contradicted`: the screen says that it failed, or shows what should not be there. `unmet`: what was
expected is not there. `unknown`: nobody can tell. `refused`: a person, the policy or a guard did not let it through.
`stopped`: a stop came first.
"""

RunResult = Literal["done", "gave_up", "out_of_steps", "stopped", "crashed"]
"""How a run ended."""

_Withheld = Literal[
    "refused_by_person",
    "refused_by_policy",
    "skipped",
    "unsure",
    "unanswered",
    "own_terminal",
    "stop_keys",
    "answer_keys",
    "secret",
]
_OtherScreen = Literal["screen_changing", "window_changed", "display_changed", "not_in_front", "held_keys"]
_NotDone = Literal[
    "failed",
    "stopped",
    "not_found",
    "interrupted",
    "no_key",
    "clipboard",
    "not_believed",
    "model_answer",
    "no_effect",
    "contradicted",
]

_NotReachable = Literal["disabled", "covered", "busy"]

FailureCode = Literal[_NotDone, _NotReachable, _Withheld, _OtherScreen]
"""Why a step failed, for programs; the words beside it are for people and planners."""

REFUSED: Final[frozenset[FailureCode]] = frozenset(get_args(Literal[_NotReachable, _Withheld, _OtherScreen]))
"""The failures of an action that was not let through."""

_WordsCode = Literal["seen", "in_title", "not_seen", "unsure", "gone", "still_there", "never_there"]
_NoNewsCode = Literal["already_there", "typed", "as_before"]  # the last one is of logs of version 0.1
_StateCode = Literal["in_state", "not_in_state", "state_unknown"]
_WindowCode = Literal["in_front", "not_in_front", "opened", "not_opened", "closed", "not_closed"]
_PixelsCode = Literal["unchanged", "changed_here", "changed_elsewhere", "doubtful"]

EffectCode = Literal[
    "",
    _WordsCode,
    _NoNewsCode,
    _StateCode,
    _PixelsCode,
    _WindowCode,
    "bad_news",
    "value",
    "judged",
    "not_judged",
    "answered",
]
"""What the checker saw, for programs; the evidence beside it is for people."""

Witness = Literal["", "pixels", "words", "model", "accessibility", "windows"]
"""Who says what an action brought about."""

Recovery = Literal["wait", "zoom", "again", "slowly", "reopen", "retype", "hover", "think", "ask"]


class PlannedStep(Value):
    """One action and what should be seen after it."""

    action: Action
    expectation: Expectation | None = None

    @property
    def expected(self) -> Expectation | None:
        """What has to be seen for the step to count: its expectation, or what it waits for."""
        if isinstance(self.action, Verify):
            return self.action.that
        if isinstance(self.action, WaitFor):
            return (Gone if self.action.gone else Visible)(words=self.action.words)
        return self.expectation

    @property
    def is_watched(self) -> bool:
        """Whether more is looked for after it than any change, for which a desktop waits by itself."""
        named = self.expected is not None and not isinstance(self.expected, Change)
        return named or isinstance(self.action, WindowInput)

    def is_settled_by(self, effect: Effect) -> bool:
        """Whether nothing else is waited for after this effect; a window that asks a question will not close."""
        asks = isinstance(self.action, WindowInput) and effect.outcome == "contradicted"
        return effect.as_expected or asks

    def __str__(self) -> str:
        return describe(self.action)


class Plan(Value):
    steps: tuple[PlannedStep, ...] = Field(min_length=1)

    @property
    def length(self) -> int:
        """How many steps there are to carry out; the end of the run is not one."""
        return sum(not isinstance(step.action, Finish) for step in self.steps)


class Account(Value):
    """What a planner that says "done" has beside the steps: how many values it has `read` off the screen, and the
    numbers of the steps whose failure its task goes on from, `foreseen`."""

    read: int = Field(default=0, ge=0)
    foreseen: tuple[int, ...] = ()


class Decision(Value):
    """Do step `at` of `plan`: the next one of the plan that stands, or the first of another."""

    plan: Plan
    at: int = Field(default=0, ge=0)
    thought: str = ""
    account: Account = Field(default=Account(), exclude_if=lambda account: account == Account())

    @classmethod
    def give_up(cls, why: str) -> Self:
        """Return the decision to end the run without success."""
        return cls(plan=Plan(steps=(PlannedStep(action=Finish(success=False, message=why)),)))

    @property
    def step(self) -> PlannedStep:
        return self.plan.steps[self.at]


class Approve(Value):
    """`locations` are where the user moved the targets to; empty where they stay as they were found.

    `entries` is how many of the plan's next steps are approved too: clicks in the menu that this step opens.
    """

    verdict: Literal["approve"] = "approve"
    locations: tuple[Location, ...] = ()
    entries: int = Field(default=0, ge=0)


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
    """`by` the bound means that a target was too unsure to be acted on, and nobody could be asked which is meant."""

    verdict: Literal["reject"] = "reject"
    reason: str
    by: Literal["person", "policy", "bound"] = "person"


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

    outcome: Outcome
    code: EffectCode = ""
    evidence: str = ""
    by: Witness = ""
    where: Box | None = None

    @property
    def as_expected(self) -> bool:
        return self.outcome in ("confirmed", "changed")


class EventBase(Value):
    """`at` is in seconds since the start; `usage` says what led to this event cost."""

    at: float = 0.0
    usage: Usage = Usage()


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
    """Each of the action's targets has its place, in the order of `actions.targets`; with a `doubt`, one of these
    places is only the likeliest of those that may be meant."""

    event: Literal["grounded"] = "grounded"
    action: Action
    locations: tuple[Location, ...] = ()
    doubt: Doubt | None = None


class Reviewed(EventBase):
    event: Literal["reviewed"] = "reviewed"
    verdict: Verdict


class HoverReviewed(EventBase):
    """The request to rest the mouse on these places, one after the other, so that their tooltips can be read."""

    event: Literal["hover_reviewed"] = "hover_reviewed"
    action: Move
    locations: tuple[Location, ...]
    verdict: Verdict


class Rested(EventBase):
    """The mouse has rested on a place; `told` is the name that its tooltip told, empty if none came."""

    event: Literal["rested"] = "rested"
    location: Location
    told: str = ""


class Acted(EventBase):
    event: Literal["acted"] = "acted"
    action: Action
    locations: tuple[Location, ...] = ()


class Checked(EventBase):
    event: Literal["checked"] = "checked"
    effect: Effect


class Retried(EventBase):
    """What is tried after a step that did not have its effect."""

    event: Literal["retried"] = "retried"
    recovery: Recovery
    why: str


class Failed(EventBase):
    """What the planner is told of a step that could not be done."""

    event: Literal["failed"] = "failed"
    feedback: str
    code: FailureCode = "failed"


class UserMessage(EventBase):
    """What the user said to the agent while it worked."""

    event: Literal["user_message"] = "user_message"
    text: str
    code: Literal["said", "varies"] = "said"
    """`varies`: the value that was entered last is another one each time."""


class Paused(EventBase):
    """Nothing is done until `Resumed`; `why` is empty where the user just said so."""

    event: Literal["paused"] = "paused"
    why: str = ""


class Resumed(EventBase):
    event: Literal["resumed"] = "resumed"


class Ended(EventBase):
    event: Literal["ended"] = "ended"
    result: RunResult
    message: str = ""


Event = Annotated[
    Started
    | Observed
    | Thought
    | Decided
    | Grounded
    | Reviewed
    | HoverReviewed
    | Rested
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
