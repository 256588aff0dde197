"""The formats in which models write a place: how each is parsed, and how an answer is constrained to it.

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
    """One format of a place: `written` is the constrained form with `N` for each number, and `read` are the patterns.

    The patterns are more lenient than `written`: they accept surrounding text, other whitespace and a code fence. Each
    requires a character after the last number, so that a truncated number does not match.
    """

    written: str
    read: tuple[str, ...]

    @property
    def count(self) -> int:
        """The number of coordinates: two for a point, four for a bounding box."""
        return self.written.count("N")

    def pattern(self, number: str) -> str:
        """Return the regular expression of the whole answer, with `number` as the pattern of each number."""
        return number.join(escaped(part) for part in self.written.split("N"))

    def example(self, numbers: Sequence[str]) -> str:
        """Return the answer with these numbers."""
        first, *rest = self.written.split("N")
        return first + "".join(number + part for number, part in zip(numbers, rest, strict=True))

    def numbers(self, text: str) -> Sequence[float]:
        """Return the numbers of the only place in `text`; raise `Retry` if there is none or more than one."""
        found = {tuple(map(float, match.groups())) for read in self.read for match in re.finditer(read, text)}
        if len(found) == 1:
            return found.pop()
        count = "no place" if not found else f"{len(found)} different places, not one,"
        example = self.written.replace("N", "…")
        raise Retry(f"{count} in {shortened(text)}; expected {example}", "model_answer")


def escaped(text: str) -> str:
    """Return the pattern of `text` with as few escapes as possible, and only those that all servers support."""
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
"""The answer formats by the names that `families.yaml` uses."""


def shortened(text: str) -> str:
    """Return the beginning of an answer in quotes, for a message."""
    return repr(text if len(text) <= 80 else f"{text[:79]}…")
