"""The steps that bring a control into a state: what has to be sent for it is worked out from the screen."""

from __future__ import annotations

from functools import partial
from typing import Final

from screenagent.actions import Click, Finish, Holds, Target, Verify
from screenagent.events import PlannedStep
from screenagent.planning import Instructions
from screenagent.planning.skills import choosing, fields, states
from screenagent.planning.skills.skill import Skill, SkillFailed, SkillRun
from screenagent.planning.skills.view import ScreenView
from screenagent.screenshot import ElementState
from screenagent.scripts.parameters import PLACE
from screenagent.scripts.replay.flow import Frame
from screenagent.scripts.schema import (
    AnyStep,
    ChooseStep,
    FillStep,
    TickStep,
    TurnOffStep,
    TurnOnStep,
    UntickStep,
    words_for,
)

_DONE: Final = PlannedStep(action=Finish(success=True, message="the step was carried out"))


def instructions_for(step: AnyStep, targets: tuple[Target, ...], frame: Frame) -> Instructions | None:
    """Return how to carry out `step`, whose targets are known; None for a step that says itself what is sent.

    `StepFailed` if a value that it names is not known.
    """
    skill = _skill(step, targets, frame)
    return Instructions(skill.words, (skill, _DONE)) if skill else None


def _skill(step: AnyStep, targets: tuple[Target, ...], frame: Frame) -> Skill | None:
    match step:
        case FillStep(fill=target, text=text):
            frame.words(words_for(target))
            return _filling(targets[0], frame.value(text))
        case ChooseStep(choose=option, place=place):
            name, control = frame.words(option), frame.words(words_for(place))
            work = partial(choosing.choose, names=(name,), place=control.removeprefix("the "))
            return Skill(f"choose “{name}” in {control}", work)
        case TickStep(tick=target):
            return _switching("tick", frame.words(words_for(target)), "checked")
        case UntickStep(untick=target):
            return _switching("untick", frame.words(words_for(target)), "unchecked")
        case TurnOnStep(turn_on=target):
            return _switching("turn on", frame.words(words_for(target)), "checked")
        case TurnOffStep(turn_off=target):
            return _switching("turn off", frame.words(words_for(target)), "unchecked")
        case _:
            return None


def _switching(verb: str, target: str, state: ElementState) -> Skill:
    return Skill(f"{verb} {target}", partial(states.switch, target=target, state=state))


def _filling(target: Target, text: str) -> Skill:
    words = f"fill {target} with “{text}”" if text else f"clear {target}"
    return Skill(words, partial(_filled, target=target, text=text))


def _filled(view: ScreenView, target: Target, text: str) -> SkillRun:
    """Leave the field holding `text` and nothing else; where its program says that it does, nothing is sent."""
    is_secret = PLACE.search(text) is not None
    place = view.find(target.words)
    if place and place.box and not is_secret and view.told_value(place.box) == text:
        yield (PlannedStep(action=Verify(that=Holds(control=target.words, at=place.box, value=text))),)
        return
    entering = (PlannedStep(action=Click(target=target)),)
    if not text:
        yield from fields.clear_text(view, entering, target.words)
        return
    yield from fields.set_value(view, entering, target.words, text)
    place = None if is_secret else view.find(target.words)
    told = view.told_value(place.box) if place and place.box else None
    if told is not None and told.strip() != text.strip():
        raise SkillFailed(f"{target} does not keep “{text}”: it holds “{told}”")
