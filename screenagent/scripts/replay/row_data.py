"""What belongs to one row on a screen: the values of parameters, and what was typed. It is no part of an anchor."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from screenagent.actions import TypeText
from screenagent.events import Acted, Event, Started
from screenagent.geometry import Box
from screenagent.perception.labels import TextLine, text_lines
from screenagent.perception.similarity import likeness
from screenagent.screenshot import Screenshot, Word
from screenagent.scripts.parameters import PLACE
from screenagent.scripts.schema import Script

READ_ALIKE: Final = 0.85
"""How alike two readings of one text are at least."""
ROUND: Final = 4
"""Pixels round a text in which its letters may end."""
WORD_GAP: Final = 1.5
"""Words that are farther apart than this times their height are in two fields."""


def row_texts(script: Script, events: Iterable[Event]) -> list[str]:
    """Return the texts of the row that was played: the values of its parameters and all that was typed."""
    found: dict[str, None] = {}
    for event in events:
        match event:
            case Started(task=task):
                found.update(dict.fromkeys(_values(script, task)))
            case Acted(action=TypeText(text=text)):
                found.update(dict.fromkeys(PLACE.sub("\n", text).splitlines()))
            case _:
                pass
    return [text for text in map(str.strip, found) if text]


def _values(script: Script, task: str) -> Iterator[str]:
    """The values that a replay's task names; see `Replay.task`."""
    names = [re.escape(name) for name, parameter in script.parameters.items() if not parameter.secret]
    said = re.fullmatch(
        re.escape(script.name) + r" \(" + ", ".join(f"{name} (.*?)" for name in names) + r"\)", task, re.S
    )
    yield from said.groups() if said else ()


def without_row(words: Sequence[Word], texts: Sequence[str], screen: Screenshot) -> list[Word]:
    """Return the words but for those that show a text of the row, and those of open menus and lists."""
    left_out = {word.box for part in _row_parts(words, texts, screen) for word in part}
    return [word for word in _lasting(words, screen) if word.box not in left_out]


def row_boxes(words: Sequence[Word], texts: Sequence[str], screen: Screenshot) -> list[Box]:
    """Return where texts of the row are shown, line by line; open menus and lists aside."""
    around = (Box.around_all(word.box for word in part) for part in _row_parts(words, texts, screen))
    return [box.exact_pixels(screen.size).grown(ROUND).box(screen.size) for box in around]


def _row_parts(words: Sequence[Word], texts: Sequence[str], screen: Screenshot) -> Iterator[list[Word]]:
    """Yield the words of each line that show texts of the row, as far as there are some."""
    lines = text_lines(_lasting(words, screen), gap=WORD_GAP)
    yield from filter(None, (list(_row_words(line, texts)) for line in lines))


def _lasting(words: Sequence[Word], screen: Screenshot) -> list[Word]:
    return [word for word in words if not any(word.box.center in popup for popup in screen.popups)]


def _row_words(line: TextLine, texts: Sequence[str]) -> Iterator[Word]:
    """The words of a line that show one of the texts, be it read not quite to the letter."""
    words = list(line.words)
    for text in texts:
        many = len(text.split())
        for start in range(len(words) - many + 1):
            part = words[start : start + many]
            read = " ".join(word.text for word in part)
            if read.casefold() == text.casefold() or (len(text) > 3 and likeness(read, text) >= READ_ALIKE):
                yield from part
