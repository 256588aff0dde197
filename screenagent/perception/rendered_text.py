"""Find text in scripts that the OCR model cannot read, by rendering it with installed fonts and matching the image."""

from __future__ import annotations

import shutil
import subprocess
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import combinations
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from screenagent.geometry import Box, PixelBox, Size
from screenagent.perception.labels import Label, labels
from screenagent.perception.ocr import PictureArray, bounded
from screenagent.perception.pixels import averaged, connected_regions
from screenagent.screenshot import Word

TYPEFACE_TOOL: Final = "fc-match"
LATIN_ENDS: Final = "\u024f"  # the last of the letters that the smaller reader may know
_SCRIPTS: Final = {"CJK": "Han"}
READ_AS_CJK: Final = frozenset(("Han", "Hiragana", "Katakana"))
"""The scripts that the larger reader knows."""
FAMILIES: Final = ("sans-serif", "serif", "monospace", "Arial")
"""The families that most programs draw in."""
HEIGHT: Final = 24  # of the pictures that are compared
LARGEST: Final = 96
ROOM: Final = 4  # pixels above and below what the reader takes for the text that may belong to it
ALIKE: Final = 0.7  # the correlation from which on two pictures show the same text
FAINTEST: Final = 20  # of 255, what some of a text has to differ from its ground
INKED: Final = 0.3
STRETCHED: Final = 0.15  # how much wider or narrower than drawn here it may be

Ink = npt.NDArray[np.float32]  # (height, width): how much each pixel stands out, 0 to 1, cut to what does


def rendered_places(text: str, pixels: PictureArray, words: Sequence[Word]) -> Iterator[Box]:
    """Yield where `text`, in letters that could not be read, looks to stand; nothing if they can be read."""
    if not is_strange(text):
        return
    picture = bounded(pixels)
    size = Size(width=picture.shape[1], height=picture.shape[0])
    for rect, _ in find_rendered(text, picture, labels(words, size)):
        yield rect.box(size)


def is_strange(text: str) -> bool:
    return any(letter > LATIN_ENDS and letter.isprintable() for letter in text)


def scripts_in(text: str) -> frozenset[str]:
    """Return the names of the scripts beyond Latin that a text is written in: Cyrillic, Han."""
    letters = (letter for letter in text if letter > LATIN_ENDS and letter.isalpha())
    names = (unicodedata.name(letter, "").partition(" ")[0] for letter in letters)
    return frozenset(_SCRIPTS.get(name, name.capitalize()) for name in names if name)


def find_rendered(text: str, picture: PictureArray, labels: Iterable[Label]) -> Iterator[tuple[PixelBox, float]]:
    """Where `text` stands, and how alike the picture is, from `ALIKE` to 1. A letter that no typeface here has looks as
    it does in any program: like an empty box. Line breaks count as blanks: no font lays them out."""
    text = " ".join(text.split())
    if (file := _typeface(next(letter for letter in text if letter > LATIN_ENDS))) is None:
        return
    if (least := _rendered(text, file, HEIGHT)) is None:
        return
    widest = least.shape[1] / least.shape[0] / (1 - STRETCHED)
    for rect in dict.fromkeys(rect for label in labels for rect in _runs(label)):
        if rect.width - rect.height > widest * (rect.height + 2 * ROOM):
            continue
        ink = _ink(picture, rect)
        if ink is None or not 4 <= ink.shape[0] <= LARGEST:
            continue
        ours = _rendered(text, file, ink.shape[0])
        if ours is not None and (like := _alike(ours, ink)) >= ALIKE:
            yield rect, like


def _runs(label: Label) -> Iterator[PixelBox]:
    """Every run of words: what cannot be read may have been taken for one word or for several."""
    rects = [rect for _, rect in label.words[:12]]
    for start, end in combinations(range(len(rects) + 1), 2):
        yield PixelBox.around_all(rects[start:end])


def can_find_typefaces() -> bool:
    """Return whether fontconfig's tool is installed; without it, nothing is rendered and nothing found."""
    return shutil.which(TYPEFACE_TOOL) is not None


def likeness_as_drawn(texts: Sequence[str], rect: PixelBox, picture: PictureArray) -> list[float]:
    """Return how much what stands at `rect` looks like each of these texts in the typefaces here, up to 1; nothing if
    that can't be told."""
    ink = _ink(picture, rect)
    files = [file for family in FAMILIES if (file := _file(family))]
    if ink is None or not files or not 4 <= ink.shape[0] <= LARGEST:
        return []
    drawn = ([ours for file in files for ours in _renderings(text, file, ink.shape[0])] for text in texts)
    return [max((_alike(ours, ink) for ours in each), default=0.0) for each in drawn]


