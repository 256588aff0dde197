"""Decides what to try after an action that did not have its effect."""

from __future__ import annotations

from typing import Final

from screenagent.actions import Action, Ask, Click, Drag, Finish, TypeText, WaitFor, targets
from screenagent.agent import guard
from screenagent.agent.retyping import is_retypable
from screenagent.episode import Episode, Step
from screenagent.events import Effect, PlannedStep, Recovery
from screenagent.perception.changes import LIT_UP, difference
from screenagent.perception.popups import only_closed_popup

SAME_AGAIN: Final = 3
"""The same action on the same picture this often is a loop."""


def next_recovery(episode: Episode) -> Recovery | None:
    """Return what to try about the last step, or None to go on: the cheapest first."""
    step = episode.current
    if step is None or not step.acted or isinstance(step.action, Ask | Finish):
        return None
    if "retype" not in step.recoveries and is_retypable(step):
        return "retype"
    if _repeats(episode, step) >= SAME_AGAIN and not _as_expected(step):
        return None if "ask" in step.recoveries else "ask"
    if "again" not in step.recoveries and _closed_a_popup(step):
        return "again"
    if step.effect is None or not _calls_for_help(step, step.effect):
        return None
    return next((recovery for recovery in _ladder(episode, step) if recovery not in step.recoveries), None)


def late_effect(action: Action, effect: Effect) -> Effect:
    """Return the effect of an action that had none at first. A text shows as it is typed, so what changes later and
    does not read as the text is something else."""
    if not isinstance(action, TypeText) or effect.outcome != "changed":
        return effect
    evidence = f"the text is not seen to have come anywhere; only later {effect.evidence}"
    return Effect(outcome="unchanged", code="unchanged", evidence=evidence, by=effect.by)


def slowed(step: PlannedStep) -> PlannedStep:
    """Return the step that drags at the pace of a careful hand what `step` drags."""
    if not isinstance(step.action, Drag):
        raise ValueError(f"{step} drags nothing")
    return step.model_copy(update={"action": step.action.model_copy(update={"slowly": True})})


def _calls_for_help(step: Step, effect: Effect) -> bool:
    """Whether it failed, or nobody can say whether what it names has come."""
    failed = effect.outcome in ("unchanged", "unmet", "contradicted")
    return failed or (effect.outcome == "unknown" and (step.is_named or _moved_nothing(step)))


def _closed_a_popup(step: Step) -> bool:
    """Return whether a menu or list that was open has taken the click for itself."""
    if not isinstance(step.action, Click) or step.after is None or step.before.image is None:
        return False
    return step.after.image is not None and only_closed_popup(step.before, step.after, step.locations)


def _ladder(episode: Episode, step: Step) -> tuple[Recovery, ...]:
    last: Recovery = "ask" if _thought_in_vain(episode) else "think"
    if _moved_nothing(step):
        return ("wait", "slowly", "zoom", last)
    decided = step.effect is not None and step.effect.outcome in ("contradicted", "unknown")
    if decided or isinstance(step.action, WaitFor):
        return (last,)
    if step.action is not None and targets(step.action):
        return ("wait", "zoom", last)
    return ("wait", last)


def _moved_nothing(step: Step) -> bool:
    """Whether it is a quick drag and the screen at both of its ends is as it was before, so it may be done again.

    That the mouse lights up what it has come over is no change.
    """
    drag, before, after = step.action, step.before, step.after
    if not isinstance(drag, Drag) or drag.slowly or step.effect is None or after is None:
        return False
    if before.image is None or after.image is None or step.effect.outcome in ("confirmed", "changed", "contradicted"):
        return False
    if guard.same_screen(before, after, drag, step.locations):
        return True
    found = difference(before, after, step.locations)
    return found is not None and found.doubt == LIT_UP and not drag.modifiers


def _thought_in_vain(episode: Episode) -> bool:
    """Thinking again after the step before this one has not helped either."""
    return len(episode.steps) > 1 and "think" in episode.steps[-2].recoveries


def _repeats(episode: Episode, step: Step) -> int:
    return sum(
        1
        for other in episode.performed
        if other.action == step.action and other.before.digest == step.before.digest and not _as_expected(other)
    )


def _as_expected(step: Step) -> bool:
    return step.effect is not None and step.effect.as_expected
