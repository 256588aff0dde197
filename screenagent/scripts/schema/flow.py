"""The steps that hold others, or ask; which steps there are, and the way through all of a script."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import ConfigDict, Discriminator, Field, Tag

from screenagent.actions import Words
from screenagent.geometry import Value
from screenagent.scripts.schema.inputs import (
    ChooseStep,
    ClickStep,
    CloseStep,
    DragStep,
    FillStep,
    FocusStep,
    HoldStep,
    MoveStep,
    OpenStep,
    PressStep,
    ScrollStep,
    TickStep,
    TurnOffStep,
    TurnOnStep,
    TypeStep,
    UntickStep,
)
from screenagent.scripts.schema.looking import ExpectStep, ReadStep, VerifyStep, WaitForStep
from screenagent.scripts.schema.parts import Comparison, Expected, KeyPath, ParameterName

Steps = tuple["AnyStep", ...]
AtLeastOne = Annotated[Steps, Field(min_length=1)]


class AskStep(Value):
    """A question to the user; with `into`, the answer is a parameter from there on."""

    ask: Words
    into: ParameterName | None = None


class ApproveStep(Value):
    """A question that only a yes lets the replay go on after."""

    approve: Words


class TaskStep(Value):
    """Plain instructions, or a goal where a model plans: carried out by the configured planner."""

    task: Words


class IfSeenStep(Value):
    """Looks once at the settled screen."""

    model_config = ConfigDict(populate_by_name=True)

    if_seen: Words
    then: AtLeastOne
    otherwise: Steps = Field((), alias="else")


class IfStep(Value):
    """Compares values that are known: parameters, answers, what was read."""

    model_config = ConfigDict(populate_by_name=True)

    condition: Comparison = Field(alias="if")
    then: AtLeastOne
    otherwise: Steps = Field((), alias="else")


class ForEachStep(Value):
    """Once for each row of a CSV file, or of a table that was read; its columns are parameters within."""

    for_each: Words = Field(description="a CSV file, from the script's folder; or the name of a table that was read")
    do: AtLeastOne


class WhileSeenStep(Value):
    """Again and again, as long as these words are on the settled screen."""

    while_seen: Words
    at_most: int = Field(100, gt=0, le=10_000, description="how often; the replay ends where they are still seen then")
    do: AtLeastOne


class RunStep(Value):
    """Another script, from this one's folder; it knows no values but those given with it, and its defaults."""

    model_config = ConfigDict(populate_by_name=True)

    run: Words
    values: dict[ParameterName, str | int | float] = Field(default_factory=dict, alias="with")


class AttemptStep(Value):
    """Steps that may fail: they are tried again, and then what is to be done instead."""

    attempt: AtLeastOne
    retries: int = Field(0, ge=0, le=10, description="how often they are tried again from their first step")
    on_failure: Steps = Field((), description="played after each try that failed")
    afterwards: Literal["stop", "go_on", "set_aside"] = Field(
        "stop",
        description="after the last try that failed: end the replay, play what follows, or end it and set the row aside"
        " for a person",
    )


class Popup(Value):
    """What is done, at any time, where these words are seen."""

    seen: Words
    do: AtLeastOne


def kind_of_step(step: Any) -> str | None:
    """Which kind of step a mapping, or a step, is; None for what is none."""
    if isinstance(step, Value):
        return next(name for name, kind in STEPS.items() if type(step) is kind)
    return next((name for name in STEPS if name in step), None) if isinstance(step, Mapping) else None


def no_step(step: object) -> str:
    """Why `step` is none, in a sentence."""
    known = ", ".join(STEPS)
    if not isinstance(step, Mapping) or not step:
        return f"a step is a mapping with one of {known}; write for example “- click: the Save button”"
    first = str(next(iter(step)))
    near = difflib.get_close_matches(first, STEPS, n=1)
    return f"{first!r} is no step; " + (f"did you mean {near[0]!r}?" if near else f"a step has one of {known}")


AnyStep = Annotated[
    Annotated[ClickStep, Tag("click")]
    | Annotated[TypeStep, Tag("type")]
    | Annotated[FillStep, Tag("fill")]
    | Annotated[PressStep, Tag("press")]
    | Annotated[ChooseStep, Tag("choose")]
    | Annotated[TickStep, Tag("tick")]
    | Annotated[UntickStep, Tag("untick")]
    | Annotated[TurnOnStep, Tag("turn_on")]
    | Annotated[TurnOffStep, Tag("turn_off")]
    | Annotated[DragStep, Tag("drag")]
    | Annotated[ScrollStep, Tag("scroll")]
    | Annotated[MoveStep, Tag("move")]
    | Annotated[HoldStep, Tag("hold_keys")]
    | Annotated[OpenStep, Tag("open")]
    | Annotated[FocusStep, Tag("focus")]
    | Annotated[CloseStep, Tag("close")]
    | Annotated[WaitForStep, Tag("wait_for")]
    | Annotated[ReadStep, Tag("read")]
    | Annotated[VerifyStep, Tag("verify")]
    | Annotated[AskStep, Tag("ask")]
    | Annotated[ApproveStep, Tag("approve")]
    | Annotated[TaskStep, Tag("task")]
    | Annotated[IfSeenStep, Tag("if_seen")]
    | Annotated[IfStep, Tag("if")]
    | Annotated[ForEachStep, Tag("for_each")]
    | Annotated[WhileSeenStep, Tag("while_seen")]
    | Annotated[RunStep, Tag("run")]
    | Annotated[AttemptStep, Tag("attempt")]
    | Annotated[ExpectStep, Tag("expect")],  # last: the others may say it, too
    Discriminator(kind_of_step),
]
STEPS: Final[Mapping[str, type[Value]]] = {tag.tag: step for step, tag in map(get_args, get_args(get_args(AnyStep)[0]))}
"""The class of each kind of step, by the key that names the kind."""


for _kind in (IfSeenStep, IfStep, ForEachStep, WhileSeenStep, AttemptStep, Popup):
    _kind.model_rebuild()


def said(step: Value) -> object:
    """Return what a step says under the key that names its kind."""
    kind = kind_of_step(step)
    return next(getattr(step, name) for name, field in type(step).model_fields.items() if kind in (name, field.alias))


def expected_of(step: Value) -> Expected | None:
    """Return what a step expects, or waits for."""
    expected: Expected | None = getattr(step, "expect", None) or getattr(step, "wait_for", None)
    return expected


def branches(step: Value) -> Iterator[tuple[str, Steps]]:
    """The steps within a step, or a script, by the key that they stand under."""
    for name, field in type(step).model_fields.items():
        match getattr(step, name):
            case (first, *_) as steps if type(first) in STEPS.values():
                yield field.alias or name, tuple(steps)


def paths(holder: Value, at: KeyPath = ()) -> Iterator[tuple[KeyPath, AnyStep]]:
    """Every step in a script, or in a step, with its path, those within others after them."""
    for key, steps in branches(holder):
        for number, step in enumerate(steps):
            yield (*at, key, number), step
            yield from paths(step, (*at, key, number))
    for number, popup in enumerate(getattr(holder, "on_popup", ())):
        yield from paths(popup, (*at, "on_popup", number))