def _typeface(letter: str) -> str | None:
    """Return the file of the typeface that programs here draw `letter` with."""
    return _file(f"sans-serif:charset={ord(letter):x}")


@lru_cache(64)
def _file(pattern: str) -> str | None:
    """Return the file of the typeface that fits a pattern best."""
    asked = [TYPEFACE_TOOL, "--format=%{file}", pattern]
    try:
        found = subprocess.run(asked, capture_output=True, text=True, timeout=5, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    return found or None


@lru_cache(256)
def _rendered(text: str, file: str, height: int) -> Ink | None:
    """`text` so large that its ink has that height."""
    try:
        font = _font(file, 2 * height)
        return _drawn(text, _font(file, max(1, round(2 * height * height / max(1.0, _height(text, font))))))
    except OSError:
        return None


@lru_cache(1024)
def _renderings(text: str, file: str, height: int) -> list[Ink]:
    """`text` in each size in which its ink has that height: letters are as high in several, but not as wide."""
    try:
        fonts = [_font(file, size) for size in range(height, 2 * height + 1)]
        drawn = [_drawn(text, font) for font in fonts if abs(_height(text, font) - height) <= 1]
    except OSError:
        return []
    return [ink for ink in drawn if ink is not None and ink.shape[0] == height]


@lru_cache(256)
def _font(file: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(file, size)


def _height(text: str, font: ImageFont.FreeTypeFont) -> float:
    _, top, _, bottom = font.getbbox(text)
    return bottom - top


def _drawn(text: str, font: ImageFont.FreeTypeFont) -> Ink | None:
    left, top, right, bottom = font.getbbox(text)
    image = Image.new("L", (max(1, round(right - left)) + 4, max(1, round(bottom - top)) + 4), 0)
    ImageDraw.Draw(image).text((2 - left, 2 - top), text, 255, font)
    return _cut(np.asarray(image, np.float32) / np.float32(255))


def _ink(picture: PictureArray, rect: PixelBox) -> Ink | None:
    """What stands out in and beside `rect`, without what reaches in from beyond, as the frame of a button does. None
    where that may be another letter: then it is a part of a longer text."""
    height, width = picture.shape[:2]
    beside = rect.height / 2  # a letter that the reader does not know may be left out of its rectangle
    room = rect.grown(beside, ROOM).clipped(width, height)
    left, top, right, bottom = room.rounded
    part = picture[top:bottom, left:right].astype(np.float32)
    if part.size == 0:
        return None
    difference = np.abs(part - np.median(part.reshape(-1, 3), axis=0)).max(axis=2)
    if difference.max() < FAINTEST:
        return None
    ink = difference / difference.max()
    marks, bounds = connected_regions(ink > INKED, corners=True)
    rim = np.unique(np.concatenate([marks[0], marks[-1], marks[:, 0], marks[:, -1]]))
    beyond = rim[rim > 0]
    text = np.where(np.isin(marks, beyond), 0, ink).astype(np.float32)
    rows = np.flatnonzero((text > INKED).any(1))
    if rows.size and any(_is_in_line(bounds[mark - 1], int(rows[0]), int(rows[-1])) for mark in beyond):
        return None
    return _cut(text)


def _is_in_line(part: npt.NDArray[np.int32], first: int, last: int) -> bool:
    """Whether a part of the ink stands where the letters do, from one row to the other; a frame is taller than they."""
    top, height = int(part[1]), int(part[3])
    return height > 2 and top >= first - 1 and top + height <= last + 2


def _cut(ink: Ink) -> Ink | None:
    rows, columns = np.flatnonzero((ink > INKED).any(1)), np.flatnonzero((ink > INKED).any(0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] if rows.size else None


def _alike(ours: Ink, theirs: Ink) -> float:
    """The correlation of both at one size; 0 where one is too wide for the other."""
    wide = [ink.shape[1] / ink.shape[0] for ink in (ours, theirs)]
    if abs(wide[0] - wide[1]) > STRETCHED * max(wide):
        return 0.0
    width = max(4, round(HEIGHT * wide[0]))
    one, other = (averaged(ink, width, HEIGHT).ravel() for ink in (ours, theirs))
    return float(np.corrcoef(one, other)[0, 1]) if one.std() and other.std() else 0.0
