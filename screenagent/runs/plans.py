"""How a log holds plans: the first one whole, and from then on what each decision changed, so that a log grows with the
steps and not with their square."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import Field, TypeAdapter

from screenagent.events import Decided, Decision, Event, EventBase, Plan, PlannedStep
from screenagent.geometry import LATER, Value


class PlanChange(Value):
    """The plan of the decision before, of which the first `keep` steps and the last `rest` stay, with `steps` between
    them."""

    keep: int = Field(ge=0)
    steps: tuple[PlannedStep, ...] = ()
    rest: int = Field(default=0, ge=0)

    @classmethod
    def between(cls, before: Plan, after: Plan) -> PlanChange:
        keep = _common(before.steps, after.steps)
        rest = _common(before.steps[keep:][::-1], after.steps[keep:][::-1])
        return cls(keep=keep, steps=after.steps[keep : len(after.steps) - rest], rest=rest)

    def applied(self, before: Plan | None) -> Plan:
        """Return the plan that `before` was changed into. Raises `ValueError` if it has too few steps."""
        if before is None:
            raise ValueError("it changes a plan, and there is none before it")
        if self.keep + self.rest > len(before.steps):
            raise ValueError(f"it keeps {self.keep + self.rest} steps of a plan of {len(before.steps)}")
        if not self.steps and self.keep + self.rest == len(before.steps):
            return before
        return Plan(steps=(*before.steps[: self.keep], *self.steps, *before.steps[len(before.steps) - self.rest :]))


class LoggedDecision(Value):
    """A decision as a log holds it."""

    plan: Plan | PlanChange
    at: int = Field(default=0, ge=0)
    thought: str = ""


class LoggedDecided(EventBase):
    """A decision as a log holds it, with the plan or with what changed of the one before."""

    event: Literal["decided"] = "decided"
    decision: LoggedDecision


_CASES: Final = [LoggedDecided, *(case for case in get_args(get_args(Event)[0]) if case is not Decided)]
_LOGGED: Final[Any] = Annotated[reduce(or_, _CASES), Field(discriminator="event")]
LOGGED: Final[TypeAdapter[Event | LoggedDecided]] = TypeAdapter(_LOGGED, config=LATER)
"""A line of a log: an event, or a `LoggedDecided`."""


class PlanLog:
    """The plan that stands, for whoever writes or reads the events of one log in their order."""

    def __init__(self) -> None:
        self._plan: Plan | None = None

    def written(self, event: Event) -> bytes:
        """Return the event as a line of the log, without a line end."""
        if not isinstance(event, Decided):
            return LOGGED.dump_json(event)
        before, self._plan = self._plan, event.decision.plan
        plan = self._plan if before is None else PlanChange.between(before, self._plan)
        decision = LoggedDecision.model_construct(plan=plan, at=event.decision.at, thought=event.decision.thought)
        return LOGGED.dump_json(LoggedDecided.model_construct(at=event.at, usage=event.usage, decision=decision))

    def read(self, logged: Event | LoggedDecided) -> Event:
        """Return the event with its whole plan. Raises `ValueError` if it changes a plan that was not there."""
        if not isinstance(logged, LoggedDecided):
            return logged
        plan = logged.decision.plan
        self._plan = plan.applied(self._plan) if isinstance(plan, PlanChange) else plan
        decision = Decision(plan=self._plan, at=logged.decision.at, thought=logged.decision.thought)
        return Decided(at=logged.at, usage=logged.usage, decision=decision)


def _common(one: Sequence[PlannedStep], other: Sequence[PlannedStep]) -> int:
    """Return how many steps both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((number for number, (a, b) in pairs if a is not b and a != b), min(len(one), len(other)))
