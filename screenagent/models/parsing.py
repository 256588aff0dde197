"""Parses what a model says. Text that cannot be parsed raises a `Retry` that quotes it; nothing is guessed."""

from __future__ import annotations

import re
from typing import Final, Literal

from pydantic import ValidationError

from screenagent.actions import targets
from screenagent.events import Plan
from screenagent.geometry import Box, Point, Size
from screenagent.models.prompts import restore_tokens
from screenagent.protocols import Retry

NotThere = Literal["not there"]
ModelPlace = Box | Point | NotThere

_NUMBER: Final = r"\s*(\d*\.\d+|\d+)\s*"
_FOUR: Final = re.compile(rf"\[{_NUMBER},{_NUMBER},{_NUMBER},{_NUMBER}\]")
_TWO: Final = re.compile(
    rf"(?:start_box|point)\s*=\s*['\"]?\s*(?:<\|box_start\|>|<point>)?\s*[\[(]?{_NUMBER}[,\s]{_NUMBER}[\])]?"
)
_NOT_THERE: Final = re.compile(r"\W*(?:it is )?not there\W*", re.IGNORECASE)
_YES_NO: Final = re.compile(r"\W*(yes|no)\b(?!.*\b(?:yes|no)\b)", re.IGNORECASE | re.DOTALL)
_FENCE: Final = re.compile(r"```(?:json)?\s*(.*?)\s*```", re.DOTALL)

_CANNOT: Final = r"I(?:['’]m unable| am unable| ?can['’]?t| cannot| can not| won['’]t)"
_REFUSAL: Final = re.compile(
    rf"\s*(?:I['’]m sorry|I am sorry|sorry|I apologi[sz]e)\b.{{0,40}}?\b{_CANNOT}\b"
    rf"|\s*{_CANNOT}(?: to)? (?:help|assist|comply|do that|provide)\b",
    re.IGNORECASE | re.DOTALL,
)


def fraction_box(text: str, _: Size) -> ModelPlace:
    """Parse `[x1, y1, x2, y2]` in fractions of the picture."""
    return _box(text, Size(width=1, height=1))


def thousandth_box(text: str, _: Size) -> ModelPlace:
    """Parse `[x1, y1, x2, y2]` in thousandths of the picture."""
    return _box(text, Size(width=1000, height=1000))


def pixel_point(text: str, shown: Size) -> ModelPlace:
    """Parse `click(start_box='(x,y)')`, or the same with a box, in pixels of the picture as the model saw it."""
    if _NOT_THERE.fullmatch(text):
        return "not there"
    if _FOUR.search(text):
        return _box(text, shown)
    found = {tuple(map(float, numbers)) for numbers in _TWO.findall(text)}
    if len(found) != 1:
        raise _unreadable(f"{_count(len(found), 'point')} in {_quoted(text)}; expected click(start_box='(x,y)')")
    x, y = found.pop()
    if x > shown.width or y > shown.height:
        raise _unreadable(f"({x:g}, {y:g}) lies outside the picture of {shown.width}x{shown.height} pixels")
    return Point(x=x / shown.width, y=y / shown.height)


def _box(text: str, scale: Size) -> ModelPlace:
    """Return the one box in `text`, whichever corner comes first."""
    if _NOT_THERE.fullmatch(text):
        return "not there"
    found = {tuple(map(float, numbers)) for numbers in _FOUR.findall(text)}
    if len(found) != 1:
        raise _unreadable(f"{_count(len(found), 'box')} in {_quoted(text)}; expected one [x1, y1, x2, y2]")
    x1, y1, x2, y2 = found.pop()
    if max(x1, x2) > scale.width or max(y1, y2) > scale.height:
        raise _unreadable(f"the box {[x1, y1, x2, y2]} is not within {scale.width} by {scale.height}")
    return Box.of_pixels((min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)), scale)


def parse_plan(text: str) -> Plan:
    """Return the plan in `text`, which has to be JSON and nothing else, apart from a code fence.

    What the prompt took apart lest it be a token is put together again in the plan's texts.
    """
    try:
        found = Plan.model_validate_json(unfenced(text), strict=True)
        found = Plan.model_validate_json(restore_tokens(found.model_dump_json()), strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise _unreadable(f"that is no plan: {f'{place}: ' if place else ''}{first['msg']}") from error
    except ValueError as error:
        raise _unreadable(f"that is no plan: {error}") from error
    if any(target.at is not None for step in found.steps for target in targets(step.action)):
        raise _unreadable("that is no plan: a target is given in words, not as a point")
    return found


def unfenced(text: str) -> str:
    """Return `text` without the code fence that some models put around JSON."""
    fenced = _FENCE.fullmatch(text.strip())
    return fenced[1] if fenced else text


def parse_yes(text: str) -> bool:
    """Return whether the answer to a question was yes."""
    found = _YES_NO.match(text)
    if found is None:
        raise _unreadable(f"neither yes nor no: {_quoted(text)}")
    return found[1].lower() == "yes"


def refuses(answer: str) -> bool:
    """Return whether the answer opens with a refusal."""
    return _REFUSAL.match(answer) is not None


def _unreadable(why: str) -> Retry:
    return Retry(why, "model_answer")


def _count(number: int, what: str) -> str:
    return f"no {what}" if number == 0 else f"{number} different places, not one {what},"


def _quoted(text: str) -> str:
    return repr(text if len(text) <= 80 else f"{text[:79]}…")
