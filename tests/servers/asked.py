"""Every kind of request that the agent sends to a model, with a test for the right answer.

The models have random weights, so an answer is right only if the server constrained it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from PIL import Image
from pydantic_core import from_json

from screenagent.events import Plan
from screenagent.models.families import Family, all_families, family_named
from screenagent.models.parsing import parse_plan
from screenagent.models.plan_schema import plan_schema
from screenagent.models.remote import RemoteModel
from screenagent.models.vision import (
    AnswerGrammar,
    Finished,
    JsonSchema,
    Numbers,
    Refused,
    Regex,
    Request,
    TextChunk,
    TokenBudget,
)
from screenagent.protocols import Retry
from screenagent.screenshot import Screenshot
from screenagent.usage import Mode, Usage

MARKS: Final = ("<think>", "</think>", "<|dummy_84|>")
PLAN: Final = JsonSchema(definition=plan_schema())
SMALL: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {"kind": {"enum": ["click", "wait"]}, "count": {"type": "integer", "minimum": 1, "maximum": 3}},
    "required": ["kind", "count"],
    "additionalProperties": False,
}


def screen(width: int = 896, height: int = 672, *, seed: int = 1) -> Screenshot:
    """Return a picture of stripes that differ for each seed."""
    image = Image.linear_gradient("L").resize((width, height)).point(lambda grey: grey * seed * 7 % 256)
    return Screenshot.of(image.convert("RGB"))


@dataclass(frozen=True)
class Heard:
    """A whole reply: both parts, and why it ended ("refused" if the model refused)."""

    thought: str
    answer: str
    end: str
    usage: Usage


@dataclass(frozen=True)
class Asked:
    """A request and its right answer: `is_right` returns whether an answer is right, or raises."""

    name: str
    mode: Mode
    is_right: Callable[[str], bool]
    grammar: AnswerGrammar | None = None
    pictures: int = 1
    thought: int = 48
    answer: int = 64

    @property
    def request(self) -> Request:
        seen = tuple(screen(seed=1 + number) for number in range(self.pictures))
        return Request(text="Where is the red button?", pictures=seen)

    @property
    def budget(self) -> TokenBudget:
        return TokenBudget(thought=self.thought, answer=self.answer)

    def problem(self, heard: Heard, *, thinks: bool = True) -> str | None:
        """Return what is wrong with a reply, or None; without `thinks`, the model has no think mode.

        Whitespace instead of reasoning, and line breaks before an answer, come from the chat template.
        """
        if any(mark in heard.thought + heard.answer for mark in MARKS):
            return "a mark of the turn is in the reply"
        if self.mode == "auto":
            return None if heard.thought + heard.answer else "nothing was said"
        if heard.thought.strip() and self.mode == "nothink":
            return "a thought though told not to think"
        if thinks and not heard.thought and self.mode == "think":
            return "no thought"
        try:
            return None if self.is_right(heard.answer.lstrip("\n")) else "not in the form asked for"
        except (ValueError, Retry) as error:
            return str(error)


def is_text(answer: str) -> bool:
    return answer != ""


def is_box(answer: str) -> bool:
    numbers = json.loads(answer)
    return len(numbers) == 4 and all(0 <= number <= 1 for number in numbers)


def is_small(answer: str) -> bool:
    found = json.loads(answer)
    return set(found) == {"kind", "count"} and found["kind"] in {"click", "wait"} and found["count"] in {1, 2, 3}


def is_plan(answer: str) -> bool:
    return isinstance(parse_plan(answer), Plan)


def is_plan_so_far(answer: str) -> bool:
    """Return whether a plan that was cut off by its budget is valid except for its last step."""
    *whole, _ = from_json(answer, allow_partial="trailing-strings")["steps"]
    return not whole or isinstance(Plan.model_validate({"steps": whole}), Plan)


def place_or_absent(family: Family) -> Asked:
    """Return a question, in the family's prompt, for a target that may be absent. Any place in the picture is right."""
    grammar = family.grammar(absent=True)
    assert isinstance(grammar, Regex)

    def is_right(answer: str) -> bool:
        return re.fullmatch(grammar.pattern, answer) is not None

    return Asked(f"{family.name} or absent", "nothink", is_right, grammar, answer=family.answer_tokens * 4)


FAMILIES: Final = [family for family in all_families().values() if family.bindable]
THIRTEEN: Final = (
    Asked("text, no-think", "nothink", is_text, answer=16),
    Asked("text, its own choice", "auto", is_text, thought=0, answer=16),
    Asked("text, think", "think", is_text, answer=16),
    Asked("numbers, no-think", "nothink", is_box, Numbers(count=4)),
    Asked("numbers, think", "think", is_box, Numbers(count=4)),
    *(place_or_absent(family_named(name)) for name in ("phi4", "qwen3", "ui-tars-1.5")),
    Asked("yes or no, two pictures", "nothink", {"yes", "no"}.__contains__, Regex(pattern="yes|no"), 2, answer=4),
    Asked("small object, no-think", "nothink", is_small, JsonSchema(definition=SMALL), answer=256),
    Asked("small object, think", "think", is_small, JsonSchema(definition=SMALL), answer=256),
    Asked("plan, no-think", "nothink", is_plan, PLAN, answer=6000),
    Asked("plan, think", "think", is_plan, PLAN, answer=6000),
)
"""The 13 kinds of request. The places of the other families are further requests of the sixth kind."""


def hear(model: RemoteModel, asked: Asked) -> Heard:
    """Ask the model and return the whole reply."""
    said = {"thought": "", "answer": ""}
    *chunks, last = model.generate(asked.request, mode=asked.mode, grammar=asked.grammar, budget=asked.budget)
    for chunk in chunks:
        assert isinstance(chunk, TextChunk)
        said[chunk.part] += chunk.text
    assert isinstance(last, Finished | Refused)
    return Heard(**said, end=last.reason if isinstance(last, Finished) else "refused", usage=last.usage)
