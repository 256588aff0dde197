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
_TWO: Final = rf"{_NUMBER},{_NUMBER}"
_FOUR: Final = rf"{_TWO},{_TWO}"
_FOUR_IN_BRACKETS: Final = rf"\[{_FOUR}\]"
_TWO_IN_BRACKETS: Final = rf"\[{_TWO}\]"
_NAMED: Final = rf"""["']?\bx["']?\s*[:=]{_NUMBER},\s*["']?y["']?\s*[:=]{_NUMBER}[,}})]"""
_COORDINATE: Final = (
    rf"""(?<![\w])["']?coordinate["']?\s*[:=]\s*{_TWO_IN_BRACKETS}""",
    rf"<parameter=coordinate>\s*{_TWO_IN_BRACKETS}\s*</parameter>",
)
_CALL: Final = r"(?:start_box|point)\s*=\s*['\"]?\s*(?:<\|box_start\|>|<point>)?"
_IN_CALL: Final = (
    rf"{_CALL}\s*[\[(]?{_FOUR}[\])<'\"]",
    rf"{_CALL}\s*[\[(]?{_NUMBER}[,\s]{_NUMBER}[\])<'\"]",
    rf"<point>{_NUMBER}[,\s]{_NUMBER}</point>",
)


@dataclass(frozen=True)
class AnswerShape:
    """One form of a place: `written` as a model is bound to write it, `N` for each number, and `read` as patterns.

    The patterns are laxer than what is written: text round a place, other blanks and a code fence do not matter. Each
    has a sign behind its last number, so that a number that was cut off is none.
    """

    written: str
    read: tuple[str, ...]

    @property
    def count(self) -> int:
        """How many numbers it has: two for a point, four for a box."""
        return self.written.count("N")

    def pattern(self, number: str) -> str:
        """Return the regular expression of the whole answer, each number as in `number`."""
        return number.join(escaped(part) for part in self.written.split("N"))

    def example(self, numbers: Sequence[str]) -> str:
        """Return what is written for these numbers."""
        first, *rest = self.written.split("N")
        return first + "".join(number + part for number, part in zip(numbers, rest, strict=True))

    def numbers(self, text: str) -> Sequence[float]:
        """Return the numbers of the one place in `text`; raise `Retry` if there is none or more than one."""
        found = {tuple(map(float, match.groups())) for read in self.read for match in re.finditer(read, text)}
        if len(found) == 1:
            return found.pop()
        count = "no place" if not found else f"{len(found)} different places, not one,"
        example = self.written.replace("N", "…")
        raise Retry(f"{count} in {shortened(text)}; expected {example}", "model_answer")


def escaped(text: str) -> str:
    """Return the pattern of `text` with as few escapes as it can do with, and with none that servers do not know."""
    return re.escape(text).replace(r"\ ", " ").replace("\\\n", r"\n").replace(r"\-", "-")


SHAPES: Final = {
    "box": AnswerShape("[N, N, N, N]", (_FOUR_IN_BRACKETS,)),
    "box_in_box": AnswerShape("[[N, N, N, N]]", (_FOUR_IN_BRACKETS,)),
    "marked_box": AnswerShape("[[N,N,N,N]]", (rf"[\[(<]{_FOUR}[\])>]", *_IN_CALL)),
    "bbox_2d": AnswerShape('{"bbox_2d": [N, N, N, N]}', (_FOUR_IN_BRACKETS, *_COORDINATE)),
    "box_2d": AnswerShape('{"box_2d": [N, N, N, N]}', (_FOUR_IN_BRACKETS,)),
    "point": AnswerShape("[N,N]", (rf"{_TWO_IN_BRACKETS}(?!\s*,)", _FOUR_IN_BRACKETS)),
    "pair": AnswerShape("(N,N)", (rf"\({_TWO}\)",)),
    "x_and_y": AnswerShape('{"x": N, "y": N}', (_NAMED,)),
    "click_absolute": AnswerShape('{"action": "click_absolute", "x": N, "y": N}', (_NAMED,)),
    "coordinate": AnswerShape('{"coordinate": [N,N]}', _COORDINATE),
    "tool_call": AnswerShape(
        '<tool_call>\n{"name": "computer_use", "arguments": {"action": "left_click", "coordinate": [N, N]}}\n'
        "</tool_call>",
        _COORDINATE,
    ),
    "click": AnswerShape("Click(N, N)", (rf"\bClick\({_TWO}\)",)),
    "click_call": AnswerShape("Action: click(start_box='(N,N)')", _IN_CALL),
    "click_point": AnswerShape("Action: click(point='<point>N N</point>')", _IN_CALL),
    "pyautogui": AnswerShape("pyautogui.click(x=N, y=N)", (rf"\bpyautogui\.\w+\({_NAMED}",)),
}
"""By the names that `families.yaml` uses."""


def shortened(text: str) -> str:
    """Return the beginning of an answer in quotes, for a message."""
    return repr(text if len(text) <= 80 else f"{text[:79]}…")
