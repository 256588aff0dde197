"""Comparisons that a script may make: two values and what is said of them. There are no others, and nothing is run.

    {{total}} == {{amount}}       {{count}} >= 10       {{name}} contains "GmbH"       {{note}} is empty

A value is a parameter's place, a text in quotes, or a word or number as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

PAIRS: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "==": lambda left, right: _ranked(left) == _ranked(right),
    "!=": lambda left, right: _ranked(left) != _ranked(right),
    "<=": lambda left, right: _order(left, right) <= 0,
    ">=": lambda left, right: _order(left, right) >= 0,
    "<": lambda left, right: _order(left, right) < 0,
    ">": lambda left, right: _order(left, right) > 0,
    "contains": lambda left, right: right.casefold() in left.casefold(),
    "starts with": lambda left, right: left.casefold().startswith(right.casefold()),
    "ends with": lambda left, right: left.casefold().endswith(right.casefold()),
}
SINGLES: Final[Mapping[str, Callable[[str], bool]]] = {
    "is not empty": lambda value: value.strip() != "",
    "is empty": lambda value: value.strip() == "",
}
_VALUE: Final = r'\{\{[^{}]*\}\}|"[^"]*"|[^\s"{}=<>!]+'
_COMPARISON: Final = re.compile(
    rf"\s*(?P<left>{_VALUE})\s*"
    rf"(?:(?P<said>{'|'.join(SINGLES)})|(?P<pair>{'|'.join(PAIRS)})\s*(?P<right>{_VALUE}))\s*"
)
_NUMBER: Final = re.compile(r"[-+]?(?:0|[1-9]\d*)(?:\.\d+)?")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")


class Incomparable(ValueError):
    """Two values that have no order: neither both are numbers, nor both dates."""


@dataclass(frozen=True)
class ValueComparison:
    """A comparison as it is written; its values may be places of parameters."""

    left: str
    said: str
    right: str = ""

    def holds(self, fill: Callable[[str], str]) -> bool:
        """Whether it holds once each value went through `fill`; `Incomparable` if it cannot be said."""
        left = fill(self.left)
        return SINGLES[self.said](left) if self.said in SINGLES else PAIRS[self.said](left, fill(self.right))

    def in_words(self, fill: Callable[[str], str]) -> str:
        """It with its values: `“12.50” == “12.00”`."""
        right = "" if self.said in SINGLES else f" “{fill(self.right)}”"
        return f"“{fill(self.left)}” {self.said}{right}"


def comparison(text: str) -> ValueComparison:
    """Read `text`; `ValueError` says what a comparison looks like."""
    read = _COMPARISON.fullmatch(text)
    if read is None:
        raise ValueError(
            f"{text!r} is no comparison; write two values and one of {', '.join(PAIRS)} between them, or a value and"
            f" one of {', '.join(SINGLES)}, as in {{{{total}}}} == {{{{amount}}}}; a text with blanks stands in quotes"
        )
    return ValueComparison(_bare(read["left"]), read["said"] or read["pair"], _bare(read["right"] or ""))


def _bare(value: str) -> str:
    return value[1:-1] if value.startswith('"') else value


def _ranked(value: str) -> Decimal | str:
    """The number that `value` spells, or its text; what begins with needless zeros is a code, and no number."""
    text = value.strip()
    return Decimal(text) if _NUMBER.fullmatch(text) else text


def _order(left: str, right: str) -> int:
    one, other = _ranked(left), _ranked(right)
    if isinstance(one, Decimal) and isinstance(other, Decimal):
        return (one > other) - (one < other)
    texts = left.strip(), right.strip()
    if all(_DATE.fullmatch(text) for text in texts):
        return (texts[0] > texts[1]) - (texts[0] < texts[1])
    raise Incomparable(f"“{left}” and “{right}” have no order: both have to be numbers, or dates as in 2026-05-31")
