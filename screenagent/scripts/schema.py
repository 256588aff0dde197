"""What a script can say: one class a kind of step, named by its first key, as in `- click: the Save button`."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Final, Literal, get_args

from pydantic import AfterValidator, ConfigDict, Discriminator, Field, Tag, field_validator, model_validator

from screenagent import keys
from screenagent.actions import Button, Direction, Modifier, Words
from screenagent.geometry import Pixel, Value

ParameterName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_-]*$", max_length=60)]
AnchorName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=80)]
Timeout = Annotated[float, Field(gt=0, le=3600)]

PATIENCE: Final = 5.0
"""How long a target may be missing from a window that is in front and at rest, in seconds."""
REPLACED: Final = 2.0
"""How long if something else with a name stands in its place there, among all that was near it."""

KeyPath = tuple[str | int, ...]
"""Where something stands in a script's file: keys and positions, from the outside in."""


def _chord(text: str) -> str:
    keys.chord(text)
    return text


Chord = Annotated[str, AfterValidator(_chord)]


class Parameter(Value):
    """A value that differs from one replay to the next; `{{name}}` stands for it in the steps."""

    type: Literal["text", "number"] = "text"
    default: str | int | float | None = Field(
        None, description="what it is where none is given; without it one must be given"
    )
    secret: bool = Field(
        False, description="typed from the secret of this name, never written down; only `type` may use it"
    )
    about: str = ""

    @model_validator(mode="after")
    def _sound(self) -> Parameter:
        if self.secret and self.default is not None:
            raise ValueError("a secret has no default: its value is never written into a script")
        if self.default is not None:
            self.text(self.default)
        return self

    def text(self, value: str | int | float) -> str:
        """`value` as it is typed; `ValueError` where it is none of this parameter's."""
        if self.type == "number" and not re.fullmatch(r"[-+]?(\d+([.,]\d+)?|[.,]\d+)", str(value).strip()):
            raise ValueError(f"{value!r} is no number")
        return str(value)


class Placed(Value):
    """A target whose pixel is known: what it is called, and where it is on the screen at the time of the step."""

    target: Words
    at: tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]] = Field(
        description="x and y of its pixel on the screen, from the top left corner"
    )

    @field_validator("at", mode="before")
    @classmethod
    def _two_whole_numbers(cls, at: object) -> object:
        if not isinstance(at, list | tuple) or len(at) != 2 or not all(type(part) is int and part >= 0 for part in at):
            raise ValueError(f"at: {at!r} is not a pixel; write two whole numbers from 0 on, as in at: [412, 233]")
        return at

    @property
    def pixel(self) -> Pixel:
        x, y = self.at
        return Pixel(x=x, y=y)

    def __str__(self) -> str:
        x, y = self.at
        return f"{self.target} at ({x}, {y})"


def _kind_of_target(target: object) -> Literal["words", "place"]:
    return "place" if isinstance(target, Mapping | Placed) else "words"


ScriptTarget = Annotated[
    Annotated[Words, Tag("words")] | Annotated[Placed, Tag("place")], Discriminator(_kind_of_target)
]
"""What a step acts on: words for it, or words and a pixel."""


def words_for(target: str | Placed) -> str:
    """Return what `target` is called."""
    return target.target if isinstance(target, Placed) else target


class Vanished(Value):
    """These words are to be gone from the screen."""

    gone: Words


Expected = Words | Vanished


class ScriptStep(Value):
    """What any step may say beside what it does."""

    expect: Expected | None = Field(
        None, description="what has to be seen, or be gone, afterwards; else the replay ends"
    )
    may: Literal["nothing"] | None = Field(
        None, description="`nothing`: the screen may stay as it is; without it the replay ends where nothing changes"
    )
    timeout: Timeout | None = Field(None, description="how many seconds its target, or what it waits for, may be late")


class TargetStep(ScriptStep):
    anchor: AnchorName | tuple[AnchorName, ...] | None = Field(
        None, description="the recorded appearances of its targets; by default those with the names of the targets"
    )

    target_keys: ClassVar[tuple[str, ...]]

    @property
    def targets(self) -> tuple[str | Placed, ...]:
        """Its targets in the order of the action's."""
        return tuple(target for key in self.target_keys if (target := getattr(self, key)) is not None)

    @property
    def anchors(self) -> tuple[str, ...]:
        """The name of each target's anchor, whether there is one or not."""
        match self.anchor:
            case None:
                return tuple(slug(str(target)) for target in self.targets)
            case str(name):
                return (name, *(slug(str(target)) for target in self.targets[1:]))
            case names:
                return names

    @model_validator(mode="after")
    def _an_anchor_a_target(self) -> TargetStep:
        if isinstance(self.anchor, tuple) and len(self.anchor) != len(self.targets):
            raise ValueError(f"{len(self.anchor)} anchors for {len(self.targets)} targets")
        return self


class ClickStep(TargetStep):
    target_keys = ("click",)
    click: ScriptTarget
    button: Button = "left"
    count: Literal[1, 2, 3] = 1
    hold: tuple[Modifier, ...] = ()


class MoveStep(TargetStep):
    target_keys = ("move",)
    move: ScriptTarget


class DragStep(TargetStep):
    target_keys = ("drag", "to", "via")
    drag: ScriptTarget
    to: ScriptTarget
    via: tuple[ScriptTarget, ...] = ()
    button: Button = "left"
    hold: tuple[Modifier, ...] = ()
    slowly: bool = False

    @property
    def targets(self) -> tuple[str | Placed, ...]:
        return (self.drag, *self.via, self.to)


