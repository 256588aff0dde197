"""The forms in which models write a place: how each is read, and how a model is bound to write it.

To add one, add an `AnswerShape` to `SHAPES`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from screenagent.protocols import Retry

_NUMBER: Final = r"\s*(\d*\.\d+|\d+)\s*"
_FOUR_IN_BRACKETS: Final = rf"\[{_NUMBER},{_NUMBER},{_NUMBER},{_NUMBER}\]"
_TWO_IN_BRACKETS: Final = rf"\[{_NUMBER},{_NUMBER}\]"
_TWO_IN_PARENTHESES: Final = rf"\({_NUMBER},{_NUMBER}\)"
_NAMED: Final = rf"""["']?\bx["']?\s*[:=]{_NUMBER},\s*["']?y["']?\s*[:=]{_NUMBER}"""
_CALL: Final = r"(?:start_box|point)\s*=\s*['\"]?\s*(?:<\|box_start\|>|<point>)?"
_IN_CALL: Final = (
    rf"{_CALL}\s*[\[(]?{_NUMBER},{_NUMBER},{_NUMBER},{_NUMBER}[\])]?",
    rf"{_CALL}\s*[\[(]?{_NUMBER}[,\s]{_NUMBER}[\])]?(?!\s*,?\s*[\d.])",
)


@dataclass(frozen=True)
class AnswerShape:
    """One form of a place: `written` as a model is bound to write it, `N` for each number, and `read` as patterns.

    The patterns are laxer than what is written: text round a place, other blanks and a code fence do not matter.
    """

    written: str
    read: tuple[str, ...]

    @property
    def count(self) -> int:
        """How many numbers it has: two for a point, four for a box."""
        return self.written.count("N")

    def pattern(self, number: str) -> str:
        """Return the regular expression of the whole answer, each number as in `number`."""
        return number.join(re.escape(part).replace(r"\ ", " ") for part in self.written.split("N"))

    def numbers(self, text: str) -> Sequence[float]:
        """Return the numbers of the one place in `text`; raise `Retry` if there is none or more than one."""
        found = {tuple(map(float, match.groups())) for read in self.read for match in re.finditer(read, text)}
        if len(found) == 1:
            return found.pop()
        count = "no place" if not found else f"{len(found)} different places, not one,"
        example = self.written.replace("N", "…")
        raise Retry(f"{count} in {shortened(text)}; expected {example}", "model_answer")


SHAPES: Final = {
    "box": AnswerShape("[N, N, N, N]", (_FOUR_IN_BRACKETS,)),
    "bbox_2d": AnswerShape('{"bbox_2d": [N, N, N, N]}', (_FOUR_IN_BRACKETS,)),
    "box_2d": AnswerShape('{"box_2d": [N, N, N, N]}', (_FOUR_IN_BRACKETS,)),
    "point": AnswerShape("[N,N]", (_TWO_IN_BRACKETS,)),
    "pair": AnswerShape("(N,N)", (_TWO_IN_PARENTHESES,)),
    "x_and_y": AnswerShape('{"x": N, "y": N}', (_NAMED,)),
    "coordinate": AnswerShape('{"coordinate": [N, N]}', (rf"""["']?coordinate["']?\s*[:=]\s*{_TWO_IN_BRACKETS}""",)),
    "click_call": AnswerShape("Action: click(start_box='(N,N)')", _IN_CALL),
}
"""By the names that `families.yaml` uses."""


def shortened(text: str) -> str:
    """Return the beginning of an answer in quotes, for a message."""
    return repr(text if len(text) <= 80 else f"{text[:79]}…")
