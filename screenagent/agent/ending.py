"""How a run ends whose planner says that it is done."""

from __future__ import annotations

from screenagent import events
from screenagent.actions import Finish, describe
from screenagent.episode import Episode, Step


def ended(finish: Finish, episode: Episode) -> events.Ended:
    """Done is believed only as far as effects bear it out."""
    if not finish.success:
        return events.Ended(result="gave_up", message=finish.message)
    if not episode.performed:
        return events.Ended(result="gave_up", message="nothing was performed")
    if episode.doubtful:
        named = "; ".join(_doubt(step) for step in episode.doubtful)
        return events.Ended(result="gave_up", message=f"performed, but the screen does not bear it out: {named}")
    return events.Ended(result="done", message=finish.message)


def _doubt(step: Step) -> str:
    assert step.action is not None
    return describe(step.action) + (f" ({step.effect.evidence})" if step.effect and step.effect.evidence else "")
