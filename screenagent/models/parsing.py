"""Parses a model's answers. Text that cannot be parsed raises a `Retry` that quotes it; nothing is guessed."""

from __future__ import annotations

import re
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import from_json, to_json

from screenagent.actions import WindowInput, describe, targets
from screenagent.events import Plan
from screenagent.models.families.shapes import shortened
from screenagent.models.prompts import restore_tokens
from screenagent.protocols import Retry

_YES_NO: Final = re.compile(r"\W*(yes|no)\b(?!.*\b(?:yes|no)\b)", re.IGNORECASE | re.DOTALL)
_FENCE: Final = re.compile(r"```(?:json)?\s*(.*?)\s*```", re.DOTALL)

_CANNOT: Final = r"I(?:['’]m unable| am unable| ?can['’]?t| cannot| can not| won['’]t)"
_REFUSAL: Final = re.compile(
    rf"\s*(?:I['’]m sorry|I am sorry|sorry|I apologi[sz]e)\b.{{0,40}}?\b{_CANNOT}\b"
    rf"|\s*{_CANNOT}(?: to)? (?:help|assist|comply|do that|provide)\b",
    re.IGNORECASE | re.DOTALL,
)


def parse_plan(text: str) -> Plan:
    """Return the plan in `text`, which must be JSON and nothing else except a code fence.

    A null stands for an omitted property, since a strict schema allows no omissions. Special tokens that the prompt had
    broken up are restored in the plan's texts.
    """
    try:
        found = Plan.model_validate_json(_without_nulls(unfenced(text)), strict=True)
        found = Plan.model_validate_json(restore_tokens(found.model_dump_json()), strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise _unreadable(f"that is not a plan: {f'{place}: ' if place else ''}{first['msg']}") from error
    except ValueError as error:
        raise _unreadable(f"that is not a plan: {error}") from error
    if any(target.at is not None for step in found.steps for target in targets(step.action)):
        raise _unreadable("that is not a plan: a target is given in words, not as a point")
    if unsaid := next((step.action for step in found.steps if isinstance(step.action, WindowInput)), None):
        raise _unreadable(f"that is not a plan: only a script may {describe(unsaid)}")
    return found


def _without_nulls(text: str) -> str | bytes:
    """Return the JSON in `text` without properties that are null; return other text unchanged."""
    try:
        return to_json(_given(from_json(text.encode(), allow_inf_nan=False)))
    except ValueError:
        return text


def _given(value: Any) -> Any:
    match value:
        case dict():
            return {name: _given(inner) for name, inner in value.items() if inner is not None}
        case list():
            return [_given(inner) for inner in value]
        case _:
            return value


def unfenced(text: str) -> str:
    """Return `text` without the code fence that some models put around JSON."""
    fenced = _FENCE.fullmatch(text.strip())
    return fenced[1] if fenced else text


def parse_yes(text: str) -> bool:
    """Return whether the answer to a question was yes."""
    found = _YES_NO.match(text)
    if found is None:
        raise _unreadable(f"neither yes nor no: {shortened(text)}")
    return found[1].lower() == "yes"


def refuses(answer: str) -> bool:
    """Return whether the answer opens with a refusal."""
    return _REFUSAL.match(answer) is not None


def _unreadable(why: str) -> Retry:
    return Retry(why, "model_answer")
