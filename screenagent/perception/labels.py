"""Lines of text with the place of each word."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import groupby

from screenagent.geometry import Size
from screenagent.perception.rect import Rect
from screenagent.screenshot import Word


class Label:
    """Words that stand together on the screen."""

    def __init__(self, words: Sequence[tuple[str, Rect]]) -> None:
        self.words = tuple(words)

    @cached_property
    def text(self) -> str:
        return " ".join(text for text, _ in self.words)

    @cached_property
    def rect(self) -> Rect:
        return Rect.round_all(rect for _, rect in self.words)

    def __repr__(self) -> str:
        return f"Label({self.text!r})"


def labels(words: Iterable[Word], size: Size) -> list[Label]:
    return [
        Label([(word.text, Rect.of(word.box, size)) for word in line])
        for _, line in groupby(words, key=lambda word: word.line)
    ]
