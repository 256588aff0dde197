"""The known families of vision models: prompts, answer formats, coordinate spaces and think switches.

The families are rows of `families.yaml`. A new one needs a row and a prompt in `prompts/`. Only a new answer format
needs code, in `shapes.py`.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, field_validator

from screenagent.errors import WrongUsage
from screenagent.geometry import Box, Point, Size, Value
from screenagent.models import prompts
from screenagent.models.families.coordinates import Coordinates
from screenagent.models.families.shapes import SHAPES, AnswerShape, escaped
from screenagent.models.vision import AnswerGrammar, Numbers, Regex, Request, TokenBudget
from screenagent.screenshot import Screenshot
from screenagent.yaml_file import read_packaged

NotThere = Literal["not there"]
ModelPlace = Box | Point | NotThere

NOT_THERE: Final = re.compile(r"\W*(?:action:|answer>)?\W*(?:it is )?not there\W*(?:answer>)?\W*", re.IGNORECASE)
_THOUGHT: Final = re.compile(r"\A.*</\w*think>|<\w*think>.*\Z", re.DOTALL)
"""Reasoning at the beginning of an answer, finished or not, as some models were trained to write it."""

OTHER_KINDS: Final = re.compile(r"embed|rerank|-tts|-asr|-audio")
"""Matches names of models that cannot point even if they contain a family's name: `Qwen3-VL-Embedding-8B`."""

TOLD: Final = {"title", "trained_from", "sizes", "licence", "scores", "verified", "unverified", "notes"}
"""The fields of a row that are for readers only and change no behaviour."""


class Opening(Value):
    """A token at the beginning of the assistant's turn switches reasoning."""

    by: Literal["opening"] = "opening"
    think: str
    nothink: str


class TemplateSwitch(Value):
    """A boolean variable of the chat template switches reasoning (`chat_template_kwargs`)."""

    by: Literal["template"] = "template"
    variable: str


class Effort(Value):
    """The field `reasoning_effort` switches reasoning."""

    by: Literal["effort"] = "effort"
    think: str = "high"
    nothink: str = "none"


class NoSwitch(Value):
    """Reasoning cannot be switched: the model's training decides."""

    by: Literal["none"] = "none"


ThinkSwitch = Annotated[Opening | TemplateSwitch | Effort | NoSwitch, Field(discriminator="by")]


class Resizing(Value):
    """How a model's preprocessing resizes a picture: sides are multiples of `multiple`, and the area is limited."""

    multiple: int = Field(gt=0)
    least_pixels: int = 0
    most_pixels: int = 16_777_216

    def seen(self, sent: Size) -> Size:
        """Return the size at which the model sees a picture of size `sent`."""
        pixels, near = sent.width * sent.height, self._sides(sent, 1.0, round)
        if near.width * near.height > self.most_pixels:
            return self._sides(sent, math.sqrt(self.most_pixels / pixels), math.floor)
        if near.width * near.height < self.least_pixels:
            return self._sides(sent, math.sqrt(self.least_pixels / pixels), math.ceil)
        return near

    def _sides(self, sent: Size, scale: float, rounding: Callable[[float], int]) -> Size:
        width, height = (
            max(self.multiple, rounding(side * scale / self.multiple) * self.multiple)
            for side in (sent.width, sent.height)
        )
        return Size(width=width, height=height)


