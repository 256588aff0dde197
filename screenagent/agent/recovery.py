"""After a failed effect: which rung of the ladder comes next. Pure; the loop climbs it."""

from __future__ import annotations

from typing import Final

from screenagent.actions import Ask, Finish, WaitFor, targets
from screenagent.episode import Episode, Step
from screenagent.events import Recovery

SAME_AGAIN: Final = 3
"""The same action on the same picture this often is a loop."""


def next_rung(episode: Episode) -> Recovery | None:
    """What to do about the last step, or None: go on. The order is wait, zoom, think, ask; the cheapest first."""
    step = episode.current
    if step is None or not step.acted or isinstance(step.action, Ask | Finish):
        return None
    if _repeats(episode, step) >= SAME_AGAIN and not _confirmed(step):
        return None if "ask" in step.rungs else "ask"
    if step.effect is None or step.effect.outcome not in ("unchanged", "unmet"):
        return None
    return next((rung for rung in _ladder(episode, step) if rung not in step.rungs), None)


def _ladder(episode: Episode, step: Step) -> tuple[Recovery, ...]:
    last: Recovery = "ask" if _thought_in_vain(episode) else "think"
    if isinstance(step.action, WaitFor):
        return (last,)
    if step.action is not None and targets(step.action):
        return ("wait", "zoom", last)
    return ("wait", last)


def _thought_in_vain(episode: Episode) -> bool:
    """Thinking again after the step before this one has not helped either."""
    return len(episode.steps) > 1 and "think" in episode.steps[-2].rungs


def _repeats(episode: Episode, step: Step) -> int:
    return sum(
        1
        for other in episode.performed
        if other.action == step.action and other.before.digest == step.before.digest and not _confirmed(other)
    )


def _confirmed(step: Step) -> bool:
    return step.effect is not None and step.effect.confirmed
