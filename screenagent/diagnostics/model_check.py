"""Checks a vision model with questions about a picture whose content is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from PIL import Image, ImageDraw, ImageFont

from screenagent.geometry import Absent, Box, Point
from screenagent.models import prompts
from screenagent.models.dialects import DIALECTS, Dialect
from screenagent.models.parsing import ModelPlace
from screenagent.models.vision import Refused, Request, TokenBudget, VisionModel, complete, stream
from screenagent.protocols import Retry
from screenagent.screenshot import Screenshot

SIZE: Final = (896, 672)  # its sides are multiples of 16, 28 and 32, so no family resizes it
MARK: Final = Box(left=0.625, top=0.25, right=0.75, bottom=0.375)
NUMBER: Final = "7351"
CODE: Final = "MAGENTA-42"
FILLER: Final = "This line means nothing. "

ModelCode = Literal[
    "works", "no_answer", "no_vision", "other_convention", "wrong_place", "prompt_cut", "no_thought", "unwanted_thought"
]


@dataclass(frozen=True)
class ModelFinding:
    """The result of one check; `said` tells the user what was seen, or what is wrong and what to do."""

    what: str
    code: ModelCode
    said: str

    @property
    def works(self) -> bool:
        return self.code == "works"


def check_model(model: VisionModel, dialect: Dialect) -> Iterator[ModelFinding]:
    """Yield the finding of each check as it is made."""
    for what, attempt in (
        ("vision", _vision),
        ("coordinates", _coordinates),
        ("whole prompt", _whole_prompt),
        ("think switch", _think_switch),
    ):
        try:
            yield attempt(what, model, dialect)
        except Retry as retry:
            yield ModelFinding(what, "no_answer", f"no usable answer: {retry}")


def check_picture() -> Screenshot:
    """Return a grey screen with one red button that shows a number."""
    image = Image.new("RGB", SIZE, (236, 236, 236))
    draw = ImageDraw.Draw(image)
    edges = (MARK.left * SIZE[0], MARK.top * SIZE[1], MARK.right * SIZE[0], MARK.bottom * SIZE[1])
    draw.rectangle(edges, fill=(200, 0, 0))
    middle = (MARK.center.x * SIZE[0], MARK.center.y * SIZE[1])
    draw.text(middle, NUMBER, fill="white", font=ImageFont.load_default(28), anchor="mm")
    return Screenshot.of(image)


def _said(model: VisionModel, text: str, *, answer: int = 64) -> str:
    request = Request(text=text, pictures=(check_picture(),))
    reply = complete(model.generate(request, mode="nothink", budget=TokenBudget(answer=answer)))
    if isinstance(reply, Refused):
        raise Retry(f"it refuses: {reply.text}")
    return reply.text


def _vision(what: str, model: VisionModel, _: Dialect) -> ModelFinding:
    said = _said(model, "Which number is written on the red button? Answer with the number only.")
    if NUMBER in said:
        return ModelFinding(what, "works", f"it reads {NUMBER} off the picture")
    wrong = f"it does not see the picture: asked for {NUMBER} it says {said.strip()!r}"
    remedy = "is the vision part loaded (llama.cpp: --mmproj), and is this a vision model?"
    return ModelFinding(what, "no_vision", f"{wrong}; {remedy}")


def _coordinates(what: str, model: VisionModel, dialect: Dialect) -> ModelFinding:
    shown = check_picture().size
    question = prompts.render_prompt(dialect.prompt, {"target": "the red button", "absent": False})
    said = _said(model, question, answer=256)
    place = _read(lambda: dialect.read(said, shown))
    if place is not None and _on_mark(place):
        return ModelFinding(what, "works", f"it points at the button, as {dialect.name} counts")
    for other in DIALECTS.values():
        meant = _read(lambda other=other: other.read(said, shown))  # type: ignore[misc]
        if other is not dialect and meant is not None and _on_mark(meant):
            wrong = f"{said.strip()!r} is right as {other.name} counts, not as {dialect.name} does"
            remedy = f"set model_name to a name that has {other.families[0]!r} in it"
            return ModelFinding(what, "other_convention", f"wrong coordinate convention: {wrong}; {remedy}")
    return ModelFinding(what, "wrong_place", f"it does not point at the button: {said.strip()!r}")


def _whole_prompt(what: str, model: VisionModel, _: Dialect) -> ModelFinding:
    """Check that the beginning and the end of a prompt near the limit both arrive."""
    text = f"The code is {CODE}. {FILLER * 400}What is the code? Answer with the code only."
    said = _said(model, text)
    if CODE in said:
        return ModelFinding(what, "works", "a prompt of 3,000 tokens arrives whole")
    wrong = f"the prompt is cut: the code at the beginning of 3,000 tokens is lost, it says {said.strip()!r}"
    remedy = "raise the context length to 8192 (vLLM: --max-model-len, llama.cpp: --ctx-size)"
    return ModelFinding(what, "prompt_cut", f"{wrong}; {remedy}")


def _think_switch(what: str, model: VisionModel, _: Dialect) -> ModelFinding:
    request = Request(text="How many buttons are there? Answer with the number.", pictures=(check_picture(),))
    budget = TokenBudget(thought=256, answer=64)
    thinking = _thoughts(stream(model.generate(request, mode="think", budget=budget)))
    silent = _thoughts(stream(model.generate(request, mode="nothink", budget=budget)))
    if thinking and not silent:
        return ModelFinding(what, "works", "it thinks when asked to, and only then")
    code: ModelCode = "unwanted_thought" if thinking else "no_thought"
    wrong = "it thinks although told not to" if thinking else "it never shows a thought"
    remedy = "set server to the kind of server that this is (vllm, …)"
    return ModelFinding(what, code, f"no think switch: {wrong}; {remedy}")


def _thoughts(said: Iterator[str]) -> int:
    return sum(len(thought.strip()) for thought in said)


def _read(read: Callable[[], ModelPlace]) -> ModelPlace | None:
    try:
        return read()
    except Retry:
        return None


def _on_mark(place: ModelPlace | Absent) -> bool:
    if isinstance(place, Box):
        return place.center in MARK
    return isinstance(place, Point) and place in MARK
