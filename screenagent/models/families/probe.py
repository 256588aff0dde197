"""Finds out how a model counts, by asking where three marks are on a picture on which their places are known.

The marks lie off the diagonal, so that fractions, thousandths, pixels and swapped axes all mean different places. What
fits here to a hair's breadth, such as thousandths and 999ths, differs by a pixel on a screen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from screenagent.errors import UserError
from screenagent.geometry import Box, Point, Size
from screenagent.models.families.family import Family, ModelPlace, all_families
from screenagent.models.families.shapes import shortened
from screenagent.models.vision import Refused, VisionModel, complete
from screenagent.protocols import Retry
from screenagent.screenshot import Screenshot

SIZE: Final = Size(width=1344, height=672)
"""Its sides are multiples of 16, 28 and 32, so that no known family resizes it."""


@dataclass(frozen=True)
class ProbeMark:
    """A button on the picture: its colour, the number written on it, and where it is."""

    colour: str
    number: str
    box: Box

    @property
    def target(self) -> str:
        return f"the {self.colour} button"

    def holds(self, place: ModelPlace) -> bool:
        point = place.center if isinstance(place, Box) else place
        return isinstance(point, Point) and point in self.box


MARKS: Final = (
    ProbeMark("red", "7351", Box.around(Point(x=0.8, y=0.25), width=0.12, height=0.12)),
    ProbeMark("green", "2094", Box.around(Point(x=0.3, y=0.6), width=0.12, height=0.12)),
    ProbeMark("blue", "8612", Box.around(Point(x=0.62, y=0.85), width=0.12, height=0.12)),
)

REMEDY: Final = "give --family (or --grounder-family, for a --grounder-model)"


class WrongFamily(UserError):
    """A model does not point as its family is said to; nothing is clicked by what it says."""

    code = "model_family"


@cache
def probe_picture() -> Screenshot:
    """Return a grey screen with a button for each mark."""
    image = Image.new("RGB", (SIZE.width, SIZE.height), (236, 236, 236))
    draw = ImageDraw.Draw(image)
    for mark in MARKS:
        left, top, right, bottom = mark.box.pixels(SIZE)
        draw.rounded_rectangle((left, top, right, bottom), radius=8, fill=mark.colour)
        middle = ((left + right) / 2, (top + bottom) / 2)
        draw.text(middle, mark.number, fill="white", font=ImageFont.load_default(28), anchor="mm")
    return Screenshot.of(image)


def prove_family(model: VisionModel, family: Family) -> None:
    """Raise `WrongFamily` unless the model points at every mark as `family` does, unbound and then bound."""
    for bound in (False, True):
        try:
            said = [ask_mark(model, family, mark, bound=bound) for mark in MARKS]
        except Retry as retry:
            raise WrongFamily(f"asked as {family.name} is asked, the model gives no answer: {retry}") from retry
        if not answers_fit(family, said):
            raise WrongFamily(why_wrong(family, said, bound=bound))


def detect_family(models: Iterable[tuple[Family, VisionModel]]) -> Family:
    """Return the first family as one of which its model points rightly; raise `WrongFamily` if there is none.

    Each of `models` is the same model, told to think or not as that family is.
    """
    heard: list[str] = []
    for family, model in models:
        try:
            heard.append(ask_mark(model, family, MARKS[0], bound=False))
        except Retry:
            continue
        if answers_fit(family, heard[-1:]):
            prove_family(model, family)
            return family
    answers = ", ".join(list(dict.fromkeys(map(shortened, heard)))[:3]) or "nothing that can be read"
    raise WrongFamily(
        f"this model points as no known family does: asked where a button is it says {answers}; "
        "`screenagent model families` lists those that are known, and --grounder-model names another model to point"
    )


def ask_mark(model: VisionModel, family: Family, mark: ProbeMark, *, bound: bool) -> str:
    """Return what the model answers when it is asked where `mark` is, as it stands."""
    asked = family.question(mark.target, probe_picture(), absent=False)
    grammar = family.grammar(absent=False) if bound else None
    reply = complete(model.generate(asked, mode="nothink", grammar=grammar, budget=family.budget))
    return f"a refusal: {reply.text}" if isinstance(reply, Refused) else reply.text


def answers_fit(family: Family, said: Sequence[str]) -> bool:
    """Whether each answer, as the family counts, is on its mark."""
    return all(_on(mark, family, answer) for mark, answer in zip(MARKS, said, strict=False))


def _on(mark: ProbeMark, family: Family, answer: str) -> bool:
    try:
        return mark.holds(family.read(answer, SIZE))
    except Retry:
        return False


def why_wrong(family: Family, said: Sequence[str], *, bound: bool) -> str:
    """Return a sentence on answers that do not fit `family`, with the family that they would fit."""
    wrong = next(answer for mark, answer in zip(MARKS, said, strict=True) if not _on(mark, family, answer))
    asked = f"asked where a button is as {family.name} is asked, {'and held to its form, ' if bound else ''}the model"
    if better := better_family(family, said):
        return f"{asked} says {shortened(wrong)}, which is right as {better.name} counts; {REMEDY} {better.name}"
    if bound:
        remedy = (
            "the server does not keep to the form that it was given; set `server` to the kind of server that this is"
        )
    else:
        remedy = f"{REMEDY} the model's own; `screenagent model families` lists them"
    return f"{asked} says {shortened(wrong)}, which is no place on that button; {remedy}"


def better_family(family: Family, said: Sequence[str]) -> Family | None:
    """Return another family whose answers these would be, rightly placed."""
    return next((other for other in all_families().values() if other != family and answers_fit(other, said)), None)
