"""How a run ends whose planner says that it is done."""

from __future__ import annotations

from collections.abc import Sequence

from screenagent import events
from screenagent.actions import Finish, describe
from screenagent.episode import Episode, Step
from screenagent.events import Account


def ended(finish: Finish, episode: Episode) -> events.Ended:
    """Done is believed only as far as effects bear it out: those of all steps but the failures that were foreseen."""
    if not finish.success:
        return events.Ended(result="gave_up", message=finish.message)
    account = _account(episode)
    if not episode.performed and not account.read:
        return events.Ended(result="gave_up", message="nothing was performed")
    if doubtful := _without(episode, account.foreseen).doubtful:
        named = "; ".join(map(_doubt, doubtful))
        return events.Ended(result="gave_up", message=f"performed, but the screen does not bear it out: {named}")
    return events.Ended(result="done", message=finish.message)


def _account(episode: Episode) -> Account:
    decision = episode.current.decision if episode.current else None
    return decision.account if decision else Account()


def _without(episode: Episode, numbers: Sequence[int]) -> Episode:
    """Return the episode without the steps of these numbers."""
    left = (step for number, step in enumerate(episode.steps) if number not in numbers)
    return episode.model_copy(update={"steps": tuple(left)})


def _doubt(step: Step) -> str:
    assert step.action is not None
    return describe(step.action) + (f" ({step.effect.evidence})" if step.effect and step.effect.evidence else "")
