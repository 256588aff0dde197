"""Setting what is called by its name alone: the control that stands in the row of the name says how."""

from __future__ import annotations

from typing import Final

from screenagent.geometry import Location
from screenagent.planning.skills.amounts import set_amount
from screenagent.planning.skills.choosing import Dropdown
from screenagent.planning.skills.fields import set_value
from screenagent.planning.skills.moves import click
from screenagent.planning.skills.skill import SkillRun, TargetUnseen
from screenagent.planning.skills.states import bring_about
from screenagent.planning.skills.view import ScreenView
from screenagent.screenshot import ElementState

_STATES: Final[dict[str, ElementState]] = {
    **dict.fromkeys(("on", "yes", "enabled", "true"), "checked"),
    **dict.fromkeys(("off", "no", "disabled", "false"), "unchecked"),
}


def set_setting(view: ScreenView, name: str, value: str) -> SkillRun:
    """Set the drop-down, slider, switch or field of this name."""
    label = view.find_exactly(f"“{name}”")
    state = _STATES.get(value.lower())
    if state and label and (control := view.ticked(label)):
        yield (bring_about(control, name, state),)
    elif closed := view.seen_dropdown(name):
        yield from Dropdown(view, closed, name).choose(value)
    elif label and value.lstrip("-−").isdigit() and view.slider(label):
        yield from set_amount(view, int(value.replace("−", "-")), f"the {name} slider")
    elif field := _field(view, name):
        called = f"the {name} field"
        yield from set_value(view, (click(field, called),), called, value)
    else:
        raise TargetUnseen(f"no field, drop-down, slider or switch of “{name}” is to be seen")


def _field(view: ScreenView, name: str) -> Location | None:
    found = view.find_exactly(f"the {name} field")
    return found if found and found.by != "text" else None
