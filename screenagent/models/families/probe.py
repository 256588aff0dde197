"""Finds out how a model counts, by asking where three marks are on a picture on which their places are known.

The marks lie off the diagonal, so that fractions, thousandths, pixels and swapped axes all mean different places. The
picture is as large as any that a run sends, so that a server that shrinks pictures is found out where that matters.
What fits here to a hair's breadth differs by a few pixels on a screen: thousandths and 999ths by one, pixels of
pictures with sides in multiples of 28 and of 32 by half of that at most.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from screenagent.errors import UserError
from screenagent.geometry import Box, Point, Size
from screenagent.models import crop
from screenagent.models.families.family import Family, ModelPlace, Resizing, all_families
from screenagent.models.families.shapes import shortened
from screenagent.models.vision import AnswerGrammar, Numbers, Refused, Regex, RequestRefused, VisionModel, complete
from screenagent.protocols import Retry
from screenagent.screenshot import Screenshot

SIZE: Final = Size(width=1344, height=672)
"""Its sides are multiples of 16, 28 and 32, so that no known family resizes it."""
MOST_PATCHES: Final = 3600
LEAST_PATCHES: Final = 256

OFF_CENTRE: Final = 0.03
"""How far an answer may lie from a mark's middle, in parts of the picture: half way to the edge, so no corner does."""
OFF_SCALE: Final = 0.02
"""How much smaller or larger than it is sent a picture may seem to be, by the pixels in which a model answers."""
_AT_MOST: Final = 8
"""How often as wide as it was sent a picture is taken to be at most."""


@dataclass(frozen=True)
class ProbeMark:
    """A button on the picture: its colour, the number written on it, and where it is."""

    colour: str
    number: str
    box: Box

    @property
    def target(self) -> str:
        return f"the {self.colour} button"

    def is_meant_by(self, place: object) -> bool:
        """Whether a place means the button, and not merely a corner of it."""
        place, middle = place.center if isinstance(place, Box) else place, self.box.center
        return isinstance(place, Point) and max(abs(place.x - middle.x), abs(place.y - middle.y)) <= OFF_CENTRE


MARKS: Final = (
    ProbeMark("red", "7351", Box.around(Point(x=0.8, y=0.25), width=0.12, height=0.12)),
    ProbeMark("green", "2094", Box.around(Point(x=0.3, y=0.6), width=0.12, height=0.12)),
    ProbeMark("blue", "8612", Box.around(Point(x=0.62, y=0.85), width=0.12, height=0.12)),
)


def remedy(family: str = "NAME") -> str:
    """What to do about a model that is of another family than it was asked as."""
    return f"give --family {family} (for a --grounder-model: --grounder-family {family})"


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


def _sent(family: Family, patches: int) -> Screenshot:
    """Return the picture as a run sends it: of at most `patches`, and of a size that the family does not resize."""
    return crop.cropped(probe_picture(), patches=patches, multiple=family.resizing.multiple)


@dataclass(frozen=True)
class MarkAnswers:
    """What a model said when it was asked as `family` is where the marks are, on a picture of size `sent`."""

    family: Family
    said: tuple[str, ...]
    sent: Size
    bound: bool = False

    @property
    def fit(self) -> bool:
        return self._fit(self.family)

    @property
    def resized(self) -> bool:
        """Whether they would fit if the model saw the picture smaller or larger than it was sent."""
        scale = self._scale(self.family)
        return scale is not None and abs(scale - 1) > OFF_SCALE

    @property
    def better_family(self) -> Family | None:
        """Another family whose answers these would be, rightly placed."""
        return next((other for other in all_families().values() if other != self.family and self._fit(other)), None)

    @property
    def why_wrong(self) -> str:
        """A sentence on answers that do not fit, with the family or the setting that they would fit."""
        asked = f"asked where a button is as {self.family.name} is asked"
        asked += f", {'and held to its form, ' if self.bound else ''}the model says {shortened(self._wrong)}"
        if better := self.better_family:
            return f"{asked}, which is right as {better.name} counts; {remedy(better.name)}"
        if self.resized:
            return f"{asked}, {self._why_resized()}"
        if self.bound and not self._in_form:
            cure = "the server does not keep to the form that it is given; set `server` to its kind"
        else:
            cure = f"{remedy()}; `screenagent model families` lists them"
        return f"{asked}, which is no place on that button; {cure}"

    @property
    def _in_form(self) -> bool:
        grammar = self.family.grammar(absent=False)
        return isinstance(grammar, Numbers | Regex) and re.fullmatch(grammar.pattern, self._wrong.strip()) is not None

    def _why_resized(self) -> str:
        scale = self._scale(self.family) or 1.0
        width, height = round(self.sent.width * scale), round(self.sent.height * scale)
        sent = f"{self.sent.width} by {self.sent.height}"
        seems = f"which is right on a picture of {width} by {height} pixels, where {sent} were sent"
        patches = int(0.98 * width * height / crop.PATCH**2)
        if scale > 1:
            return f"{seems}: the server enlarges pictures; have it show them as they are (vLLM: min_pixels)"
        if patches < LEAST_PATCHES:
            return f"{seems}: the server shrinks pictures; have it show larger ones (vLLM: max_pixels)"
        return f"{seems}: the server shrinks pictures; set max_image_patches to {patches} (or raise its max_pixels)"

    @property
    def _wrong(self) -> str:
        off = (answer for mark, answer in self._pairs if not self._on(mark, self.family, answer))
        return next(off, self.said[0])

    @property
    def _pairs(self) -> Iterable[tuple[ProbeMark, str]]:
        return zip(MARKS, self.said, strict=False)

    def _fit(self, family: Family) -> bool:
        scale = self._scale(family)
        right = all(self._on(mark, family, answer) for mark, answer in self._pairs)
        return right and (scale is None or abs(scale - 1) <= OFF_SCALE)

    def _on(self, mark: ProbeMark, family: Family, answer: str) -> bool:
        return mark.is_meant_by(_point(family, answer, self.sent))

    def _scale(self, family: Family) -> float | None:
        """Return how many times as wide as it was sent the picture is by pixels that the model says.

        None if the family does not count pixels, or if there is no such number.
        """
        if family.coordinates.unit != "pixels":
            return None
        sides = Size(width=_AT_MOST * self.sent.width, height=_AT_MOST * self.sent.height)
        as_is = family.model_copy(update={"resizing": Resizing(multiple=1, most_pixels=sides.width * sides.height)})
        said = [(mark.box.center, _point(as_is, answer, sides)) for mark, answer in self._pairs]
        pairs = [
            pair
            for true, told in said
            if told is not None
            for pair in ((true.x, _AT_MOST * told.x), (true.y, _AT_MOST * told.y))
        ]
        scale = sum(true * told for true, told in pairs) / (sum(true**2 for true, _ in pairs) or 1)
        fits = all(abs(told - scale * true) <= OFF_CENTRE * scale for true, told in pairs)
        return scale if fits and len(pairs) == 2 * len(self.said) else None


