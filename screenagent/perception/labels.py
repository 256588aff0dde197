"""Lines of text: the words that stand together, with the place of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import TypeVar

from screenagent.geometry import Box, PixelBox, Size
from screenagent.screenshot import Word

WordT = TypeVar("WordT")


class TextLine:
    """Words that stand together, as they were read: their boxes are normalized."""

    def __init__(self, words: Sequence[Word]) -> None:
        self.words = tuple(words)

    @cached_property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @cached_property
    def box(self) -> Box:
        return Box.around_all(word.box for word in self.words)


class Label:
    """Words that stand together, in pixels of a picture: perception and grounding measure these."""

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


def text_lines(words: Iterable[Word], *, gap: float | None = None) -> list[TextLine]:
    """Group words by their line. With `gap`, a line is parted where two words are farther apart than this times the
    height of the second."""

    def parted(one: Word, other: Word) -> bool:
        if one.line != other.line:
            return True
        return gap is not None and other.box.left - one.box.right > gap * (other.box.bottom - other.box.top)

    return [TextLine(run) for run in split_where(parted, words)]


def labels(words: Iterable[Word], size: Size) -> list[Label]:
    """Group words by their line, in pixels of a picture of `size`."""
    return [Label([(word.text, word.box.exact_pixels(size)) for word in line.words]) for line in text_lines(words)]


def split_where(parted: Callable[[WordT, WordT], bool], words: Iterable[WordT]) -> Iterator[list[WordT]]:
    """Yield the runs of words between neighbours that are parted."""
    run: list[WordT] = []
    for word in words:
        if run and parted(run[-1], word):
            yield run
            run = []
        run.append(word)
    if run:
        yield run
