"""pyautogui with pytesseract: a screenshot is read, the words are looked for, and the mouse clicks there.

It raises an error if the words are not read, and says nothing of what came of the click. `--psm 11` reads a screen as
sparse text; the default leaves out labels that stand alone.
"""

from __future__ import annotations

import time
from typing import Any

import pyautogui
import pytesseract
from answering import PeerAsked, ToolAnswer, answer_steps

FIELD = 110  # pixels from the end of a label to its field
ROW = 16
OPENED = 0.7  # seconds until a list is open

Seen = dict[str, list[Any]]


def main() -> None:
    answer_steps(_perform, distribution="PyAutoGUI")


def _perform(asked: PeerAsked) -> ToolAnswer:
    words, seen = asked["words"], _look()
    match asked["do"]:
        case "click":
            pyautogui.click(*_middle(words, seen))
        case "type":
            pyautogui.click(*_field(asked["at"], seen))
            pyautogui.write(words)
        case "check":
            _middle(words, seen)
            return "done", "read on the screen"
        case "choose":
            pyautogui.click(*_field(asked["at"], seen))
            time.sleep(OPENED)
            pyautogui.click(*_middle(words, _look()))
        case _:
            pyautogui.click(*_middle(words, seen, near=_middle(asked["at"], seen)[1]))
    return "sent", ""


def _look() -> Seen:
    found: Seen = pytesseract.image_to_data(
        pyautogui.screenshot(), config="--psm 11", output_type=pytesseract.Output.DICT
    )
    return found


def _middle(words: str, seen: Seen, near: int | None = None) -> tuple[int, int]:
    left, right, y = _span(words, seen, near)
    return (left + right) // 2, y


def _field(label: str, seen: Seen) -> tuple[int, int]:
    _, right, y = _span(label, seen)
    return right + FIELD, y


def _span(words: str, seen: Seen, near: int | None = None) -> tuple[int, int, int]:
    """Return the left and right end of the words, and the height at which they stand; in one row if `near` is given."""
    wanted = words.split()
    read = [text.strip(".,:;|‘’") for text in seen["text"]]
    for first in range(len(read)):
        last, y = first + len(wanted) - 1, seen["top"][first] + seen["height"][first] // 2
        if read[first : last + 1] == wanted and (near is None or abs(y - near) < ROW):
            return seen["left"][first], seen["left"][last] + seen["width"][last], y
    raise LookupError(f"{words!r} is not read on the screen")


if __name__ == "__main__":
    main()
