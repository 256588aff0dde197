"""What is written and held on a screen, in pixels: the texts that stand alone, the fields, and what programs tell."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from screenagent.geometry import PixelBox, Size
from screenagent.perception.controls import ControlLayout
from screenagent.perception.inked_text import InkedText, inked_text
from screenagent.perception.labels import Label, ReadWord, labels
from screenagent.perception.letters import outline
from screenagent.perception.ocr import PictureArray
from screenagent.perception.rows import pieces
from screenagent.perception.similarity import likeness
from screenagent.perception.spelling import InkedWords
from screenagent.perception.typefaces import ink_of
from screenagent.screenshot import Element, Screenshot, Word

SAMPLES: Final = 3  # words whose typeface is looked for
SAMPLE: Final = re.compile(r"[^\W\d_]{4,}(?: [^\W\d_]+)?:?")
FEWEST: Final = 4  # letters of a name that is known though some of them were misread
IN_ROW: Final = 0.5
"""The part of the lower one's height that two things in one row share at least."""
_ASIDE: Final = re.compile(r"\s*(?:[([].*[)\]]|\bin [A-Z€$£]{1,3})?\s*[*:=]*\s*$")
_GLUED: Final = re.compile(r"(?P<name>[^\W\d][^:=]*[:=])(?P<rest>\S.*)")


@dataclass(frozen=True)
class NamedText:
    """A text from which a place is reckoned; `rest` are the words that follow in its line. `doubt` says what it is
    called if that is not what was asked for."""

    rect: PixelBox
    rest: tuple[ReadWord, ...] = ()
    doubt: str = ""


class WrittenScreen:
    """One screenshot, read once."""

    def __init__(self, screenshot: Screenshot, words: Sequence[Word], told: Sequence[Element] = ()) -> None:
        self.size: Size = screenshot.size
        self.picture: PictureArray = np.asarray(screenshot.pixels)
        self.words = words
        self._labels = labels(words, self.size)
        self.pieces = pieces(self._labels)
        self._told = told

    @cached_property
    def texts(self) -> list[str]:
        """All that is written, a text each."""
        return [piece.text for piece in self.pieces]

    @cached_property
    def fields(self) -> list[PixelBox]:
        """Where the frames of fields and drop-downs are seen."""
        controls = ControlLayout(self.picture, self._labels).controls
        return [control.rect for control in controls if control.role in ("field", "dropdown")]

    @cached_property
    def holders(self) -> list[Holder]:
        """The controls whose value their program tells."""
        told = ((one, one.box.exact_pixels(self.size)) for one in self._told if one.value is not None)
        return [Holder(one, rect) for one, rect in told if rect.area < self.size.width * self.size.height / 2]

    def text_in(self, rect: PixelBox) -> list[ReadWord]:
        """The words in a part of the screen, in reading order."""
        return [word for piece in self._labels for word in piece.words if rect.holds(*word[1].center)]

    def anchors(self, name: str, *, is_value: re.Pattern[str] | None = None) -> list[NamedText]:
        """Return the texts of this name, or else those that have it among their words. What follows a name in its line
        is not of it where a colon parts them, or where it fits `is_value`."""
        for is_same in (_is_called, _looks_called):
            named = [anchor for piece in self.pieces if (anchor := _named(name, piece, is_value, is_same))]
            if named:
                return named
        return [anchor for piece in self.pieces for anchor in _partly(name, piece)]

    def room(self, rect: PixelBox) -> tuple[float, float]:
        """Return where the words left and right of a place in its row end and begin."""
        others = [one for piece in self.pieces for _, one in piece.words if in_row(one, rect)]
        left = max((one.right for one in others if one.center_x < rect.left), default=0.0)
        return left, min((one.left for one in others if one.center_x > rect.right), default=float("inf"))

    def samples(self, rect: PixelBox) -> list[InkedWords]:
        """Return some texts near a place that are as high, which may be in its typeface."""
        near = [piece for piece in self.pieces if SAMPLE.fullmatch(piece.text) and _is_as_high(piece.rect, rect)]
        near = [piece for piece in near if not rect.holds(*piece.rect.center)]
        near.sort(key=lambda piece: abs(piece.rect.center_y - rect.center_y) - 8 * len(piece.text))
        inked = ((piece.text, self.inked(piece.rect)) for piece in near[:SAMPLES])
        inks = ((text, ink_of(one)) for text, one in inked if one)
        return [InkedWords(text, ink) for text, ink in inks if ink is not None]

    def inked(self, rect: PixelBox) -> InkedText | None:
        """Return the text at a place, as far as its letters reach."""
        left, right = self.room(rect)
        return inked_text(self.picture, rect, left=left, right=right)


def _is_as_high(one: PixelBox, other: PixelBox) -> bool:
    return abs(one.height - other.height) <= 0.25 * other.height


@dataclass(frozen=True)
class Holder:
    """A control and its rectangle."""

    element: Element
    rect: PixelBox


def in_row(one: PixelBox, other: PixelBox) -> bool:
    """Whether both stand in one row."""
    return one.shared_height(other) >= IN_ROW * min(one.height, other.height)


def joined_words(words: Sequence[ReadWord]) -> str:
    return " ".join(text for text, _ in words)


def _is_called(name: str, text: str) -> bool:
    return likeness(name, _ASIDE.sub("", text) or text) > 0 or likeness(name, text) > 0


def _looks_called(name: str, text: str) -> bool:
    """Whether a text is a name of which letters were read for others."""
    return len(name) >= FEWEST and outline(name) == outline(_ASIDE.sub("", text))


def _named(
    name: str, piece: Label, is_value: re.Pattern[str] | None, is_same: Callable[[str, str], bool]
) -> NamedText | None:
    words = list(_parted(piece.words))
    for count in range(1, len(words) + 1):
        text, rest = joined_words(words[:count]), words[count:]
        if not is_same(name, text):
            continue
        if not rest or text.endswith((":", "=")) or (is_value and is_value.fullmatch(joined_words(rest))):
            return NamedText(PixelBox.around_all(rect for _, rect in words[:count]), tuple(rest))
    return None


def _parted(words: Sequence[ReadWord]) -> Iterator[ReadWord]:
    """Yield the words, “Total:12.50” as two."""
    for text, rect in words:
        glued = _GLUED.fullmatch(text)
        if glued is None:
            yield text, rect
            continue
        middle = rect.left + rect.width * len(glued["name"]) / len(text)
        yield glued["name"], rect._replace(right=middle)
        yield glued["rest"], rect._replace(left=middle)


def _partly(name: str, piece: Label) -> Iterator[NamedText]:
    length = len(name.split())
    words = list(_parted(piece.words))
    for start in range(len(words) - length + 1):
        run = words[start : start + length]
        if likeness(name, joined_words(run).rstrip(":= ")) > 0:
            is_end = start + length == len(words) or run[-1][0].endswith((":", "="))
            rest = tuple(words[start + length :]) if is_end else ()
            rect = PixelBox.around_all(rect for _, rect in (run if is_end and rest else words))
            yield NamedText(rect, rest, f"“{piece.text}” is there, not “{name}” alone")
            return
