"""Bringing a control into a state: its state is read first, changed only where it is another, and read again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from screenagent.actions import Click, Holds, Target, Verify
from screenagent.events import PlannedStep
from screenagent.geometry import Location
from screenagent.planning.instructions.steps import click_on
from screenagent.planning.skills.skill import SkillFailed, SkillRun, TargetUnseen
from screenagent.planning.skills.view import ScreenView
from screenagent.screenshot import ControlState, ElementState

_TURNING_ON: Final = ("Enable", "Turn on", "Use", "Allow", "Show", "Activate")  # what a label says before the name
IMPOSSIBLE: Final = "cannot be changed: it is disabled"


def switch(view: ScreenView, target: str, state: ElementState) -> SkillRun:
    """Tick or untick a box, choose a radio button, turn a switch on or off."""
    label, name = view.find_exactly(target), target
    control = view.ticked(label) if label else None
    if control is None:
        for longer in (f"“{verb} {target}”" for verb in _TURNING_ON):
            other = view.find_exactly(longer)
            if other and (told := view.ticked(other)):
                label, name, control = other, longer, told
                break
    if label is None:
        raise not_found(view, target)
    if control is None or control.is_in(state) is None:
        yield (click_on(name),)
    else:
        yield (bring_about(control, name, state, at=label),)


def switch_each(view: ScreenView, names: Sequence[str], state: ElementState) -> SkillRun:
    """Tick or untick each of several, unless their names together are one: "Terms and Conditions"."""
    whole = " and ".join(names)
    for name in (whole,) if view.find(f"“{whole}”") else names:
        yield from switch(view, f"“{name}”", state)


def select(view: ScreenView, target: str) -> SkillRun:
    """Select a tab, a row or an item; it is clicked also where nobody tells whether it is selected."""
    label = view.find_exactly(target)
    if label is None:
        raise not_found(view, target)
    told = view.selectable(label)
    yield (bring_about(told, target, "selected", at=label) if told else click_on(target),)


def not_found(view: ScreenView, target: str) -> SkillFailed:
    """Why `target` is not found: it may be out of view, or there are several like it."""
    why = view.why_absent(target)
    return SkillFailed(why) if view.find(target) else TargetUnseen(why)


def bring_about(control: ControlState, name: str, state: ElementState, *, at: Location | None = None) -> PlannedStep:
    """Return the step that leaves the control in this state: a look at it, where it is in it already."""
    wanted = Holds(control=name, at=control.box, state=state)
    if control.is_in(state):
        return PlannedStep(action=Verify(that=wanted))
    if "disabled" in control.states:
        raise SkillFailed(f"“{name}” {IMPOSSIBLE}")
    point = at.point if at and at.point in control.box else control.box.center
    return PlannedStep(action=Click(target=Target(words=name, at=point)), expectation=wanted)
