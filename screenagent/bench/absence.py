"""Questions about what is not there, made of questions about what is: things of other screens, names with a word too
many, and things that are painted over."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby, islice
from typing import Literal

from PIL import Image

from screenagent.geometry import PixelBox, Size, Value
from screenagent.grounding.expression import parse
from screenagent.grounding.vocabulary import tokens
from screenagent.screenshot import Screenshot, Word

Sort = Literal["easy", "renamed", "painted"]
PixelEdges = tuple[float, float, float, float]
"""left, top, width, height in pixels"""

EACH: dict[Sort, int] = {"easy": 3, "renamed": 2, "painted": 2}
"""How many of a sort are asked of a picture, at most."""

_MORE = ("As", "All", "Copy", "Again", "Later")
"""What a name is lengthened by; the first that stands nowhere on the picture is taken."""


class AbsenceQuestion(Value):
    """What a question needs to tell of itself."""

    picture: str
    instruction: str
    bbox: PixelEdges
    data_type: str


class AbsentTarget(Value):
    """A question about what is not there: on a picture as it is, or with `painted` painted over."""

    picture: str
    instruction: str
    data_type: str
    sort: Sort
    painted: PixelEdges | None = None


def absent_targets(
    asked: Sequence[AbsenceQuestion], read: Callable[[str], tuple[Screenshot, Sequence[Word]]]
) -> list[AbsentTarget]:
    """The same ones for the same questions. `read` gives a picture and the words on it, for what is called missing must
    not stand there by chance."""
    made: list[AbsentTarget] = []
    for picture, group in groupby(sorted(asked, key=lambda one: one.picture), key=lambda one: one.picture):
        own, chance = list(group), random.Random(picture)
        screenshot, words = read(picture)
        others = [one for one in asked if one.picture != picture]
        sorts: dict[Sort, Iterator[AbsentTarget]] = {
            "easy": _of_others(picture, chance.sample(others, len(others)), words),
            "renamed": _renamed(chance.sample(own, len(own)), words),
            "painted": _painted(chance.sample(own, len(own)), words, screenshot.size),
        }
        made += [one for sort, some in sorts.items() for one in islice(some, EACH[sort])]
    return made


def _of_others(picture: str, others: Sequence[AbsenceQuestion], words: Sequence[Word]) -> Iterator[AbsentTarget]:
    """What other screens have and no word of which is read here; an icon has no words to tell it by."""
    there = _stems(word.text for word in words)
    for one in others:
        told = _stems([parse(one.instruction).name])
        if one.data_type != "icon" and told and told.isdisjoint(there):
            yield AbsentTarget(picture=picture, instruction=one.instruction, data_type=one.data_type, sort="easy")


def _renamed(own: Sequence[AbsenceQuestion], words: Sequence[Word]) -> Iterator[AbsentTarget]:
    there = {word.text.lower().strip(".…") for word in words}
    for one in own:
        phrase = parse(one.instruction)
        more = next((word for word in _MORE if word.lower() not in there), None)
        if (phrase.named or phrase.quoted) and more and one.instruction.count(phrase.name) == 1:
            longer = one.instruction.replace(phrase.name, f"{phrase.name} {more}")
            yield AbsentTarget(picture=one.picture, instruction=longer, data_type=one.data_type, sort="renamed")


def _painted(own: Sequence[AbsenceQuestion], words: Sequence[Word], size: Size) -> Iterator[AbsentTarget]:
    """What is there once: painted over, it is not there; a field is gone though its label is left."""
    for one in own:
        left, top, width, height = one.bbox
        inside = PixelBox.at(left, top, width=width, height=height)
        rects = [(word, word.box.exact_pixels(size)) for word in words]
        rest = _stems(word.text for word, rect in rects if not inside.holds(*rect.center))
        told = _stems([parse(one.instruction).name])
        if one.data_type == "field" or (told and told.isdisjoint(rest)):
            yield AbsentTarget(
                picture=one.picture,
                instruction=one.instruction,
                data_type=one.data_type,
                sort="painted",
                painted=one.bbox,
            )


def _stems(texts: Iterator[str] | Sequence[str]) -> set[str]:
    return {token.stem for text in texts for token in tokens(text) if token.weight > 0.1}


def painted_over(image: Image.Image, bbox: PixelEdges) -> Image.Image:
    """The picture with the box and its border gone into what is round it."""
    left, top, width, height = bbox
    box = (max(0, int(left) - 3), max(0, int(top) - 3), int(left + width) + 4, int(top + height) + 4)
    inside = (box[0], box[1], min(box[2], image.width), min(box[3], image.height))
    if inside[2] <= inside[0] or inside[3] <= inside[1]:
        return image
    around = image.crop((inside[0] - 2, inside[1] - 2, inside[2] + 2, inside[3] + 2))
    ring = [around.getpixel((x, y)) for x in range(around.width) for y in (0, 1, around.height - 2, around.height - 1)]
    colour = max(set(ring), key=ring.count)
    covered = image.copy()
    covered.paste(colour, inside)  # type: ignore[arg-type]  # a pixel of an RGB image is a triple
    return covered
