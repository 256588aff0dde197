"""Lines of text with the place of each word."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import groupby

from screenagent.geometry import PixelBox, Size
from screenagent.screenshot import Word


class Label:
    """Words that stand together on the screen."""

    def __init__(self, words: Sequence[tuple[str, PixelBox]]) -> None:
        self.words = tuple(words)

    @cached_property
    def text(self) -> str:
        return " ".join(text for text, _ in self.words)

    @cached_property
    def rect(self) -> PixelBox:
        return PixelBox.around_all(rect for _, rect in self.words)

    def __repr__(self) -> str:
        return f"Label({self.text!r})"


def labels(words: Iterable[Word], size: Size) -> list[Label]:
    return [
        Label([(word.text, word.box.exact_pixels(size)) for word in line])
        for _, line in groupby(words, key=lambda word: word.line)
    ]
