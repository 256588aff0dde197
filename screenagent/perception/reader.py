"""Reads the words off a screen, and reads nothing twice: a screen that was seen before is remembered, and of one that
changed only the changed parts are looked at."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Final

import numpy as np

from screenagent.geometry import PixelBox, Size
from screenagent.perception.cache import SharedLRU, Turns
from screenagent.perception.incidental import differing, tiled
from screenagent.perception.labels import split_where
from screenagent.perception.line_marks import shifted, text_after_icon, unmarked
from screenagent.perception.ocr import Darkness, Detector, LineWord, PictureArray, Recogniser, bounded
from screenagent.perception.pixels import connected_regions, dilation
from screenagent.perception.timing import Timing
from screenagent.perception.weights import Letters, cores, reading
from screenagent.screenshot import Screenshot, Word

LABEL_GAP: Final = 0.6  # words of a line that are farther apart than this times its height belong to two labels


SURE_WORDS: Final = 0.85
"""What is read without the icon before it counts if each word is as sure as this."""

LITTLE: Final = 0.15
"""A screen of which no more than this is new is read ahead: that takes little time from the program that is watched."""


@dataclass(frozen=True)
class ReadFrame:
    """A picture, and where text was found on it."""

    picture: PictureArray
    ink: Darkness


class ScreenReader:
    """Reads the words of a screenshot with two small networks on the CPU. A picture larger than `LARGEST` is searched
    for text at reduced size; the text found is read at full size."""

    MOST_LINES = 1500
    MARGIN = 24  # how far beyond its edge a change of pixels changes what the detector sees

    def __init__(
        self,
        *,
        threads: int | None = None,
        detector: Detector | None = None,
        recogniser: Recogniser | None = None,
        letters: Letters = "latin",
        stages: Timing | None = None,
    ) -> None:
        self._stages = stages or Timing()
        pool = ThreadPoolExecutor(threads or min(4, cores()), thread_name_prefix="reader")
        weights = reading(letters)
        self._detector = detector or Detector(pool, weights=weights.detector)
        self._recogniser = recogniser or Recogniser(pool, weights=weights.recogniser)
        self._screens: SharedLRU[str, list[Word]] = SharedLRU(32)
        self._seen: SharedLRU[str, ReadFrame] = SharedLRU(3)
        self._lines: SharedLRU[tuple[int, int, bytes], tuple[LineWord, ...]] = SharedLRU(5000)
        self._turns: Turns[str] = Turns()
        self._ahead = ThreadPoolExecutor(1, thread_name_prefix="reading ahead")
        self._next: Future[object] = Future()  # the last screen that was to be read ahead
        self._begun: tuple[Future[object], ...] = ()  # the first screen, if it is read in a thread of its own

    def read(self, screenshot: Screenshot) -> list[Word]:
        wait(self._begun)  # of a screen that is much like that one, little is then left to read
        return self._read_once(screenshot)

    def _read_once(self, screenshot: Screenshot) -> list[Word]:
        with self._turns.turn(screenshot.digest):
            known = self._screens.get(screenshot.digest)
            return self._read(screenshot) if known is None else known

    def read_ahead(self, screenshot: Screenshot) -> Future[object]:
        """Read in a thread of its own what is likely to be asked for next, if it is mostly known; `read` waits for it.

        A screen that was to be read before this one, and was not begun with, is left out.
        """
        self._next.cancel()
        self._next = self._ahead.submit(self._read_if_mostly_known, screenshot)
        return self._next

    def read_soon(self, screenshot: Screenshot) -> None:
        """Read the first screen in a thread of its own; `read` waits for it."""
        self._begun = (self._ahead.submit(self._read_once, screenshot),)

    def _read_if_mostly_known(self, screenshot: Screenshot) -> None:
        picture = bounded(np.asarray(screenshot.pixels))
        news = [sum(region.area for region in regions) for regions, _ in self._changes(picture)]
        if news and min(news) <= LITTLE * picture.shape[0] * picture.shape[1]:
            self.read(screenshot)

    def _read(self, screenshot: Screenshot) -> list[Word]:
        picture: PictureArray = np.asarray(screenshot.pixels)
        with self._stages.timing("detect"):
            lines = self._find(screenshot.digest, picture)
        with self._stages.timing("recognise"):
            words = list(self._words(picture, lines, screenshot.size))
        self._screens.keep(screenshot.digest, words)
        return words

    def prepare(self) -> None:
        """Load the networks, which the first screen would otherwise wait for."""
        self._detector.prepare()
        self._recogniser.prepare()

    def forget(self) -> None:
        """Start as if nothing had been read; the networks stay loaded."""
        self._screens.clear()
        self._seen.clear()
        self._lines.clear()

    def _find(self, digest: str, picture: PictureArray) -> list[PixelBox]:
        height, width = picture.shape[:2]
        picture = bounded(picture)
        scale = width / picture.shape[1]
        ink = self._ink(picture)
        self._seen.keep(digest, ReadFrame(picture, ink))
        lines = sorted(Detector.lines(ink), key=lambda line: -line.area)[: self.MOST_LINES]
        return [line.scaled(scale).clipped(width, height) for line in in_reading_order(lines)]

    def _ink(self, picture: PictureArray) -> Darkness:
        changes = self._changes(picture)
        if not changes:
            return self._detector.ink(picture)
        regions, seen = min(changes, key=lambda change: sum(region.area for region in change[0]))
        height, width = picture.shape[:2]
        if sum(region.grown(2 * self.MARGIN).area for region in regions) > 0.8 * height * width:
            return self._detector.ink(picture)
        ink = seen.ink.copy()
        for region in regions:
            left, top, right, bottom = map(int, region.grown(self.MARGIN).clipped(width, height))
            x, y, across, down = map(int, region.grown(2 * self.MARGIN).clipped(width, height))
            fresh = self._detector.ink(picture[y:down, x:across])
            ink[top:bottom, left:right] = fresh[top - y : bottom - y, left - x : right - x]
        return ink

    def _changes(self, picture: PictureArray) -> list[tuple[list[PixelBox], ReadFrame]]:
        """Return the frames of the same size that are remembered, and in which regions each of them differs."""
        alike = [seen for seen in self._seen.values() if seen.picture.shape == picture.shape]
        return [(changed_regions(seen.picture, picture), seen) for seen in alike]

    def _words(self, picture: PictureArray, lines: list[PixelBox], size: Size) -> Iterator[Word]:
        number = 0
        for line, pieces in zip(lines, self._texts(picture, lines), strict=True):
            for label in read_labels(line, pieces):
                number += 1
                for text, rect, confidence in label:
                    yield Word(text=text, box=rect.box(size), confidence=min(1.0, confidence), line=number)

    def _texts(self, picture: PictureArray, lines: list[PixelBox]) -> list[tuple[LineWord, ...]]:
        crops = [cut_out(picture, line) for line in lines]
        keys = [(*crop.shape[:2], hashlib.blake2b(crop.tobytes(), digest_size=16).digest()) for crop in crops]
        read = self._lines.completed(
            dict(zip(keys, crops, strict=True)), lambda unread: self._recognised([unmarked(crop) for crop in unread])
        )
        return [read[key] for key in keys]

    def _recognised(self, lines: list[PictureArray]) -> list[tuple[LineWord, ...]]:
        """Read the lines; those of which the first word was read together with an icon, again from there on."""
        read = self._recogniser.read(lines)
        begins = {number: text_after_icon(line, read[number]) for number, line in enumerate(lines)}
        glued = {number: begin for number, begin in begins.items() if begin}
        again = self._recogniser.read([lines[number][:, begin:] for number, begin in glued.items()])
        for (number, begin), words in zip(glued.items(), again, strict=True):
            if words and min(word.confidence for word in words) >= SURE_WORDS:
                read[number] = shifted(words, after=begin, width=lines[number].shape[1])
        return read


def cut_out(picture: PictureArray, line: PixelBox) -> PictureArray:
    left, top, right, bottom = line.rounded
    return picture[top : max(bottom, top + 1), left : max(right, left + 1)]


def read_labels(line: PixelBox, pieces: Iterable[LineWord]) -> Iterator[list[tuple[str, PixelBox, float]]]:
    """The line's words in pixels, parted where the gap is too wide for a space: "File   Edit" are two labels."""
    placed = [(piece.text, _place(piece, line), piece.confidence) for piece in pieces]
    return split_where(lambda one, other: other[1].left - one[1].right > LABEL_GAP * line.height, placed)


def _place(piece: LineWord, line: PixelBox) -> PixelBox:
    return PixelBox(line.left + piece.start * line.width, line.top, line.left + piece.end * line.width, line.bottom)


def in_reading_order(lines: Iterable[PixelBox]) -> list[PixelBox]:
    """Row by row from the top, each from the left."""
    rows: list[list[PixelBox]] = []
    for line in sorted(lines, key=lambda line: line.center_y):
        if rows and rows[-1][0].beside(line):
            rows[-1].append(line)
        else:
            rows.append([line])
    return [line for row in rows for line in sorted(row)]


def changed_regions(before: PictureArray, after: PictureArray, *, cell: int = 16) -> list[PixelBox]:
    """The regions in which two pictures of one size differ; what is near each other is one region."""
    height, width = after.shape[:2]
    reach = 2
    cells = np.pad(tiled(differing(before, after), cell).astype(np.uint8), reach)
    spread = dilation(cells, 2 * reach + 1, 2 * reach + 1)
    return [
        PixelBox.at(left, top, width=across - 2 * reach, height=down - 2 * reach).scaled(cell).clipped(width, height)
        for left, top, across, down, _ in connected_regions(spread, corners=True).bounds.tolist()
    ]
