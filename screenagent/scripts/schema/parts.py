"""What the steps of a script are made of: parameters, targets, and what is expected of the screen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag, field_validator, model_validator

from screenagent import keys
from screenagent.actions import Words
from screenagent.geometry import Pixel, Value
from screenagent.scripts.comparison import comparison

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


def _comparison(text: str) -> str:
    comparison(text)
    return text


Comparison = Annotated[str, AfterValidator(_comparison)]
"""As in `{{total}} == {{amount}}`; see `screenagent.scripts.comparison`."""


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


class New(Value):
    """These words are to come with the step: they were not there before it."""

    new: Words
    within: Timeout | None = Field(None, description="how many seconds they may take")


class FileThere(Value):
    """A file is to be there."""

    file: Words
    newer_than: Literal["run"] | None = Field(None, description="`run`: written since the replay began")
    within: Timeout | None = Field(None, description="how many seconds it may take")


EXPECTED: Final[Mapping[str, type[Value]]] = {"gone": Vanished, "new": New, "file": FileThere}
"""What may be expected beside words, by the key that names it."""


def _kind_of_expected(expected: object) -> str | None:
    if isinstance(expected, Mapping):
        return next((kind for kind in EXPECTED if kind in expected), None)
    return next((kind for kind, model in EXPECTED.items() if isinstance(expected, model)), "words")


Expected = Annotated[
    Annotated[Words, Tag("words")]
    | Annotated[Vanished, Tag("gone")]
    | Annotated[New, Tag("new")]
    | Annotated[FileThere, Tag("file")],
    Discriminator(_kind_of_expected),
]


def slug(words: str) -> str:
    """The name of an anchor for a target that is called `words`."""
    return "-".join(re.findall(r"[a-z0-9]+", words.lower()))[:60].strip("-") or "target"
