"""Where lines of text are and what they say: PP-OCRv6, tiny and trimmed to Latin, or small and for all its letters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from itertools import groupby, pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from screenagent.geometry import PixelBox
from screenagent.perception.labels import split_where
from screenagent.perception.pixels import connected_regions, resized, sampled
from screenagent.perception.weights import LATIN, open_session

PictureArray = npt.NDArray[np.uint8]  # (height, width, 3), RGB
Darkness = npt.NDArray[np.uint8]  # (height, width): how likely each pixel belongs to text, 0 to 255

LARGEST = 2560 * 1600  # pixels; a larger picture is shrunk, so that an 8K screen takes bounded time and memory


def bounded(picture: PictureArray) -> PictureArray:
    height, width = picture.shape[:2]
    scale = (LARGEST / (height * width)) ** 0.5
    if scale >= 1:
        return picture
    return resized(picture, max(1, round(width * scale)), max(1, round(height * scale)))


class LineWord(NamedTuple):
    """A word of a line: `start` and `end` are fractions of the line's width."""

    text: str
    start: float
    end: float
    confidence: float


class Detector:
    """Finds lines of text. A picture is looked at in bands of rows, so memory doesn't grow with its height."""

    BAND = 256 * 1280  # pixels in a band, at most: the network needs about 80 MB for this many, for each core
    OVERLAP = 32  # rows that a band sees of its neighbours; fewer, and letters on the seam get lost

    _MEAN = np.array((0.485, 0.456, 0.406), np.float32) * 255
    _SCALE = 1 / (np.array((0.229, 0.224, 0.225), np.float32) * 255)

    def __init__(self, pool: ThreadPoolExecutor, *, weights: Path = LATIN.detector) -> None:
        self._pool = pool
        self._weights = weights

    def prepare(self) -> None:
        open_session(self._weights)

    def ink(self, picture: PictureArray) -> Darkness:
        open_session(self._weights)  # loaded here, once, before several threads ask for it
        height, width = picture.shape[:2]
        count = -(-height // max(64, self.BAND // width - 2 * self.OVERLAP))
        seams = [height * number // count for number in range(count + 1)]
        bands = list(pairwise(seams))

        def band(span: tuple[int, int]) -> Darkness:
            top, bottom = max(0, span[0] - self.OVERLAP), min(height, span[1] + self.OVERLAP)
            return self._look(picture[top:bottom])[span[0] - top : span[1] - top]

        return np.concatenate(list(self._pool.map(band, bands)))

    def _look(self, picture: PictureArray) -> Darkness:
        height, width = picture.shape[:2]
        padded = np.pad(picture, ((0, -height % 32), (0, -width % 32), (0, 0)), mode="edge")
        pixels = (padded[..., ::-1].astype(np.float32) - self._MEAN) * self._SCALE  # the network was taught in BGR
        (likely,) = open_session(self._weights).run(None, {"x": np.ascontiguousarray(pixels.transpose(2, 0, 1)[None])})
        found: Darkness = (likely[0, 0, :height, :width] * 255).astype(np.uint8)
        return found

    @staticmethod
    def lines(ink: Darkness) -> list[PixelBox]:
        """The lines' boxes. The network marks the heart of a line; the box is grown to the letters' full height."""
        height, width = ink.shape
        numbers, bounds = connected_regions(ink > 76, corners=True)
        marked = np.flatnonzero(numbers)
        total = np.bincount(numbers.ravel()[marked], weights=ink.ravel()[marked], minlength=len(bounds) + 1)
        found = []
        for left, top, across, down, area, mass in np.column_stack((bounds, total[1:])).tolist():
            if min(across, down) < 3 or mass / area < 127:
                continue
            edge = 1.6 * across * down / (2 * (across + down))
            found.append(PixelBox.at(left, top, width=across, height=down).grown(edge).clipped(width, height))
        return found


class Recogniser:
    """Reads lines, cut out of the picture, in batches of about the same width."""

    HEIGHT = 48
    BATCH = 4
    TOGETHER = 3200  # how wide a batch may be in all: long lines need the most memory, and win least by going together
    WIDEST = 3200  # a line wider than this at `HEIGHT` is squeezed: no screen has such a line, but there is noise

    def __init__(self, pool: ThreadPoolExecutor, *, weights: Path = LATIN.recogniser) -> None:
        self._pool = pool
        self._weights = weights

    def prepare(self) -> None:
        open_session(self._weights)

    @cached_property
    def _alphabet(self) -> list[str]:
        network = open_session(self._weights)
        letters = ["", *network.get_modelmeta().custom_metadata_map["character"].split("\n")]
        classes = network.get_outputs()[0].shape[-1]
        return [*letters, " "] if len(letters) < classes else letters  # the blank is listed by some only

    def read(self, lines: Sequence[PictureArray]) -> list[tuple[LineWord, ...]]:
        """The words of each line."""
        if not lines:
            return []
        network, alphabet = open_session(self._weights), self._alphabet
        scaled = [self._scaled(line) for line in lines]

        def batch(members: list[int]) -> list[tuple[LineWord, ...]]:
            width = max(48, -(-max(scaled[member].shape[1] for member in members) // 16) * 16)
            pixels = np.zeros((len(members), 3, self.HEIGHT, width), np.float32)
            for row, member in enumerate(members):
                line = scaled[member][..., ::-1].astype(np.float32) / 127.5 - 1
                pixels[row, :, :, : line.shape[1]] = line.transpose(2, 0, 1)
            (likely,) = network.run(None, {"x": pixels})  # (batch, steps, letters)
            used = [width / scaled[member].shape[1] for member in members]
            return [
                tuple(words(steps.argmax(1), steps.max(1), alphabet, stretch=stretch))
                for steps, stretch in zip(likely, used, strict=True)
            ]

        batches = self._batches([line.shape[1] for line in scaled])
        read: list[tuple[LineWord, ...]] = [()] * len(lines)
        for members, texts in zip(batches, self._pool.map(batch, batches), strict=True):
            for member, text in zip(members, texts, strict=True):
                read[member] = text
        return read

    def _scaled(self, line: PictureArray) -> PictureArray:
        height, width = line.shape[:2]
        across = min(self.WIDEST, max(8, round(width * self.HEIGHT / height)))
        if height > self.HEIGHT:  # the network was taught with lines that were not smoothed as they shrank
            return sampled(line, across, self.HEIGHT)
        return resized(line, across, self.HEIGHT)

    def _batches(self, widths: Sequence[int]) -> list[list[int]]:
        """Widest first, so that the last batches, which end the wait, are short ones."""
        batches: list[list[int]] = []
        for member in sorted(range(len(widths)), key=lambda member: -widths[member]):
            first = widths[batches[-1][0]] if batches else 0
            room = batches and len(batches[-1]) < min(self.BATCH, self.TOGETHER // max(1, first))
            fits = room and first <= widths[member] * 1.35 + 32
            if fits:
                batches[-1].append(member)
            else:
                batches.append([member])
        return batches


APART = 10  # steps between two letters of one word, at most: scripts without blanks are set apart by room alone


def words(
    letters: npt.NDArray[np.intp], likely: npt.NDArray[np.float32], alphabet: Sequence[str], *, stretch: float
) -> Iterator[LineWord]:
    """Words of one line from the network's letter for each step; 0 is no letter, and a repeated one is one letter."""

    def place(step: float) -> float:
        return min(1.0, max(0.0, step / len(letters) * stretch))

    def parted(one: Sequence[int], other: Sequence[int]) -> bool:
        return " " in (alphabet[letters[one[0]]], alphabet[letters[other[0]]]) or other[0] - one[-1] > APART

    runs = (list(steps) for _, steps in groupby(range(len(letters)), key=lambda step: letters[step]))
    for word in split_where(parted, (steps for steps in runs if letters[steps[0]])):
        text = "".join(alphabet[letters[steps[0]]] for steps in word)
        if text != " ":
            sure = sum(float(likely[steps[0]]) for steps in word) / len(word)
            yield LineWord(text, place(word[0][0] - 0.9), place(word[-1][-1] + 1.5), sure)