class Family(Value):
    """One family of models.

    `names` are parts of its models' names. `trained_from` are the base families, whose names may appear in the same
    model's name. `prompt` and `system` are templates. `text_first` puts the text before the picture, and
    `after_picture` is the text that followed each picture in training. `refusal` is the answer that the family was
    trained to give if the target is absent. `bindable` says whether its answers may be constrained. `verified` names
    the sources, and `unverified` what was assumed. `notes` are what else a user should know. `scores` are accuracies
    in percent.
    """

    name: str
    title: str
    names: tuple[str, ...]
    trained_from: tuple[str, ...] = ()
    prompt: str
    system: str | None = None
    text_first: bool = False
    after_picture: str = ""
    shape: str
    coordinates: Coordinates
    resizing: Resizing
    refusal: str | None = None
    bindable: bool = True
    answer_tokens: int = 64
    drops_full_stop: bool = False
    think: ThinkSwitch = NoSwitch()
    sizes: str = ""
    licence: str = ""
    scores: Mapping[str, str] = Field(default_factory=dict)
    verified: tuple[str, ...] = ()
    unverified: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @field_validator("shape")
    @classmethod
    def _is_a_shape(cls, shape: str) -> str:
        if shape not in SHAPES:
            raise ValueError(f"no answer format is called {shape!r}; the formats are {', '.join(SHAPES)}")
        return shape

    @property
    def form(self) -> AnswerShape:
        return SHAPES[self.shape]

    @property
    def digest(self) -> str:
        """A digest of everything that affects how the family is prompted and read."""
        asked = self.model_dump_json(exclude=TOLD)
        templates = "".join(prompts.source(name) for name in (self.prompt, self.system) if name)
        return hashlib.sha256((asked + templates).encode()).hexdigest()[:12]

    @property
    def budget(self) -> TokenBudget:
        """The token limit of an answer that points."""
        return TokenBudget(answer=self.answer_tokens)

    def question(self, target: str, picture: Screenshot, *, absent: bool) -> Request:
        """Return the question where `target` is. With `absent`, the model may also answer that it is not there."""
        seen = self.resizing.seen(picture.size)
        target = target.removesuffix(".") if self.drops_full_stop else target
        asked_for = absent and self.refusal is None  # a trained refusal needs no instruction
        variables = {"target": target, "absent": asked_for, "width": seen.width, "height": seen.height}
        return Request(
            text=_rendered(self.prompt, variables),
            system=_rendered(self.system, variables) if self.system else "",
            text_first=self.text_first,
            pictures=(picture,),
        )

    def grammar(self, *, absent: bool) -> AnswerGrammar | None:
        """Return the grammar of the answer; None if it must not be constrained."""
        if not self.bindable:
            return None
        trained = self.refusal is not None
        if self.shape == "box" and self.coordinates.unit == "fractions" and not absent and not trained:
            return Numbers(count=4)
        place = self.form.pattern(self.coordinates.pattern)
        absence = escaped(self.refusal) if self.refusal else "not there"
        return Regex(pattern=f"{place}|{absence}" if absent or trained else place)

    def read(self, answer: str, sent: Size) -> ModelPlace:
        """Return the place in an answer about a picture of size `sent`; raise `Retry` if it has none."""
        said = _THOUGHT.sub("", answer)
        if NOT_THERE.fullmatch(said) or (self.refusal and _bare(self.refusal) == _bare(said)):
            return "not there"
        return self.coordinates.place(self.form.numbers(said), self.resizing.seen(sent))

    def example(self, box: Box, sent: Size) -> str:
        """Return the constrained answer for `box`, or for its centre, on a picture of size `sent`."""
        middle = box.center
        edges = (box.left, box.top, box.right, box.bottom) if self.form.count == 4 else (middle.x, middle.y)
        return self.form.example(self.coordinates.numbers(edges, self.resizing.seen(sent)))

    def is_named_in(self, model: str) -> bool:
        """Return whether a model's name contains one of the family's names and the model may be able to point."""
        said = model.lower()
        return not OTHER_KINDS.search(said) and any(re.search(_name_pattern(name), said) for name in self.names)


def _rendered(prompt: str, variables: Mapping[str, object]) -> str:
    declared = prompts.declared(prompt)
    return prompts.render_prompt(prompt, {name: value for name, value in variables.items() if name in declared})


def _bare(answer: str) -> str:
    """Return an answer without whitespace, quotes and code fences."""
    return re.sub(r"```(?:json)?|[\s'\"]", "", answer)


@cache
def _name_pattern(name: str) -> str:
    """Return the pattern of a family's name in a model's name: a whole word or number, with optional hyphens."""
    written = re.escape(name).replace(r"\-", "[-_ ]?").replace(r"\.", "[._]")
    end = "[a-z0-9]" if name[-1].isalpha() else "[0-9]"
    return rf"(?<![a-z0-9]){written}(?!{end}|[._][0-9])"


@cache
def all_families() -> Mapping[str, Family]:
    """Return the families by name."""
    families = read_packaged(Path(__file__).with_name("families.yaml"), list[Family])
    return {family.name: family for family in families}


def family_named(name: str) -> Family:
    """Return the family with this name; otherwise raise `WrongUsage` with a list of the known names."""
    try:
        return all_families()[name]
    except KeyError:
        known = ", ".join(all_families())
        raise WrongUsage(f"no model family is called {name!r}; `screenagent model families` knows {known}") from None


def family_of(model: str) -> Family | None:
    """Return the family that a model's name identifies; None if it contains no family's name, or two.

    A base family does not count next to a family trained from it: `UI-TARS-1.5-qwen2.5-vl` is a UI-TARS.
    """
    found = [family for family in all_families().values() if family.is_named_in(model)]
    trained_from = {name for family in found for name in family.trained_from}
    last = [family for family in found if family.name not in trained_from]
    return last[0] if len(last) == 1 else None
