"""Calculating with the keys of a calculator, by their labels; the result is compared with what it has to be."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

from screenagent.actions import Change
from screenagent.geometry import Location
from screenagent.planning.skills.letters import exact
from screenagent.planning.skills.moves import click
from screenagent.planning.skills.skill import SkillFailed, SkillRun
from screenagent.planning.skills.view import ScreenView

_OPERATORS: Final = {
    "+": "+", "plus": "+", "-": "-", "−": "-", "minus": "-", "*": "*", "x": "*", "×": "*", "times": "*",
    "multiplied by": "*", "/": "/", "÷": "/", "divided by": "/", "over": "/",
}  # fmt: skip
_LABELS: Final = {"*": ("×", "*", "x", "X"), "/": ("÷", "/"), "-": ("−", "-", "–"), ".": (".", ",")}
_CLEARING: Final = ("AC", "C", "CE", "Clear")
_TERM: Final = re.compile(r"\d+(?:\.\d+)?|" + "|".join(map(re.escape, sorted(_OPERATORS, key=len, reverse=True))))


def parse_sum(sum: str) -> tuple[str, ...]:
    """Return numbers and the signs +, -, * and / between them."""
    return tuple(_OPERATORS.get(term, term) for term in _TERM.findall(sum.lower()))


def calculate(view: ScreenView, terms: tuple[str, ...]) -> SkillRun:
    keys = {sign: _key(view, sign) for sign in dict.fromkeys((*"".join(terms), "="))}
    points = {(key.point.x, key.point.y) for key in keys.values()}
    if len(points) < len(keys):
        raise SkillFailed("the calculator's keys cannot be told from each other")
    clear = next((box for name in _CLEARING for box in exact(view, name)), None)
    if clear is not None:
        yield (click(clear.center, "the key that clears"),)
    pressed = (*"".join(terms), "=")
    yield tuple(click(keys[sign], sign, expectation=Change()) for sign in pressed)
    result = value(terms)
    if not any(_reads(line.text, result) for line in view.lines):
        raise SkillFailed(f"the calculator does not show {float(result):g}")


def value(terms: tuple[str, ...]) -> Fraction:
    """Return the value of a sum; products come first."""
    products, signs = [Fraction(terms[0])], [1]
    for sign, number in zip(terms[1::2], map(Fraction, terms[2::2]), strict=True):
        if sign in "+-":
            products.append(number)
            signs.append(1 if sign == "+" else -1)
        elif sign == "/" and not number:
            raise SkillFailed("nothing can be divided by 0")
        else:
            products[-1] = products[-1] * number if sign == "*" else products[-1] / number
    return sum((sign * product for sign, product in zip(signs, products, strict=True)), Fraction())


def _key(view: ScreenView, sign: str) -> Location:
    for label in _LABELS.get(sign, (sign,)):
        if found := exact(view, label):
            return Location(point=found[-1].center, box=found[-1], confidence=1.0, by="text")
    if found_key := view.find(f"the “{sign}” button"):
        return found_key
    raise SkillFailed(f"no key “{sign}” of a calculator is to be seen")


def _reads(text: str, result: Fraction) -> bool:
    """Whether a line is this number, however its thousands are parted."""
    bare = re.sub(r"[\s'’,](?=\d{3}\b)", "", text).replace("−", "-").replace(",", ".")
    if not re.fullmatch(r"=?\s*-?\d+(?:\.\d+)?", bare):
        return False
    return abs(float(bare.lstrip("= ")) - float(result)) <= 1e-6 * max(1.0, abs(float(result)))
