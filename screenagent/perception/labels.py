"""Lines of text: the words that stand together, with the place of each."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Final, TypeVar

from screenagent.geometry import Box, PixelBox, Size
from screenagent.screenshot import Word

WordT = TypeVar("WordT")
ReadWord = tuple[str, PixelBox]
Start = tuple[float, float]
"""Where the text of a label begins, and the middle of its height."""

LONGEST_ICON: Final = 3  # letters that an icon is read as
ALIGNED: Final = 2.5  # pixels by which the beginnings of texts in one column differ at most
COLUMN: Final = 10  # heights of a line that two texts of one column are apart at most
FEWEST: Final = 2  # other texts of a column
_GLUED: Final = re.compile(rf"(?P<icon>\W*[^\WA-Z]{{1,{LONGEST_ICON}}})(?P<word>[A-Z]\S+)")


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

    def __init__(self, words: Sequence[ReadWord]) -> None:
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


def without_icons(found: Sequence[Label]) -> list[Label]:
    """Part the icon of an entry that was read as letters from its text, which begins where the texts above and below
    it do: "ab Replace" and "abReplace" below "Find"."""
    starts = sorted((label.words[0][1].left, label.rect.center_y) for label in found)
    return [Label(words) for label in found for words in _without_icon(_unglued(label, starts), starts)]


def _without_icon(words: Sequence[ReadWord], starts: Sequence[Start]) -> list[Sequence[ReadWord]]:
    (sign, icon), *rest = words
    if not rest or len(sign) > LONGEST_ICON or rest[0][1].left - icon.right > icon.width + icon.height:
        return [words]
    return [words[:1], rest] if _in_column(rest[0][1].left, icon, starts) else [words]


def _unglued(label: Label, starts: Sequence[Start]) -> Sequence[ReadWord]:
    """Part the letters of an icon from the word that they were read with, which begins with a capital."""
    (text, rect), *rest = label.words
    glued = _GLUED.fullmatch(text)
    begun = _between(rect.left + rect.height / 2, rect.center_x, starts) if glued else ()
    left = next((left for left, _ in begun if _in_column(left, rect, starts)), None)
    if glued is None or left is None:
        return label.words
    return [(glued["icon"], rect._replace(right=left)), (glued["word"], rect._replace(left=left)), *rest]


def _in_column(left: float, rect: PixelBox, starts: Sequence[Start]) -> bool:
    """Whether other texts above or below a place begin there."""
    aligned = _between(left - ALIGNED, left + ALIGNED, starts)
    return sum(0 < abs(y - rect.center_y) < COLUMN * rect.height for _, y in aligned) >= FEWEST


def _between(low: float, high: float, starts: Sequence[Start]) -> Sequence[Start]:
    return starts[bisect_left(starts, (low, 0.0)) : bisect_right(starts, (high, float("inf")))]


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
