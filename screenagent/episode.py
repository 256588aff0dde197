"""An episode is its events, folded: what anyone shows of a run is a function of this."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from typing import assert_never

from screenagent import events
from screenagent.actions import Action, Change, Expectation, Finish, Input
from screenagent.events import Decision, Effect, Event, FailureCode, Outcome, Plan, Recovery, Reject, Skip, Verdict
from screenagent.geometry import Doubt, Guess, Location, Value
from screenagent.screenshot import Screenshot
from screenagent.usage import Usage


class Step(Value):
    """From the screen that was looked at to the effect of what was done about it, and what the user said meanwhile."""

    before: Screenshot
    thought: str = ""
    decision: Decision | None = None
    action: Action | None = None
    locations: tuple[Location, ...] = ()
    doubt: Doubt | None = None
    verdict: Verdict | None = None
    rested: tuple[Guess, ...] = ()
    """Where the mouse rested, and what the tooltips there said."""
    acted: bool = False
    after: Screenshot | None = None
    effect: Effect | None = None
    recoveries: tuple[Recovery, ...] = ()
    feedback: str = ""
    failure: FailureCode | None = None
    heard: tuple[str, ...] = ()
    closed: bool = False
    usage: Usage = Usage()

    @property
    def expectation(self) -> Expectation | None:
        return self.decision.step.expected if self.decision else None

    @property
    def sent(self) -> bool:
        """Whether an input went to the desktop, rather than that one was waited for."""
        return self.acted and isinstance(self.action, Input)

    @property
    def outcome(self) -> Outcome | None:
        """What became of its action; None while nobody can say, and where there was none."""
        if self.failure == "stopped":
            return "stopped"
        if self.action is None or not self.closed:
            return None
        if self.failure in events.REFUSED and not self.acted:
            return "refused"
        if self.effect is not None:
            return self.effect.outcome
        return "unmet" if self.failure == "not_found" else "unknown"

    @property
    def unconfirmed(self) -> bool:
        """It was done and should have shown, and did not, or the screen tells of a failure."""
        if not self.acted or (self.effect and self.effect.as_expected):
            return False
        return self.expectation is not None or (self.effect is not None and self.effect.outcome == "contradicted")

    @property
    def failure_reason(self) -> str:
        """Why a plan cannot continue after this step, in words; empty if it can."""
        if isinstance(self.verdict, Skip):
            return ""
        if isinstance(self.verdict, Reject) and self.verdict.by != "bound":
            return f"it was rejected: {self.verdict.reason}" if self.verdict.reason else "it was rejected"
        if self.feedback:
            return self.feedback
        if self.effect and self._is_failed(self.effect.outcome):
            return self.effect.evidence or "its effect is not to be seen"
        return ""

    def _is_failed(self, outcome: Outcome) -> bool:
        """Whether a plan ends with this outcome: named things have to be confirmed, and any change to be seen."""
        if outcome in ("unmet", "contradicted"):
            return True
        return self.unconfirmed and (self.is_named or outcome == "unchanged")

    @property
    def is_named(self) -> bool:
        """Whether something named was expected of it, rather than any change or nothing."""
        return self.expectation is not None and not isinstance(self.expectation, Change)


class Episode(Value):
    task: str = ""
    screenshot: Screenshot | None = None
    steps: tuple[Step, ...] = ()
    told: tuple[str, ...] = ()
    paused: events.Paused | None = None
    ended: events.Ended | None = None

    @classmethod
    def of(cls, events: Iterable[Event]) -> Episode:
        return reduce(Episode.after, events, cls())

    @property
    def plan(self) -> Plan | None:
        """The plan that stands."""
        return next((step.decision.plan for step in reversed(self.steps) if step.decision), None)

    @property
    def current(self) -> Step | None:
        return self.steps[-1] if self.steps else None

    @property
    def performed(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.acted)

    @property
    def begun(self) -> tuple[Step, ...]:
        """The steps without the one that only ends the run."""
        return tuple(step for step in self.steps if not isinstance(step.action, Finish))

    @property
    def has_only_its_end_left(self) -> bool:
        """Whether the last step went well, and after it the plan says only that the task is done."""
        last = self.current.decision if self.current else None
        if last is None or self.current is None or self.current.failure_reason:
            return False
        return [type(step.action) for step in last.plan.steps[last.at + 1 :]] == [Finish]

    @property
    def before_last_input(self) -> Screenshot | None:
        """What has come since this screen the last input may have brought about; None where none was sent."""
        return next((step.before for step in reversed(self.steps) if step.sent), None)

    @property
    def doubtful(self) -> tuple[Step, ...]:
        """What keeps "done" from being believed: steps that should have shown and did not, or were contradicted.

        A step that the planner was told about counts only while nothing after it went better.
        """
        checked = [step for step in self.performed if step.expectation is not None or step.unconfirmed]
        return tuple(step for step in checked if step.unconfirmed and (not step.feedback or step is checked[-1]))

    def without_pictures(self) -> Episode:
        """Return this episode with no more of its screenshots than their digests."""
        screenshot = self.screenshot and self.screenshot.model_copy(update={"image": None})
        return self.model_copy(update={"screenshot": screenshot, "steps": tuple(map(_without_pictures, self.steps))})

    def after(self, event: Event) -> Episode:
        """This episode, and then `event`."""
        match event:
            case events.Started(task=task):
                return Episode(task=task)
            case events.Observed(screenshot=screenshot):
                return self._looked(event, screenshot)
            case events.Thought(text=text):
                return self._step(event, thought=self._open().thought + text)
            case events.Decided(decision=decision):
                return self._step(event, decision=decision, action=decision.step.action)
            case events.Grounded(action=action, locations=locations, doubt=doubt):
                return self._step(event, action=action, locations=locations, doubt=doubt)
            case events.Reviewed(verdict=verdict):
                return self._step(event, verdict=verdict)
            case events.HoverReviewed():
                return self._step(event)
            case events.Rested(location=location, told=told):
                return self._step(event, rested=(*self._open().rested, Guess(words=told, location=location)))
            case events.Acted(action=action, locations=locations):
                return self._step(event, action=action, locations=locations, acted=True)
            case events.Checked(effect=effect):
                return self._step(event, effect=effect, closed=True)
            case events.Retried(recovery=recovery):
                again = self._without_thought()
                return again._with_last(closed=False)._step(event, recoveries=(*again.steps[-1].recoveries, recovery))
            case events.Failed(feedback=feedback, code=code):
                return self._step(event, feedback=feedback, failure=code, closed=True)
            case events.UserMessage(text=text):
                return self._told(text)
            case events.Paused():
                return self.model_copy(update={"paused": event})
            case events.Resumed():
                return self.model_copy(update={"paused": None})
            case events.Ended(result=result):
                over = self.model_copy(update={"ended": event, "paused": None})
                return over._stopped() if result == "stopped" else over
            case _:
                assert_never(event)

    def _looked(self, event: Event, screenshot: Screenshot) -> Episode:
        seen = self.model_copy(update={"screenshot": screenshot})
        step = self._under_way
        return seen._step(event, **{"after" if step.acted else "before": screenshot}) if step else seen

    def _told(self, text: str) -> Episode:
        told = self.model_copy(update={"told": (*self.told, text)})
        return told._with_last(heard=(*self.steps[-1].heard, text)) if self.steps else told

    @property
    def _under_way(self) -> Step | None:
        return self.steps[-1] if self.steps and not self.steps[-1].closed else None

    def _without_thought(self) -> Episode:
        """This episode without a step that was only thought of, after one that is returned to."""
        is_thought = len(self.steps) > 1 and self._under_way is not None and self._under_way.decision is None
        return self.model_copy(update={"steps": self.steps[:-1]}) if is_thought else self

    def _open(self) -> Step:
        """Return the step that is under way, or the one that begins here."""
        if step := self._under_way:
            return step
        if self.screenshot is None:
            raise ValueError("a step begins with a screen that was looked at; no `Observed` came before it")
        return Step(before=self.screenshot)

    def _step(self, event: Event, **changes: object) -> Episode:
        step = self._open()
        changes["usage"] = step.usage + event.usage
        if self._under_way:
            return self._with_last(**changes)
        return self.model_copy(update={"steps": (*_forgotten(self.steps), step.model_copy(update=changes))})

    def _with_last(self, **changes: object) -> Episode:
        """Return this episode with changes to its last step."""
        return self.model_copy(update={"steps": (*self.steps[:-1], self.steps[-1].model_copy(update=changes))})

    def _stopped(self) -> Episode:
        return self._with_last(failure="stopped") if self._under_way and self._under_way.action else self


def _forgotten(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """`steps`, of which only the last and the last that sent an input keep their pictures: those of a long run do not
    fit into memory."""
    last = len(steps) - 1
    sent = next((place for place in range(last, -1, -1) if steps[place].sent), last)
    return tuple(step if place in (last, sent) else _without_pictures(step) for place, step in enumerate(steps))


def _without_pictures(step: Step) -> Step:
    pictures = {
        name: screenshot.model_copy(update={"image": None})
        for name, screenshot in (("before", step.before), ("after", step.after))
        if screenshot is not None and screenshot.image is not None
    }
    return step.model_copy(update=pictures) if pictures else step