class ScrollStep(TargetStep):
    target_keys = ("over",)
    scroll: Direction
    over: ScriptTarget | None = None
    notches: int = Field(5, gt=0, le=100)


class KeyboardStep(ScriptStep):
    window: Words | None = Field(None, description="words in the title or the name of the application that gets it")


class TypeStep(TargetStep, KeyboardStep):
    """Into where the keyboard focus is, or into a field that is clicked first."""

    target_keys = ("into",)
    type: str = Field(min_length=1)
    into: ScriptTarget | None = None


class PressStep(KeyboardStep):
    press: Chord = Field(description="keys pressed together, as in ctrl+s")
    times: int = Field(1, gt=0, le=100)


class HoldStep(KeyboardStep):
    hold_keys: Chord
    seconds: float = Field(gt=0, le=60)


class WaitForStep(Value):
    """Until these words are seen, or gone; the replay ends where they are not in time."""

    wait_for: Expected
    timeout: Timeout | None = None


class ExpectStep(Value):
    """The same for what should be there at once: it is waited for only as long as a screen takes to settle."""

    expect: Expected
    timeout: Timeout | None = None


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
    then: tuple[AnyStep, ...] = Field(min_length=1)
    otherwise: tuple[AnyStep, ...] = Field((), alias="else")


def kind_of_step(step: Any) -> str | None:
    """Which kind of step a mapping, or a step, is; None for what is none."""
    if isinstance(step, Value):
        return next(name for name, kind in STEPS.items() if isinstance(step, kind))
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
    | Annotated[PressStep, Tag("press")]
    | Annotated[DragStep, Tag("drag")]
    | Annotated[ScrollStep, Tag("scroll")]
    | Annotated[MoveStep, Tag("move")]
    | Annotated[HoldStep, Tag("hold_keys")]
    | Annotated[WaitForStep, Tag("wait_for")]
    | Annotated[AskStep, Tag("ask")]
    | Annotated[ApproveStep, Tag("approve")]
    | Annotated[TaskStep, Tag("task")]
    | Annotated[IfSeenStep, Tag("if_seen")]
    | Annotated[ExpectStep, Tag("expect")],  # last: the others may say it, too
    Discriminator(kind_of_step),
]
STEPS: Final[Mapping[str, type[Value]]] = {tag.tag: step for step, tag in map(get_args, get_args(get_args(AnyStep)[0]))}
"""The class of each kind of step, by the key that names the kind."""


def _versions(schema: dict[str, Any]) -> None:
    """A file may also be of version 1, which is what one without a version is."""
    for key in ("const", "default"):
        schema.pop(key, None)
    schema["enum"] = [1, 2]


class Script(Value):
    """A task that can be played again."""

    version: Literal[2] = Field(
        2, description="the version of the format; 1 in a file that does not say", json_schema_extra=_versions
    )
    name: Words
    about: str = ""
    app: Words | None = Field(None, description="what to open on a virtual desktop, with its arguments")
    window: Words | None = Field(
        None, description="what has to be in front for the keyboard's steps, where they do not say so themselves"
    )
    parameters: dict[ParameterName, Parameter] = Field(default_factory=dict)
    timeout: Timeout = Field(10.0, description="how many seconds a target, or what is waited for, may be late")
    patience: Timeout | None = Field(
        None,
        description="how many seconds a target may be missing from a window that is in front and at rest: 5, or"
        " `timeout` if that is shorter or the script states it; `timeout` bounds the wait for a window that is not",
    )
    steps: tuple[AnyStep, ...] = Field(min_length=1)

    def patience_for(self, step: AnyStep) -> tuple[float, float]:
        """Return how many seconds the target of `step` may be missing: from a window at rest, and from any."""
        if stated := getattr(step, "timeout", None):
            return stated, stated
        if self.patience is None and "timeout" in self.model_fields_set:
            return self.timeout, self.timeout
        at_rest = self.patience or PATIENCE
        return min(at_rest, self.timeout), self.timeout

    def patience_if_replaced(self, step: AnyStep) -> float:
        """Return how many seconds if something else stands in its place: as many as the script states, if it does."""
        stated = getattr(step, "timeout", None) or self.patience or "timeout" in self.model_fields_set
        at_rest, _ = self.patience_for(step)
        return at_rest if stated else min(REPLACED, at_rest)

    @field_validator("version", mode="before")
    @classmethod
    def _known_version(cls, version: object) -> object:
        if type(version) is not int or version != 2:
            raise ValueError(f"version {version!r} of scripts is not known; write `version: 2`")
        return version


def every_step(steps: tuple[AnyStep, ...]) -> Iterator[AnyStep]:
    """`steps`, and those within them."""
    return (step for _, step in paths(steps))


def paths(steps: tuple[AnyStep, ...], at: KeyPath = ("steps",)) -> Iterator[tuple[KeyPath, AnyStep]]:
    """Every step with its path, those within others after them."""
    for number, step in enumerate(steps):
        yield (*at, number), step
        if isinstance(step, IfSeenStep):
            yield from paths(step.then, (*at, number, "then"))
            yield from paths(step.otherwise, (*at, number, "else"))


def slug(words: str) -> str:
    """The name of an anchor for a target that is called `words`."""
    return "-".join(re.findall(r"[a-z0-9]+", words.lower()))[:60].strip("-") or "target"


IfSeenStep.model_rebuild()
Script.model_rebuild()
