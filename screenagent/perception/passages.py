"""Passages: the words of a screen as they are read on, along a row and from one line of a paragraph to the next."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from screenagent.geometry import Box
from screenagent.perception.labels import split_where
from screenagent.screenshot import Word

# Across, lengths are measured in widths of a letter, since boxes are normalized and the screen's shape is not known.
ROW_GAP: Final = 2.4  # what is farther apart in a row does not read on
ALIGNED: Final = 2.0  # how far apart the edges or the middles of a paragraph's lines may be
# Down, they are measured in heights of the taller line.
LINE_GAP: Final = 0.8  # what is farther apart is another paragraph
OVERLAP: Final = 0.5  # how much lines of one row share, at least, and lines of a paragraph at most
LIKE_HEIGHT: Final = 0.7  # what the lower line needs to belong to the same paragraph
FEW_WORDS: Final = 4  # a line of fewer words before a capital is an entry of a list: a clause ends there


class Place(NamedTuple):
    """A word and its number on the screen; `begins` if it begins a clause."""

    number: int
    word: Word
    begins: bool = False


Passage = tuple[Place, ...]


def passages(words: Sequence[Word]) -> list[Passage]:
    """Return every row and every paragraph of several lines. A word may stand in several of them."""
    places = [Place(number, word) for number, word in enumerate(words)]
    lines = [Line.of(line) for line in split_where(lambda one, other: one.word.line != other.word.line, places)]
    rows = [Line.of([place for line in row for place in line.places]) for row in split_where(_are_apart, lines)]
    paragraphs = [*_paragraphs(lines), *(_paragraphs(rows) if len(rows) < len(lines) else ())]
    return [*(row.places for row in rows), *paragraphs]


class Line(NamedTuple):
    """Words of one line, the box round them, and how wide a letter is."""

    places: Passage
    box: Box
    letter: float

    @classmethod
    def of(cls, places: Sequence[Place]) -> Line:
        box = Box.around_all(place.word.box for place in places)
        letters = sum(len(place.word.text) + 1 for place in places) - 1
        return cls(tuple(places), box, (box.right - box.left) / max(1, letters))

    @property
    def height(self) -> float:
        return self.box.bottom - self.box.top

    @property
    def width(self) -> float:
        return self.box.right - self.box.left


def _are_apart(left: Line, right: Line) -> bool:
    shared = min(left.box.bottom, right.box.bottom) - max(left.box.top, right.box.top)
    if shared < OVERLAP * max(left.height, right.height):
        return True
    return not 0 <= right.box.left - left.box.right <= ROW_GAP * left.letter


def _paragraphs(lines: Sequence[Line]) -> Iterator[Passage]:
    """Yield the lines of each paragraph, joined."""
    falling = sorted(range(len(lines)), key=lambda number: lines[number].box.top)
    tops = [lines[number].box.top for number in falling]

    def below(number: int) -> int | None:
        """Return the number of the line right below that is aligned with this one."""
        line = lines[number]
        first = bisect_right(tops, line.box.top)
        last = bisect_right(tops, line.box.bottom + LINE_GAP * line.height / LIKE_HEIGHT)
        return next((other for other in falling[first:last] if _reads_on(line, lines[other])), None)

    follows = {number: below(number) for number in range(len(lines))}
    for number in sorted(set(follows) - set(follows.values())):
        yield from _wrapped([lines[place] for place in _chain(number, follows)])


def _chain(first: int, follows: dict[int, int | None]) -> Iterator[int]:
    number: int | None = first
    while number is not None:
        yield number
        number = follows[number]


def _reads_on(upper: Line, lower: Line) -> bool:
    small, large = sorted((upper.height, lower.height))
    gap = lower.box.top - upper.box.bottom
    if small < LIKE_HEIGHT * large or not -OVERLAP * small < gap <= LINE_GAP * large:
        return False
    reach = ALIGNED * upper.letter
    return min(abs(upper.box.left - lower.box.left), abs(upper.box.center.x - lower.box.center.x)) <= reach


def _wrapped(lines: Sequence[Line]) -> Iterator[Passage]:
    """Part the lines where the next word would have fitted into the line before: they were not wrapped there."""
    widest = max(line.width for line in lines)

    def parted(one: Line, other: Line) -> bool:
        first = other.places[0].word.box
        return one.width + (first.right - first.left) < widest

    for run in split_where(parted, lines):
        if len(run) > 1:
            yield (*run[0].places, *(place for one, other in pairwise(run) for place in _continued(one, other)))


def _continued(one: Line, other: Line) -> Passage:
    first, *rest = other.places
    begins = len(one.places) < FEW_WORDS and first.word.text[:1].isupper()
    return first._replace(begins=begins), *rest
