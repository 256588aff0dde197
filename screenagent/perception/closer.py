"""Reads again, enlarged, what was read almost as the words that are looked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from PIL import Image
from rapidfuzz import fuzz

from screenagent.perception.labels import TextLine, text_lines
from screenagent.perception.similarity import letters_of
from screenagent.protocols import TextReader
from screenagent.screenshot import Screenshot, Word

ALMOST: Final = 75  # of 100: a line that is less like the words is another one
FEWEST: Final = 3  # letters of words that are worth a second look
MOST: Final = 3  # lines
MARGIN: Final = 0.3  # heights of the line round it
ZOOMS: Final = (2, 3)


def read_closer(
    wanted: str, words: Sequence[Word], screenshot: Screenshot, reader: TextReader
) -> Iterator[Sequence[Word]]:
    """Yield all the words for each larger size at which a line that is almost `wanted` reads otherwise."""
    near = _nearest(letters_of(wanted), text_lines(words))
    for zoom in ZOOMS if near else ():
        read = {line.words[0].line: _read_enlarged(line, screenshot, reader, zoom) for line in near}
        if any(_text(read[line.words[0].line]) != line.text for line in near):
            others = [word for word in words if word.line not in read]
            yield [*others, *(word for line in read.values() for word in line)]


def enlarged(screenshot: Screenshot, edges: tuple[int, int, int, int], zoom: int) -> Screenshot:
    """Return a part of a screenshot, `zoom` times as large: it shows the reader letters that it mistook."""
    part = screenshot.pixels.crop(edges)
    return Screenshot.of(part.resize((part.width * zoom, part.height * zoom), Image.Resampling.BICUBIC))


def _nearest(wanted: str, lines: Sequence[TextLine]) -> list[TextLine]:
    if len(wanted) < FEWEST:
        return []
    likeness = [(fuzz.partial_ratio(wanted, letters_of(line.text)), line) for line in lines]
    near = [(like, line) for like, line in likeness if like >= ALMOST and 2 * len(letters_of(line.text)) > len(wanted)]
    return [line for _, line in sorted(near, key=lambda found: -found[0])[:MOST]]


def _read_enlarged(line: TextLine, screenshot: Screenshot, reader: TextReader, zoom: int) -> list[Word]:
    width, height = screenshot.size.width, screenshot.size.height
    rect = line.box.exact_pixels(screenshot.size)
    margin = MARGIN * rect.height
    left, top, right, bottom = rect.grown(margin, margin).clipped(width, height).rounded
    if right <= left or bottom <= top:
        return list(line.words)
    region = rect.grown(margin, margin).clipped(width, height).box(screenshot.size)
    number = line.words[0].line
    return [
        word.model_copy(update={"box": word.box.within(region), "line": number})
        for word in reader.read(enlarged(screenshot, (left, top, right, bottom), zoom))
    ]


def _text(words: Sequence[Word]) -> str:
    return " ".join(word.text for word in words)
