"""The planner without a model: the task's own words are the plan."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from typing import Final

from screenagent.actions import Finish
from screenagent.episode import Episode, Step
from screenagent.events import AnswerAsk, Decision, Plan, PlannedStep, Reject, Skip
from screenagent.planning.instructions.parser import read_instructions
from screenagent.planning.instructions.refusals import Unreadable
from screenagent.planning.skills.forms import send
from screenagent.planning.skills.skill import Instructions, Segment, Skill, SkillFailed, SkillStepFailed
from screenagent.planning.skills.view import ScreenView
from screenagent.protocols import Grounder, TextReader

_NO: Final = ("n", "no", "nope", "stop", "cancel", "don't", "do not", "never")


class InstructionPlanner:
    """Carries out plain instructions one after the other, and gives up at the first that fails.

    How far a plan has come is read from the episode. With a `reader` and a `grounder` it has eyes for what depends on
    what is seen, as a date in a calendar does: then the steps known so far are the plan, and it goes on with another
    one. Raises `Unreadable` for a task that it cannot read. Of what the user says meanwhile it understands "stop" and
    "skip".
    """

    def __init__(
        self,
        *,
        reader: TextReader | None = None,
        grounder: Grounder | None = None,
        sends_forms: bool = False,
        instructions: Instructions | None = None,
    ) -> None:
        """With `sends_forms`, a task that ends with a form filled in ends by the one button that sends it.

        `instructions` are those of the task, if it has been read already.
        """
        self._instructions = instructions
        self._sends_forms = sends_forms
        self._sight = ScreenView(reader, grounder) if reader and grounder else None
        self._legs: Generator[Segment, None, None] = _no_legs()
        self._leg: Segment | None = None

    def decide(self, episode: Episode) -> Generator[str, None, Decision]:
        try:
            plan = episode.plan or self._begun(episode)
        except (SkillStepFailed, SkillFailed) as stuck:
            return _give_up(str(stuck))
        yield from _unheeded(episode)
        if "stop" in map(_bare, episode.told):
            return _give_up("you said stop")
        carried = _carried(plan, episode)
        reached = max((_at(step) for step in carried), default=-1)
        failure = _failure(carried[-1]) if carried else ""
        skips = _told(carried, episode).count("skip") - len(_passed_over(carried, reached))
        at = reached + max(0, skips) + (0 if failure else 1)  # a step that failed is the first of those to skip
        if isinstance(plan.steps[-1].action, Finish):
            at = min(at, len(plan.steps) - 1)
        try:
            if (failure and skips <= 0) or at >= len(plan.steps):
                named = f"{_named(carried[-1], plan)}: {failure}" if failure and skips <= 0 else ""
                plan, at = self._next(episode, named), 0
        except (SkillStepFailed, SkillFailed) as stuck:
            return _give_up(str(stuck))
        decision = Decision(plan=plan, at=at)
        thought = _thought(decision, self._leg.purpose if self._leg else "")
        yield thought
        return decision.model_copy(update={"thought": thought})

    def _begun(self, episode: Episode) -> Plan:
        instructions = self._instructions or read_instructions(episode.task)
        if self._sends_forms:
            instructions = instructions.sent(Skill("send the form", send))
        if self._sight is None and (skill := instructions.needs_eyes):
            raise Unreadable(
                str(skill), "this depends on what is seen: give InstructionPlanner a reader and a grounder"
            )
        self._legs = instructions.legs(self._sight)
        return self._next(episode, "")

    def _next(self, episode: Episode, failure: str) -> Plan:
        """The next leg of the way, or, after a failure, another one where a skill knows one."""
        if self._sight and episode.screenshot:
            self._sight.screen = episode.screenshot
        leg = self._legs.throw(SkillStepFailed(failure)) if failure else next(self._legs, None)
        if leg is None:
            raise SkillFailed("another planner began this task, and its steps are done")
        self._leg = leg
        return leg.plan


def _no_legs() -> Generator[Segment, None, None]:
    """Of a planner that has not begun a task, whose next one another may have begun."""
    yield from ()


def _told(carried: Sequence[Step], episode: Episode) -> list[str]:
    """What the user said since the plan that stands was made."""
    if not carried or carried[0] is episode.steps[0]:
        return [_bare(text) for text in episode.told]
    return [_bare(text) for step in carried for text in step.heard]


def _carried(plan: Plan, episode: Episode) -> list[Step]:
    """The steps of `plan` that were decided on; what is said twice in a row is begun anew the second time."""
    carried: list[Step] = []
    for step in reversed(episode.steps):
        if step.decision is None:
            continue
        if step.decision.plan != plan or (carried and _at(step) >= _at(carried[-1])):
            break
        carried.append(step)
    return carried[::-1]


def _passed_over(carried: Sequence[Step], reached: int) -> set[int]:
    """The positions before `reached` that were not carried out; each took one "skip"."""
    return set(range(reached)) - {_at(step) for step in carried if not _failure(step)}


def _at(step: Step) -> int:
    return step.decision.at if step.decision else 0


def _failure(step: Step) -> str:
    """Why the plan cannot go on after `step`; empty if it can."""
    if isinstance(step.verdict, Skip):
        return ""
    if isinstance(step.verdict, Reject):
        return f"it was rejected: {step.verdict.reason}" if step.verdict.reason else "it was rejected"
    if isinstance(step.verdict, AnswerAsk) and _bare(step.verdict.text) in _NO:
        return f"the answer was “{step.verdict.text.strip()}”"
    if step.feedback:
        return step.feedback
    if step.effect and (step.effect.outcome == "unmet" or (step.effect.outcome == "unchanged" and step.unconfirmed)):
        return step.effect.evidence or "its effect is not to be seen"
    return ""


def _named(step: Step, plan: Plan) -> str:
    return f"step {_at(step) + 1} of {_count(plan)}, {plan.steps[_at(step)]}"


def _thought(decision: Decision, purpose: str) -> str:
    if isinstance(decision.step.action, Finish):
        return "no step is left"
    if purpose:
        return f"to {purpose}: {decision.step}"
    return f"step {decision.at + 1} of {_count(decision.plan)}: {decision.step}"


def _count(plan: Plan) -> int:
    return sum(not isinstance(step.action, Finish) for step in plan.steps)


def _unheeded(episode: Episode) -> Iterator[str]:
    """Say once of each thing the user said that it cannot be followed."""
    thoughts = "".join(step.thought for step in episode.steps)
    for text in dict.fromkeys(episode.told):
        reply = f"“{text}” cannot be followed without a model, only “stop” and “skip”; "
        if _bare(text) not in ("stop", "skip") and reply not in thoughts:
            yield reply


def _bare(text: str) -> str:
    return text.strip(" .!\n").lower()


def _give_up(why: str) -> Decision:
    return Decision(plan=Plan(steps=(PlannedStep(action=Finish(success=False, message=why)),)), thought=why)
