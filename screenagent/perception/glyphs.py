"""Reading a line letter by letter in a typeface that is known: which letters, drawn one after the other, look most like
what is on the screen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from screenagent.perception.typefaces import SMOOTHING, Ink, Typeface, drawn_likeness, font_of

LETTERS: Final = "".join(map(chr, (*range(33, 127), *range(0xC0, 0xD7), *range(0xD8, 0xF7), *range(0xF8, 0x100)))) + (
    "ĄąĆćČčĎďĐđĘęĚěĞğİŁłŃńŇňŐőŒœŘřŚśŞşŠšŤťŮůŰűŹźŻżŽž€£¥§°–—’“”„…"
)
SIDES: Final = 6  # pixels of plain ground left and right of a line
TALL: Final = 2.0  # sizes of a typeface that its pictures are high,
ABOVE: Final = 1.35  # and how far above the line they begin
NEAR: Final = 0.995  # a text that looks so much like the screen stands on its line
MOVED: Final = 0.02  # what it costs that a letter is a pixel off its place

Costs = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Glyphs:
    """The letters of a typeface that are equally wide: `pictures` are (letters, height, width)."""

    letters: str
    pictures: npt.NDArray[np.float32]


@dataclass(frozen=True)
class Come:
    """The cheapest way to a column: the letter that ends there, and where it began."""

    cost: float
    letter: str = ""
    start: int = -1


def spelled_in(ink: Ink, face: Typeface, like: str) -> list[str]:
    """Return the texts that look most like the ink in a typeface, one for each line that it may stand on. `like` is
    about what stands there: it says where that line is."""
    top = -round(plain_font(face).getbbox(like, anchor="ls")[1])
    texts: list[str] = []
    for above in (top, top - 1, top + 1):
        texts += [_spelled(ink, face, above)] if above > 0 else []
        if texts and drawn_likeness(texts[-1], face, ink) >= NEAR:
            break
    return [text for text in texts if text]


def _spelled(ink: Ink, face: Typeface, above: int) -> str:
    """Return the text that looks most like the ink, whose first row is `above` pixels over the line it stands on."""
    (height, width), (tall, baseline) = ink.shape, _cell(face)
    top = max(0, baseline - above)
    line = np.zeros((tall, width + 2 * SIDES), np.float32)
    line[top : top + height, SIDES : SIDES + width] = ink[: tall - top]
    ways: list[Come | None] = [Come(0.0) if start <= SIDES else None for start in range(line.shape[1] + 2)]
    choices = [_cheapest(glyphs, line) for glyphs in _glyphs(face)]
    blank = max(1, round(plain_font(face).getlength(" ")))
    empty = np.concatenate([[0], np.cumsum((line**2).sum(axis=0))])
    for start in range(SIDES + width):
        way = ways[start]
        if way is None:
            continue
        for across, letters, costs in choices:
            if start < len(costs):
                _go(ways, Come(way.cost + float(costs[start]), letters[start], start), across)
        if way.letter not in ("", " ") and start + blank < len(empty):
            _go(ways, Come(way.cost + float(empty[start + blank] - empty[start]), " ", start), blank)
    ends = [end for end in range(SIDES + width - 1, len(empty)) if ways[end] is not None]
    return _traced(ways, min(ends, key=lambda end: _cost(ways[end]) + empty[-1] - empty[end])) if ends else ""


def _cell(face: Typeface) -> tuple[int, int]:
    """Return how high the pictures of a typeface's letters are, and at which row they stand on the line."""
    return round(TALL * face.size), round(ABOVE * face.size)


def plain_font(face: Typeface) -> ImageFont.FreeTypeFont:
    return font_of(face.file, face.size)


def _cost(way: Come | None) -> float:
    return way.cost if way else float("inf")


def _go(ways: list[Come | None], way: Come, across: int) -> None:
    """Go on by one letter, whose place may be a pixel off."""
    for off in (0, -1, 1):
        end = way.start + across + off
        cost = way.cost + MOVED * abs(off)
        if way.start < end < len(ways) and cost < _cost(ways[end]):
            ways[end] = Come(cost, way.letter, way.start)


def _traced(ways: list[Come | None], end: int) -> str:
    letters = []
    while (way := ways[end]) is not None and way.letter:
        letters.append(way.letter)
        end = way.start
    return "".join(reversed(letters)).strip()


def _cheapest(glyphs: Glyphs, line: Ink) -> tuple[int, list[str], Costs]:
    """Return, for each column, which of some letters looks most like what begins there, and how much that differs."""
    across = glyphs.pictures.shape[2]
    windows = np.lib.stride_tricks.sliding_window_view(line, across, axis=1)  # (height, columns, across)
    shared = np.einsum("hcw,ghw->cg", windows, glyphs.pictures, optimize=True)
    own = (glyphs.pictures**2).sum(axis=(1, 2))
    costs = (windows**2).sum(axis=(0, 2))[:, None] - 2 * shared + own[None]
    best = costs.argmin(axis=1)
    return across, [glyphs.letters[number] for number in best], costs[np.arange(len(best)), best]


@lru_cache(32)
def _glyphs(face: Typeface) -> tuple[Glyphs, ...]:
    """Return the letters of a typeface by their width, drawn on one line."""
    by_width: dict[int, list[tuple[str, Ink]]] = defaultdict(list)
    for letter in LETTERS:
        for picture in _drawn(letter, face):
            by_width[picture.shape[1]].append((letter, picture))
    return tuple(
        Glyphs("".join(letter for letter, _ in group), np.stack([picture for _, picture in group]))
        for group in by_width.values()
    )


def _drawn(letter: str, face: Typeface) -> Iterator[Ink]:
    """Yield a letter as it is drawn, a smooth one at each fraction of a pixel."""
    zoom, (height, baseline) = SMOOTHING if face.is_smooth else 1, _cell(face)
    across = max(1, round(face.font.getlength(letter) / zoom))
    for part in range(zoom):
        image = Image.new("L", (across * zoom, height * zoom), 0)
        ImageDraw.Draw(image).text((part, baseline * zoom), letter, 255, face.font, anchor="ls")
        picture = np.asarray(image, np.float32) / np.float32(255)
        yield picture.reshape(height, zoom, across, zoom).mean(axis=(1, 3))
