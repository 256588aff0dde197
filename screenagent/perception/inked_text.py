"""The letters of a value as they are drawn: how far they reach, and whether something cuts them off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from screenagent.geometry import PixelBox
from screenagent.perception.marks import commonest
from screenagent.perception.ocr import PictureArray

INK: Final = 40  # of 255, what a letter differs from its ground by at least
WALL: Final = 0.96  # the part of a column that a frame or another ground fills
BLANK: Final = 0.55  # of a line's height: a gap as wide as this ends a text
ACROSS: Final = 0.9  # the part of a row that a frame fills, whose corner a text's rectangle may reach beyond
BESIDE: Final = 3  # pixels by which a frame goes on left or right of the text in it, at least
MARGIN: Final = 24  # pixels of plain ground around what is read on its own

Ground = tuple[int, int, int]


@dataclass(frozen=True)
class InkedText:
    """A line of text as it is drawn on its ground, and whether it is cut off at an edge."""

    rect: PixelBox
    picture: Image.Image
    ground: Ground
    is_cut_off: bool

    def enlarged(self, zoom: int) -> Image.Image:
        """It with plain ground around it, `zoom` times as large."""
        framed = ImageOps.expand(self.picture, MARGIN, fill=self.ground)
        return framed.resize((framed.width * zoom, framed.height * zoom), Image.Resampling.BICUBIC)


def inked_text(picture: PictureArray, rect: PixelBox, *, left: float, right: float) -> InkedText | None:
    """Return the text at `rect`, which reaches beyond it as far as its letters do, but not to `left` and `right`, where
    another text begins."""
    height, width = picture.shape[:2]
    x, top, end, bottom = rect.grown(0, 1).clipped(width, height).rounded
    if end <= x or bottom <= top:
        return None
    ground = commonest(picture[top:bottom, x:end])
    differs = np.abs(picture[top:bottom].astype(np.int16) - ground.astype(np.int16)).max(axis=2) > INK
    above, below = _between_lines(differs, x, end)
    differs, top, bottom = differs[above:below], top + above, top + below
    share = differs.mean(axis=0)
    first, last = _reach(share, (x, end), (round(max(0, left)), round(min(width, right))), BLANK * rect.height)
    is_cut = _is_edge(share, first - 1) or _is_edge(share, last)
    part = Image.fromarray(picture[top:bottom, first:last])
    red, green, blue = (int(channel) for channel in ground)
    return InkedText(PixelBox(first, top, last, bottom), part, (red, green, blue), is_cut)


def _between_lines(differs: npt.NDArray[np.bool_], start: int, end: int) -> tuple[int, int]:
    """Return the first row of a text and the one after its last, which are within the frame of a field: lines that go
    on beside the text."""
    before, behind = differs[:, max(0, start - BESIDE) : start], differs[:, end : end + BESIDE]
    goes_on = before.any(axis=1) & before.all(axis=1) | behind.any(axis=1) & behind.all(axis=1)
    lines = np.flatnonzero((differs[:, start:end].mean(axis=1) >= ACROSS) & goes_on)
    middle = len(differs) / 2
    above = max((int(line) + 1 for line in lines if line < middle), default=0)
    below = min((int(line) for line in lines if line >= middle), default=len(differs))
    return (above, below) if above < below else (0, len(differs))


def _reach(
    share: npt.NDArray[np.float64], span: tuple[int, int], bounds: tuple[int, int], blank: float
) -> tuple[int, int]:
    """Return the first column of a text and the one after its last: it fills much of `span`, and lies in `bounds`."""
    (start, end), (left, right) = span, bounds
    inked = np.flatnonzero((share > 0) & (share < WALL))
    here = inked[(inked >= start) & (inked < end)]
    if not here.size:
        return start, end
    walls = np.flatnonzero(share >= WALL)
    middle = (int(here[0]) + int(here[-1])) / 2
    floor = max([left, *(int(wall) + 1 for wall in walls if wall < middle and not here[0] < wall < here[-1])])
    ceiling = min([right, *(int(wall) for wall in walls if wall > middle and not here[0] < wall < here[-1])])
    first, last = int(here[0]), int(here[-1])
    for column in reversed(inked[(inked < first) & (inked >= floor)]):
        if first - int(column) > blank:
            break
        first = int(column)
    for column in inked[(inked > last) & (inked < ceiling)]:
        if int(column) - last > blank:
            break
        last = int(column)
    return first, last + 1


def _is_edge(share: npt.NDArray[np.float64], column: int) -> bool:
    """Whether the picture ends there, or a frame or another ground begins."""
    return not 0 <= column < len(share) or bool(share[column] >= WALL)
