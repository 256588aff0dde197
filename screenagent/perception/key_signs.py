"""The signs on the keys of a calculator, told by their shape: a reader of text takes ÷ and ± for +."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from screenagent.geometry import PixelBox
from screenagent.perception.ocr import PictureArray
from screenagent.perception.pixels import averaged, connected_regions

SIDE: Final = 24  # of the pictures that are compared
DRAWN: Final = 8  # how much larger the signs are drawn, so that their edges are smooth
STROKES: Final = (0.1, 0.17)  # of the sign's width: a light typeface and a bold one
ALIKE: Final = 0.62  # the correlation from which on a picture shows a sign
ASPECT: Final = 0.4  # by how much a sign may be wider or narrower than drawn here
LARGEST: Final = 40  # pixels
INKED: Final = 0.35
PARTED: Final = 0.5  # pieces that are joined by less ink are two
FAINTEST: Final = 40  # of 255

Ink = npt.NDArray[np.float32]
Line = tuple[tuple[float, float], ...]

MINUS: Final = "−"
BAR: Final = (2.5, 0.8)  # a minus is at least this much wider than high, and so much of it is ink
SHAPES: Final[Mapping[str, tuple[Line, ...]]] = {
    MINUS: (((0, 0), (1, 0)),),
    "+": (((0, 0.5), (1, 0.5)), ((0.5, 0), (0.5, 1))),
    "×": (((0, 0), (1, 1)), ((0, 1), (1, 0))),
    "÷": (((0, 0.45), (1, 0.45)), ((0.5, 0.05),), ((0.5, 0.85),)),
    "=": (((0, 0), (1, 0)), ((0, 0.4), (1, 0.4))),
    "√": (((0, 0.6), (0.15, 0.5), (0.38, 1), (0.78, 0), (1, 0)),),
    "±": (((0, 0.42), (1, 0.42)), ((0.5, 0), (0.5, 0.84)), ((0, 1.1), (1, 1.1))),
}
"""The lines of each sign, as wide as 1; a line of one point is a dot."""
_PARTS: Final[Mapping[str, tuple[int, ...]]] = {"÷": (3,), "=": (2,), "±": (1, 2)}
"""Of how many pieces a sign may be; any other is one."""


class KeySign(NamedTuple):
    """A sign, and where it is drawn."""

    sign: str
    rect: PixelBox


def signs_among(picture: PictureArray, rects: Iterable[PixelBox]) -> Iterator[KeySign]:
    """Yield those of the places that show a sign; a bar that is a part of another drawing is no minus."""
    small = [rect for rect in rects if max(rect.width, rect.height) <= LARGEST]
    for rect in small:
        sign = sign_at(picture, rect)
        if sign and not (sign == MINUS and any(_is_part(rect, other) for other in small)):
            yield KeySign(sign, rect)


def _is_part(rect: PixelBox, other: PixelBox) -> bool:
    return other != rect and other.holds(*rect.center) and other.height > 2 * rect.height


def sign_at(picture: PictureArray, rect: PixelBox) -> str | None:
    """Return the sign that is drawn at `rect` and nothing else, if it is one of those known here."""
    ink = _ink(picture, rect)
    if ink is None:
        return None
    if ink.shape[1] >= BAR[0] * ink.shape[0]:
        return MINUS if (ink > INKED).mean() >= BAR[1] else None
    pieces = len(connected_regions(ink > PARTED, corners=True).bounds)
    fitting = [sign for sign in SHAPES if sign != MINUS and pieces in _PARTS.get(sign, (1,))]
    likeness = {sign: max(_likeness(ink, drawn) for drawn in _drawn(sign)) for sign in fitting}
    best = max(likeness, key=lambda sign: likeness[sign], default=None)
    return best if best and likeness[best] >= ALIKE else None


def _ink(picture: PictureArray, rect: PixelBox) -> Ink | None:
    """Return how much each pixel stands out from the ground, 0 to 1, cut to what does."""
    height, width = picture.shape[:2]
    left, top, right, bottom = rect.grown(1).clipped(width, height).rounded
    part = picture[top:bottom, left:right].astype(np.float32)
    if part.size == 0:
        return None
    rim = np.concatenate([part[0], part[-1], part[:, 0], part[:, -1]])
    ink = np.abs(part - np.median(rim, axis=0)).max(axis=2)
    return _cut(ink / ink.max()) if ink.max() >= FAINTEST else None


def _cut(ink: Ink) -> Ink | None:
    rows, columns = np.flatnonzero((ink > INKED).any(1)), np.flatnonzero((ink > INKED).any(0))
    if not rows.size:
        return None
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


@cache
def _drawn(sign: str) -> tuple[Ink, ...]:
    return tuple(ink for stroke in STROKES if (ink := _stroked(sign, stroke)) is not None)


def _stroked(sign: str, stroke: float) -> Ink | None:
    scale, width = SIDE * DRAWN, round(stroke * SIDE * DRAWN)
    image = Image.new("L", (2 * scale, 2 * scale))
    draw = ImageDraw.Draw(image)
    for line in SHAPES[sign]:
        points = [(scale / 2 + x * scale, scale / 2 + y * scale) for x, y in line]
        if len(points) == 1:
            ((x, y),) = points
            draw.ellipse((x - width, y - width, x + width, y + width), fill=255)
        else:
            draw.line(points, fill=255, width=width, joint="curve")
    return _cut(np.asarray(image, np.float32) / np.float32(255))


def _likeness(ink: Ink, drawn: Ink) -> float:
    """Return the correlation of both at one size; 0 if one is too wide for the other."""
    wide = [one.shape[1] / one.shape[0] for one in (ink, drawn)]
    if abs(wide[0] - wide[1]) > ASPECT * max(wide):
        return 0.0
    height = max(4, round(SIDE / wide[1]))
    one, other = (averaged(part, SIDE, height).ravel() for part in (ink, drawn))
    return float(np.corrcoef(one, other)[0, 1]) if one.std() and other.std() else 0.0
