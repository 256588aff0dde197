"""The planner without a model: the task's own words are the plan."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from typing import Final

from screenagent.actions import Finish
from screenagent.episode import Episode, Step
from screenagent.events import Answer, Decision, Plan, PlannedStep, Reject, Skip
from screenagent.planner.reading import read

_NO: Final = ("n", "no", "nope", "stop", "cancel", "don't", "do not", "never")


class DirectPlanner:
    """Carries out plain instructions one after the other, and gives up at the first that fails.

    It keeps nothing: how far the plan has come is read from the episode. Raises `Unreadable` for a task that it cannot
    read. Of what the user says meanwhile it understands "stop" and "skip".
    """

    def decide(self, episode: Episode) -> Generator[str, None, Decision]:
        plan = episode.plan or read(episode.task)
        carried = [step for step in episode.steps if step.decision and step.decision.plan == plan]
        yield from _unheeded(episode)
        told = [_bare(text) for text in episode.told]
        if "stop" in told:
            return _give_up("you said stop")
        reached = max((_at(step) for step in carried), default=-1)
        failure = _failure(carried[-1]) if carried else ""
        skips = told.count("skip") - len(_passed_over(carried, reached))
        if failure and not skips:
            return _give_up(f"{_named(carried[-1], plan)}: {failure}")
        # A step that failed is the first of those to skip.
        at = reached + skips + (0 if failure else 1)
        decision = Decision(plan=plan, at=min(at, len(plan.steps) - 1))
        thought = _thought(decision)
        yield thought
        return decision.model_copy(update={"thought": thought})


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
    if isinstance(step.verdict, Answer) and _bare(step.verdict.text) in _NO:
        return f"the answer was “{step.verdict.text.strip()}”"
    if step.feedback:
        return step.feedback
    if step.effect and (step.effect.outcome == "unmet" or (step.effect.outcome == "unchanged" and step.unconfirmed)):
        return step.effect.evidence or "its effect is not to be seen"
    return ""


def _named(step: Step, plan: Plan) -> str:
    return f"step {_at(step) + 1} of {_count(plan)}, {plan.steps[_at(step)]}"


def _thought(decision: Decision) -> str:
    if isinstance(decision.step.action, Finish):
        return "no step is left"
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