def _point(family: Family, answer: str, sent: Size) -> Point | None:
    try:
        place: ModelPlace = family.read(answer, sent)
    except Retry:
        return None
    if isinstance(place, Box):
        return place.center
    return place if isinstance(place, Point) else None


def prove_family(
    model: VisionModel,
    family: Family,
    *,
    patches: int = MOST_PATCHES,
    binds: Callable[[AnswerGrammar], bool] = lambda _: True,
) -> None:
    """Raise `WrongFamily` unless the model points at every mark as `family` does, unbound and then bound.

    `binds` says whether the server can hold an answer to a grammar; where nothing is bound, that is not asked.
    """
    for bound in (False, True):
        grammar = family.grammar(absent=False)
        if bound and (grammar is None or not binds(grammar)):
            return
        try:
            answers = ask_marks(model, family, patches=patches, bound=bound)
        except Retry as retry:
            raise WrongFamily(f"asked as {family.name} is asked, the model gives no answer: {retry}") from retry
        if not answers.fit:
            raise WrongFamily(answers.why_wrong)


def detect_family(
    models: Iterable[tuple[Family, VisionModel]],
    *,
    patches: int = MOST_PATCHES,
    binds: Callable[[AnswerGrammar], bool] = lambda _: True,
) -> Family:
    """Return the first family as one of which its model points rightly; raise `WrongFamily` if there is none.

    Each of `models` is the same model, told to think or not as that family is.
    """
    heard: list[str] = []
    nearly = ""
    for family, model in models:
        try:
            first = ask_marks(model, family, MARKS[:1], patches=patches, bound=False)
            heard += first.said
            if first.fit or first.resized:
                prove_family(model, family, patches=patches, binds=binds)
                return family
        except WrongFamily as wrong:
            nearly = nearly or str(wrong)
        except (Retry, RequestRefused):  # such as a template that knows no system prompt
            continue
    answers = ", ".join(list(dict.fromkeys(map(shortened, heard)))[:3]) or "nothing that can be read"
    raise WrongFamily(
        nearly
        or f"this model points as no known family does: asked where a button is it says {answers}; "
        "`screenagent model families` lists those that are known, and --grounder-model names another model to point"
    )


def ask_marks(
    model: VisionModel,
    family: Family,
    marks: tuple[ProbeMark, ...] = MARKS,
    *,
    patches: int = MOST_PATCHES,
    bound: bool,
) -> MarkAnswers:
    """Ask the model where the marks are, as `family` is asked; raise `Retry` if it does not answer."""
    picture = _sent(family, patches)
    said = tuple(_asked(model, family, mark, picture, bound=bound) for mark in marks)
    return MarkAnswers(family, said, picture.size, bound)


def _asked(model: VisionModel, family: Family, mark: ProbeMark, picture: Screenshot, *, bound: bool) -> str:
    asked = family.question(mark.target, picture, absent=False)
    grammar = family.grammar(absent=False) if bound else None
    reply = complete(model.generate(asked, mode="nothink", grammar=grammar, budget=family.budget))
    return f"a refusal: {reply.text}" if isinstance(reply, Refused) else reply.text
