"""Whether a control is in the state, or shows the value, that a step was to bring about."""

from __future__ import annotations

from screenagent.actions import STATE_WORDS, Holds
from screenagent.events import Effect
from screenagent.perception.similarity import likeness
from screenagent.protocols import StateReader
from screenagent.screenshot import ControlState, Screenshot


def check_state(wanted: Holds, after: Screenshot, states: StateReader | None) -> Effect:
    """Return whether a control is in the state that a step was to bring it into, or to find it in."""
    if states is None:
        return Effect(outcome="unknown", code="state_unknown", evidence=f"nothing here can read whether {wanted}")
    now = states.state(after, wanted.at, valued=wanted.value is not None)
    match _holds(now, wanted):
        case True:
            return Effect(outcome="confirmed", code="in_state", evidence=str(wanted), by=now.by, where=wanted.at)
        case False:
            said = f"“{wanted.control}” {_described(now)}; it was to be so that {wanted}"
            return Effect(outcome="unmet", code="not_in_state", evidence=said, by=now.by, where=wanted.at)
        case None:
            said = f"it is not to be seen whether {wanted}"
            return Effect(outcome="unknown", code="state_unknown", evidence=said, where=wanted.at)


def _holds(control: ControlState, wanted: Holds) -> bool | None:
    if wanted.state is not None:
        return control.is_in(wanted.state)
    if wanted.value is None or control.value is None:
        return None
    return likeness(wanted.value, control.value) > 0


def _described(control: ControlState) -> str:
    if control.value is not None:
        return f"shows “{control.value}”"
    return " and ".join(STATE_WORDS[state] for state in sorted(control.states))
