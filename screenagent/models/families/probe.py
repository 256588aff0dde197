"""Detects a model's coordinate space by asking where three marks are on a picture with known positions.

The marks lie off the diagonal, so that fractions, thousandths, pixels and swapped axes all mean different places. The
picture is as large as the largest that a run sends, which exposes a server that shrinks pictures. Some coordinate
spaces are too close to be told apart here, but they differ by only a few pixels on a screen: thousandths and 999ths by
one, and pixels of pictures with sides in multiples of 28 and of 32 by at most half of that.
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
from screenagent.models.families.asking import ask_target
from screenagent.models.families.family import Family, ModelPlace, Resizing, all_families
from screenagent.models.families.shapes import shortened
from screenagent.models.vision import AnswerGrammar, Numbers, Refused, Regex, RequestRefused, VisionModel
from screenagent.protocols import Retry
from screenagent.screenshot import Screenshot

SIZE: Final = Size(width=1344, height=672)
"""Its sides are multiples of 16, 28 and 32, so that no known family resizes it."""
MOST_PATCHES: Final = 3600
LEAST_PATCHES: Final = 256

OFF_CENTRE: Final = 0.03
"""How far an answer may be from a mark's centre, as a fraction of the picture: half way to its edge."""
OFF_SCALE: Final = 0.02
"""The tolerance for the scale of a picture, as inferred from a model's pixel coordinates."""
_AT_MOST: Final = 8
"""The largest factor by which a server is assumed to enlarge a picture."""


@dataclass(frozen=True)
class ProbeMark:
    """A button on the picture: its colour, its number and its bounding box."""

    colour: str
    number: str
    box: Box

    @property
    def target(self) -> str:
        return f"the {self.colour} button"

    def is_meant_by(self, place: object) -> bool:
        """Return whether a place is near the centre of the button, not just on a corner of it."""
        place, middle = place.center if isinstance(place, Box) else place, self.box.center
        return isinstance(place, Point) and max(abs(place.x - middle.x), abs(place.y - middle.y)) <= OFF_CENTRE


MARKS: Final = (
    ProbeMark("red", "7351", Box.around(Point(x=0.8, y=0.25), width=0.12, height=0.12)),
    ProbeMark("green", "2094", Box.around(Point(x=0.3, y=0.6), width=0.12, height=0.12)),
    ProbeMark("blue", "8612", Box.around(Point(x=0.62, y=0.85), width=0.12, height=0.12)),
)


def remedy(family: str = "NAME") -> str:
    """Return what to do if a model belongs to another family than the one it was asked as."""
    return f"give --family {family} (for a --grounder-model: --grounder-family {family})"


class WrongFamily(UserError):
    """A model does not point as its family does, so its answers are never clicked on."""

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
    """Return the picture as a run sends it: at most `patches`, and a size that the family does not resize."""
    return crop.cropped(probe_picture(), patches=patches, multiple=family.resizing.multiple)


@dataclass(frozen=True)
class MarkAnswers:
    """A model's answers about the marks, with the prompt of `family` and a picture of size `sent`."""

    family: Family
    said: tuple[str, ...]
    sent: Size
    bound: bool = False

    @property
    def fit(self) -> bool:
        return self._fit(self.family)

    @property
    def resized(self) -> bool:
        """Whether the answers would fit if the model saw the picture smaller or larger than it was sent."""
        scale = self._scale(self.family)
        return scale is not None and abs(scale - 1) > OFF_SCALE

    @property
    def better_family(self) -> Family | None:
        """Another family for which these answers would be correct."""
        return next((other for other in all_families().values() if other != self.family and self._fit(other)), None)

    @property
    def why_wrong(self) -> str:
        """A sentence about answers that do not fit, with the family or the setting that would fix them."""
        asked = f"asked where a button is with the prompt of {self.family.name}"
        asked += f"{' and constrained to its format' if self.bound else ''}, the model says {shortened(self._wrong)}"
        if better := self.better_family:
            return f"{asked}, which is correct for {better.name}; {remedy(better.name)}"
        if self.resized:
            return f"{asked}, {self._why_resized()}"
        if self.bound and not self._in_form:
            cure = "the server does not enforce the answer format; set `server` to the kind of server that it is"
        else:
            cure = f"{remedy()}; `screenagent model families` lists them"
        return f"{asked}, which is not a place on that button; {cure}"

    @property
    def _in_form(self) -> bool:
        grammar = self.family.grammar(absent=False)
        return isinstance(grammar, Numbers | Regex) and re.fullmatch(grammar.pattern, self._wrong.strip()) is not None

    def _why_resized(self) -> str:
        scale = self._scale(self.family) or 1.0
        width, height = round(self.sent.width * scale), round(self.sent.height * scale)
        sent = f"{self.sent.width} by {self.sent.height}"
        seems = f"which is correct for a picture of {width} by {height} pixels, but {sent} were sent"
        patches = int(0.98 * width * height / crop.PATCH**2)
        if scale > 1:
            return f"{seems}: the server enlarges pictures; make it keep their size (vLLM: min_pixels)"
        if patches < LEAST_PATCHES:
            return f"{seems}: the server shrinks pictures; make it accept larger ones (vLLM: max_pixels)"
        return f"{seems}: the server shrinks pictures; set max_image_patches to {patches} (or raise max_pixels there)"

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
        """Return the scale of the picture that the model's pixel coordinates imply, relative to the one sent.

        None if the family does not answer in pixels, or if no scale fits.
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
    """Raise `WrongFamily` unless the model points at every mark as `family` does, unconstrained and then constrained.

    `binds` says whether the server supports a grammar; if it does not, the constrained question is skipped.
    """
    for bound in (False, True):
        grammar = family.grammar(absent=False)
        if bound and (grammar is None or not binds(grammar)):
            return
        try:
            answers = ask_marks(model, family, patches=patches, bound=bound)
        except Retry as retry:
            raise WrongFamily(f"asked with the prompt of {family.name}, the model gives no answer: {retry}") from retry
        if not answers.fit:
            raise WrongFamily(answers.why_wrong)


def detect_family(
    models: Iterable[tuple[Family, VisionModel]],
    *,
    patches: int = MOST_PATCHES,
    binds: Callable[[AnswerGrammar], bool] = lambda _: True,
) -> Family:
    """Return the first family whose prompt makes the model point correctly; raise `WrongFamily` if there is none.

    Each of `models` is the same model with the think switch of that family.
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
        except (Retry, RequestRefused):  # such as a chat template without a system prompt
            continue
    answers = ", ".join(list(dict.fromkeys(map(shortened, heard)))[:3]) or "nothing that can be read"
    raise WrongFamily(
        nearly
        or f"this model does not point like any known family: asked where a button is, it says {answers}; "
        "`screenagent model families` lists the known families, and --grounder-model selects another model to point"
    )


def ask_marks(
    model: VisionModel,
    family: Family,
    marks: tuple[ProbeMark, ...] = MARKS,
    *,
    patches: int = MOST_PATCHES,
    bound: bool,
) -> MarkAnswers:
    """Ask the model where the marks are, with the prompt of `family`; raise `Retry` if it does not answer."""
    picture = _sent(family, patches)
    replies = (ask_target(model, family, mark.target, picture, bound=bound) for mark in marks)
    said = tuple(f"a refusal: {reply.text}" if isinstance(reply, Refused) else reply.text for reply in replies)
    return MarkAnswers(family, said, picture.size, bound)
