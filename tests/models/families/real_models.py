"""Models that see: each finds a colour on the picture that it is sent, and says where it is as its family does."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from PIL import Image

from screenagent.geometry import Box, Size
from screenagent.models.families import Family
from screenagent.models.families.coordinates import NUMBERS
from screenagent.models.vision import (
    AnswerGrammar,
    Chunk,
    Finished,
    Numbers,
    Regex,
    Request,
    TextChunk,
    TokenBudget,
    complete,
)
from screenagent.screenshot import Screenshot
from screenagent.usage import Mode
from tests.loopback import Reply, says

COLOURS: Final = {"red": (255, 0, 0), "green": (0, 128, 0), "blue": (0, 0, 255), "orange": (255, 140, 0)}
"""What a button may be painted in."""

UNITS: Final = {"fractions": 1, "thousandths": 1000, "999ths": 999}


def button_on(picture: Screenshot, text: str) -> Box:
    """Return where the button is whose colour the question `text` names."""
    colour = re.search(rf"the ({'|'.join(COLOURS)}) button", text)
    assert colour is not None, text
    key = picture.digest, colour[1]
    if key not in _FOUND:
        _FOUND[key] = _painted(picture, colour[1])
    return _FOUND[key]


_FOUND: dict[tuple[str, str], Box] = {}


def _painted(picture: Screenshot, colour: str) -> Box:
    near = np.abs(np.asarray(picture.pixels, dtype=int) - COLOURS[colour]).sum(axis=2) < 60
    down, across = np.nonzero(near)
    edges = (across.min(), down.min(), across.max() + 1, down.max() + 1)
    return Box.of_pixels(edges, picture.size)


def served(model: RealModel) -> Callable[[dict[str, Any]], Reply]:
    """Let `model` answer behind a vLLM server."""

    def reply(body: dict[str, Any]) -> Reply:
        parts = next(message["content"] for message in body["messages"] if message["role"] == "user")
        text = " ".join(part["text"] for part in parts if part["type"] == "text")
        (shown,) = (part["image_url"]["url"] for part in parts if part["type"] == "image_url")
        with Image.open(io.BytesIO(base64.b64decode(shown.partition(",")[2]))) as image:
            picture = Screenshot.of(image.convert("RGB"))
        bound = body.get("structured_outputs", {}).get("regex")
        request = Request(text=text, pictures=(picture,))
        said = complete(model.generate(request, grammar=Regex(pattern=bound) if bound else None))
        return says(said.text)

    return reply


@dataclass
class RealModel:
    """Answers as `family` does, whatever it is asked as, behind a server that shows it `least` to `most` pixels.

    Held to a form, it writes its own numbers into it.
    """

    family: Family
    most: int | None = None
    least: int | None = None
    questions: int = field(default=0, init=False)

    def generate(
        self,
        request: Request,
        *,
        mode: Mode = "auto",
        grammar: AnswerGrammar | None = None,
        budget: TokenBudget | None = None,
    ) -> Iterator[Chunk]:
        self.questions += 1
        (picture,) = request.pictures
        box = button_on(picture, request.text)
        yield TextChunk(text=self.said(box, picture.size, grammar), part="answer")
        yield Finished(reason="end")

    def said(self, box: Box, sent: Size, grammar: AnswerGrammar | None) -> str:
        numbers = self.numbers(box, self.seen(sent))
        return self.family.form.example(numbers) if grammar is None else forced(numbers, grammar)

    def seen(self, sent: Size) -> Size:
        limits = {"most_pixels": self.most, "least_pixels": self.least}
        rule = self.family.resizing.model_copy(update={name: value for name, value in limits.items() if value})
        return rule.seen(sent)

    def numbers(self, box: Box, seen: Size) -> list[str]:
        """Return what it says for a box: its edges, or its middle."""
        end = UNITS.get(self.family.coordinates.unit)
        width, height = (end, end) if end else (seen.width, seen.height)
        x, y = box.center.x, box.center.y
        parts = (box.left, box.top, box.right, box.bottom) if self.family.form.count == 4 else (x, y)
        counted = [part * (height if place % 2 else width) for place, part in enumerate(parts)]
        written = [f"{number:.4f}" if end == 1 else str(round(number)) for number in counted]
        if self.family.coordinates.y_first:
            written = [written[place ^ 1] for place in range(len(written))]
        return written


def forced(numbers: list[str], grammar: AnswerGrammar) -> str:
    """Return these numbers in the form that is demanded: cut where it wants whole ones, behind `0.` where fractions."""
    pattern = grammar.pattern if isinstance(grammar, Numbers) else str(getattr(grammar, "pattern", ""))
    place = _first_alternative(pattern)
    fractions = r"0\.[0-9]" in pattern
    number = "|".join(map(re.escape, NUMBERS.values()))
    wanted = len(re.findall(number, place))
    have = (numbers * 4)[:wanted] if len(numbers) != 4 or wanted == 4 else numbers[:2]
    digits = [_bent(one, fractions=fractions) for one in have]
    text = re.sub(number, lambda _: digits.pop(0), place)
    return re.sub(r"\\(.)", lambda escape: "\n" if escape[1] == "n" else escape[1], text)


def _first_alternative(pattern: str) -> str:
    depth = 0
    for at, sign in enumerate(pattern):
        escaped = at > 0 and pattern[at - 1] == "\\"
        depth += 0 if escaped else (sign == "(") - (sign == ")")
        if sign == "|" and depth == 0:
            return pattern[:at]
    return pattern


def _bent(number: str, *, fractions: bool) -> str:
    if fractions:
        return number if "." in number else f"0.{number}"[:6]
    return str(int(float(number) * (1000 if "." in number else 1)))
