"""What a client may hand to the tools: closed models, and what is wrong with a call in our own words."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Literal, Self, TypeVar

from pydantic import BeforeValidator, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from screenagent import keys
from screenagent.actions import (
    Click,
    CloseWindow,
    Drag,
    FocusWindow,
    Input,
    Move,
    OpenProgram,
    PressKeys,
    Scroll,
    Target,
    TypeText,
    Visible,
    usual_expectation,
)
from screenagent.errors import UserError
from screenagent.events import PlannedStep
from screenagent.geometry import Value
from screenagent.secrets import secrets_meant
from screenagent.showing import abridged

LONGEST_TEXT: Final = 2000
MOST_STEPS: Final = 8
LONGEST_WAIT: Final = 45
MOST_MISTAKES: Final = 3
"""Mistakes of one call that are told."""

Text = Annotated[str, Field(max_length=LONGEST_TEXT)]
Do = Literal[
    "click",
    "double_click",
    "right_click",
    "hover",
    "drag",
    "type",
    "press",
    "scroll_up",
    "scroll_down",
    "focus_window",
    "close_window",
    "open",
]
"""What a step does."""


class WrongArguments(UserError):
    """A tool was called with arguments that it does not take; nothing was done."""

    code = "wrong_arguments"


def _unquoted(value: object) -> object:
    """Return what a list or an object that was sent as a string says; anything else as it is."""
    if not isinstance(value, str) or not value.lstrip().startswith(("[", "{")):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


class StepAsked(Value):
    """One step of a client's, in words."""

    do: Do
    target: Text = ""
    to: Text = ""
    text: Text = ""
    keys: Text = ""
    expect: Text = ""

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        for name in ("target", "to", "text", "keys"):
            given, needed, allowed = (
                bool(getattr(self, name).strip()),
                name in _NEEDS[self.do],
                _ALLOWS.get(self.do, ""),
            )
            if needed and not given:
                raise ValueError(f"{self.do} needs “{name}”")
            if given and not needed and name != allowed:
                cure = "; click the target in a step of its own first" if name == "target" else ""
                raise ValueError(f"{self.do} takes no “{name}”{cure}")
        if self.do == "open" and secrets_meant(self.target):
            raise ValueError("open takes no secret; a secret is typed")
        self.planned()
        return self

    def planned(self) -> PlannedStep:
        """Return the step as the loop carries it out; raise `ValueError` if its keys or its command are wrong."""
        action = _ACTIONS[self.do](self)
        expected = Visible(words=self.expect) if self.expect.strip() else usual_expectation(action)
        return PlannedStep(action=action, expectation=expected)


_NEEDS: Final[Mapping[Do, tuple[str, ...]]] = {
    **dict.fromkeys(
        ("click", "double_click", "right_click", "hover", "focus_window", "close_window", "open"), ("target",)
    ),
    "drag": ("target", "to"),
    "type": ("text",),
    "press": ("keys",),
    "scroll_up": (),
    "scroll_down": (),
}
_ALLOWS: Final[Mapping[Do, str]] = {"scroll_up": "target", "scroll_down": "target"}


def _scrolled(direction: Literal["up", "down"]) -> Callable[[StepAsked], Input]:
    def scroll(step: StepAsked) -> Input:
        return Scroll(direction=direction, target=Target(words=step.target) if step.target.strip() else None)

    return scroll


_ACTIONS: Final[Mapping[Do, Callable[[StepAsked], Input]]] = {
    "click": lambda step: Click(target=Target(words=step.target)),
    "double_click": lambda step: Click(target=Target(words=step.target), count=2),
    "right_click": lambda step: Click(target=Target(words=step.target), button="right"),
    "hover": lambda step: Move(target=Target(words=step.target)),
    "drag": lambda step: Drag(path=(Target(words=step.target), Target(words=step.to))),
    "type": lambda step: TypeText(text=step.text),
    "press": lambda step: PressKeys(keys=keys.chord(step.keys)),
    "scroll_up": _scrolled("up"),
    "scroll_down": _scrolled("down"),
    "focus_window": lambda step: FocusWindow(window=step.target),
    "close_window": lambda step: CloseWindow(window=step.target),
    "open": lambda step: OpenProgram(command=step.target),
}

Steps = Annotated[
    tuple[Annotated[StepAsked, BeforeValidator(_unquoted)], ...],
    BeforeValidator(_unquoted),
    Field(min_length=1, max_length=MOST_STEPS),
]


class NoArguments(Value):
    pass


class SeeArguments(Value):
    region: Text = ""


class FindArguments(Value):
    target: Text = Field(min_length=1)


class ActArguments(Value):
    frame: Text
    steps: Steps


class WaitArguments(Value):
    words: Text = Field(min_length=1)
    gone: bool = False
    seconds: float = Field(default=10.0, ge=0, le=LONGEST_WAIT)


class RunArguments(Value):
    task: Text = Field(min_length=1)


class HandleArguments(Value):
    handle: Text


class PlayArguments(Value):
    name: Text = Field(min_length=1)
    values: Text = ""


ArgumentsT = TypeVar("ArgumentsT", bound=Value)


def read_arguments(kind: type[ArgumentsT], given: Mapping[str, Any]) -> ArgumentsT:
    """Return the arguments of a call; raise `WrongArguments` that says what is wrong with them."""
    try:
        return kind.model_validate(dict(given))
    except ValidationError as error:
        names = ", ".join(kind.model_fields) or "no arguments"
        told = [_mistake(mistake, names) for mistake in error.errors(include_url=False)[:MOST_MISTAKES]]
        raise WrongArguments("; ".join(told)) from None
    except RecursionError:
        raise WrongArguments("the arguments are nested too deeply") from None


def _mistake(mistake: ErrorDetails, names: str) -> str:
    place = abridged(".".join(map(str, mistake["loc"])), 80)
    given, more = abridged(repr(mistake["input"])[:200], 80), mistake.get("ctx", {})
    match mistake["type"]:
        case "extra_forbidden":
            within = (
                "a step takes do, target, to, text, keys and expect" if "." in place else f"this tool takes {names}"
            )
            return f"unknown argument {place}; {within}"
        case "missing":
            return f"{place} is missing"
        case "literal_error":
            return f"{place} is {given}; it must be one of {more['expected']}"
        case "string_too_long":
            return f"{place} is longer than {more['max_length']} characters"
        case "string_too_short":
            return f"{place} is empty"
        case "too_long" | "too_short":
            return f"{place} must have 1 to {MOST_STEPS} steps"
        case "greater_than_equal" | "less_than_equal":
            return f"{place} is {given}; it must be 0 to {LONGEST_WAIT}"
        case "value_error":
            return f"{place}: {more['error']}"
        case kind:
            return f"{place} is {given}; it must be {_KINDS.get(kind.partition('_')[0], 'as the schema says')}"


_KINDS: Final = {
    "string": "a text",
    "tuple": "a list of steps",
    "list": "a list of steps",
    "model": "an object",
    "dict": "an object",
    "bool": "true or false",
    "float": "a number",
    "finite": "a finite number",
}
