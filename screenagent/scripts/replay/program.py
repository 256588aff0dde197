"""A script as a list that can be walked: what to do, and where to go on when something is seen or is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from screenagent import keys
from screenagent.actions import (
    Action,
    Ask,
    Click,
    Drag,
    Expectation,
    Finish,
    Gone,
    HoldKeys,
    Move,
    PressKeys,
    Scroll,
    TypeText,
    Visible,
    WaitFor,
)
from screenagent.events import Plan, PlannedStep
from screenagent.scripts.parameters import PLACE, filled
from screenagent.scripts.schema import (
    AnyStep,
    ApproveStep,
    AskStep,
    ClickStep,
    DragStep,
    Expected,
    ExpectStep,
    HoldStep,
    IfSeenStep,
    KeyboardStep,
    MoveStep,
    PressStep,
    Script,
    ScriptStep,
    ScrollStep,
    TaskStep,
    TypeStep,
    Vanished,
    WaitForStep,
)

AT_ONCE = 3.0
"""How long what should be there already may take to be drawn."""


@dataclass(frozen=True)
class Do:
    """`at` is its place in the plan that is shown, `looks` the anchor of each of its targets, `window` what has to be
    in front."""

    step: AnyStep
    planned: PlannedStep
    at: int
    looks: Mapping[str, str] = field(default_factory=dict)
    window: str | None = None


@dataclass(frozen=True)
class Branch:
    """Go on if `words` are seen, else at `otherwise`."""

    words: str
    otherwise: int


@dataclass(frozen=True)
class Jump:
    to: int


@dataclass(frozen=True)
class Delegate:
    task: str


Instruction = Do | Branch | Jump | Delegate


@dataclass(frozen=True)
class Program:
    instructions: Sequence[Instruction]
    plan: Plan

    @classmethod
    def of(cls, script: Script, values: Mapping[str, str]) -> Program:
        """The script's steps with the values of its parameters in place; what is not known yet stays as it is."""
        found: list[Instruction] = []
        _compile(script.steps, script, values, found)
        done = PlannedStep(action=Finish(success=True, message="every step was carried out"))
        planned = [instruction.planned for instruction in found if isinstance(instruction, Do)]
        return cls(tuple(found), Plan(steps=(*planned, done)))


def _compile(steps: Sequence[AnyStep], script: Script, values: Mapping[str, str], found: list[Instruction]) -> None:
    for step in steps:
        match step:
            case IfSeenStep(if_seen=words, then=then, otherwise=otherwise):
                branch = len(found)
                found.append(Branch(filled(words, values), 0))
                _compile(then, script, values, found)
                jump = len(found)
                found.append(Jump(0))
                found[branch] = Branch(filled(words, values), len(found))
                _compile(otherwise, script, values, found)
                found[jump] = Jump(len(found))
            case TaskStep(task=task):
                found.append(Delegate(filled(task, values)))
            case _:
                at = sum(isinstance(instruction, Do) for instruction in found)
                for offset, planned in enumerate(_planned(step, script, values)):
                    found.append(Do(step, planned, at + offset, _looks(step), _window(step, script)))


def _planned(step: AnyStep, script: Script, values: Mapping[str, str]) -> Iterator[PlannedStep]:
    """The actions that a step is made of; what it expects is expected of the last."""
    *before, last = _actions(step, script, values)
    yield from (PlannedStep(action=action) for action in before)
    expected = step.expect if isinstance(step, ScriptStep) else None
    yield PlannedStep(action=last, expectation=_expectation(expected, values))


def _actions(step: AnyStep, script: Script, values: Mapping[str, str]) -> Iterator[Action]:
    match step:
        case ClickStep(click=target, button=button, count=count, hold=hold):
            yield Click(target=filled(target, values), button=button, count=count, modifiers=hold)
        case MoveStep(move=target):
            yield Move(target=filled(target, values))
        case DragStep(targets=path, button=button, hold=hold):
            yield Drag(path=tuple(filled(target, values) for target in path), button=button, modifiers=hold)
        case ScrollStep(scroll=direction, over=over, notches=notches):
            yield Scroll(direction=direction, target=over and filled(over, values), notches=notches)
        case TypeStep(type=text, into=into):
            if into:
                yield Click(target=filled(into, values))
            yield TypeText(text=filled(text, values))
        case PressStep(press=chord, times=times):
            yield PressKeys(keys=keys.chord(chord), times=times)
        case HoldStep(hold_keys=chord, seconds=seconds):
            yield HoldKeys(keys=keys.chord(chord), seconds=seconds)
        case WaitForStep(wait_for=expected, timeout=timeout):
            yield _watch(expected, timeout or script.timeout, values)
        case ExpectStep(expect=expected, timeout=timeout):
            yield _watch(expected, timeout or AT_ONCE, values)
        case AskStep(ask=question):
            yield Ask(question=filled(question, values))
        case ApproveStep(approve=question):
            yield Ask(question=f"{filled(question, values)} (yes or no)")


def _watch(expected: Expected, seconds: float, values: Mapping[str, str]) -> WaitFor:
    match expected:
        case Vanished(gone=words):
            return WaitFor(words=filled(words, values), gone=True, seconds=seconds)
        case words:
            return WaitFor(words=filled(words, values), seconds=seconds)


def _expectation(expected: Expected | None, values: Mapping[str, str]) -> Expectation | None:
    match expected:
        case None:
            return None
        case Vanished(gone=words):
            return Gone(words=filled(words, values))
        case words:
            return Visible(words=filled(words, values))


def _window(step: AnyStep, script: Script) -> str | None:
    return (step.window if isinstance(step, KeyboardStep) else None) or script.window


def _looks(step: AnyStep) -> dict[str, str]:
    """A target that a parameter names has the looks of what it named once, which may be another."""
    if not isinstance(step, ClickStep | MoveStep | DragStep | ScrollStep | TypeStep):
        return {}
    return {words: name for words, name in zip(step.targets, step.anchors, strict=True) if not PLACE.search(words)}
