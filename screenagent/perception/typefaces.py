"""Values drawn again in the typefaces of this machine: a text that looks just like the screen is what stands there."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from screenagent.perception.inked_text import InkedText

TOOL: Final = "fc-list"
TRIAL: Final = 64  # pixels: the size at which a text is measured in each typeface
LOOKED_AT: Final = 6  # typefaces that are looked at in all sizes and manners
WIDER: Final = 0.06  # by how much they may be wider or narrower
SMOOTHING: Final = 4  # times: smooth letters are drawn larger and shrunk
INKED: Final = 0.25
FAINTEST: Final = 0.15  # ink that joins two parts of a letter
FRAME: Final = 5  # pixels around a text; one drawn here may be so much higher or lower
STRETCHED: Final = 2.0  # pixels that a text drawn here may be wider or narrower: programs place letters differently

ALIKE: Final = 0.3  # of one pixel: two texts that differ by less are drawn alike

Ink = npt.NDArray[np.float32]


class Typeface(NamedTuple):
    """A file, a size in pixels, and whether letters are drawn smoothly, at any fraction of a pixel."""

    file: str
    size: float
    is_smooth: bool = False

    @property
    def font(self) -> ImageFont.FreeTypeFont:
        """It at the size at which it is drawn here."""
        return font_of(self.file, self.size * SMOOTHING if self.is_smooth else self.size)


class DrawnMatch(NamedTuple):
    """How much a text drawn in a typeface looks like what is on the screen, at most 1."""

    likeness: float
    typeface: Typeface


@lru_cache(1)
def typefaces() -> tuple[str, ...]:
    """Return the files of the typefaces for Latin letters; none where fontconfig's tool is not installed."""
    if shutil.which(TOOL) is None:
        return ()
    asked = [TOOL, ":scalable=true:lang=en", "file"]
    try:
        found = subprocess.run(asked, capture_output=True, text=True, timeout=5, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return ()
    files = {line.partition(": ")[0].rstrip(":") for line in found.splitlines()}
    return tuple(sorted(file for file in files if file.endswith((".ttf", ".otf", ".ttc"))))


def ink_of(inked: InkedText) -> Ink | None:
    """Return how much each pixel stands out from its ground, 0 to 1, cut to what does."""
    picture = np.asarray(inked.picture, np.float32)
    difference = np.abs(picture - np.asarray(inked.ground, np.float32)).mean(axis=2)
    return _cut(difference / difference.max()) if difference.size and difference.max() > 0 else None


def strokes_in(ink: Ink) -> int:
    """Return in how many parts, one beside the other, a text is drawn."""
    is_inked = np.asarray((ink > FAINTEST).any(axis=0))
    return int(is_inked[0]) + int((is_inked[1:] & ~is_inked[:-1]).sum())


def best_typeface(texts: Sequence[str], ink: Ink, files: Sequence[str]) -> DrawnMatch | None:
    """Return the typeface, of those in `files`, in which one of these texts looks most like the screen."""
    found = [DrawnMatch(_glance(text, face, ink), face) for text in texts for face in _fitting(text, ink, files)]
    nearest = sorted(found, reverse=True)[:LOOKED_AT]
    asked = dict.fromkeys(face for match in nearest for face in _variants(match.typeface))
    return max((DrawnMatch(drawn_likeness(text, face, ink), face) for text in texts for face in asked), default=None)


def _glance(text: str, face: Typeface, ink: Ink) -> float:
    """Return how much a text looks like the screen at the likeliest place."""
    there = next(_placements(text, face, ink), None)
    return _alike(there, _framed(ink)) if there is not None else 0.0


def drawn_likeness(text: str, face: Typeface, ink: Ink) -> float:
    """Return how much a text looks like the screen in a typeface, at most 1."""
    theirs = _framed(ink)
    return max((_alike(one, theirs) for one in _placements(text, face, ink)), default=0.0)


def likeness_to_either(text: str, rival: str, face: Typeface, ink: Ink) -> float:
    """Return how much nearer the screen is to a text than to its rival: 1 if it is the text, -1 if it is the rival, 0
    if both are drawn alike."""
    one, other, theirs = _laid(text, face, ink), _laid(rival, face, ink), _framed(ink)
    if one is None or other is None:
        return 1.0 if one is not None else -1.0
    between = float(((one - other) ** 2).sum())
    if between < ALIKE:
        return 0.0
    return (float(((other - theirs) ** 2).sum()) - float(((one - theirs) ** 2).sum())) / between


def _laid(text: str, face: Typeface, ink: Ink) -> Ink | None:
    """Return a text drawn in a typeface, at the place where it looks most like the screen."""
    theirs = _framed(ink)
    places = _placements(text, face, ink)
    return min(places, key=lambda one: float(((one - theirs) ** 2).sum()), default=None)


def _framed(ink: Ink) -> Ink:
    return np.pad(ink, FRAME)


def _placements(text: str, face: Typeface, ink: Ink) -> Iterator[Ink]:
    """Yield a text drawn in a typeface at each place where it may lie on the screen's, with a frame around it; none if
    it is wider or narrower."""
    ours = drawn(text, face)
    scale = SMOOTHING if face.is_smooth else 1
    if ours is None or abs(ours.shape[1] / scale - ink.shape[1]) > STRETCHED:
        return
    if abs(ours.shape[0] / scale - ink.shape[0]) <= FRAME:
        yield from _shrunk(ours, ink) if face.is_smooth else _placed(ours, ink)


def _shrunk(ours: Ink, theirs: Ink) -> Iterator[Ink]:
    """Yield a text that was drawn larger at the screen's size, its middle on that of the screen's."""
    height, width = (length + 2 * FRAME for length in theirs.shape)
    down, across = (round(SMOOTHING * there - here) for here, there in zip(_middle(ours), _middle(theirs), strict=True))
    for above, before in ((0, 0), (0, -1), (0, 1), (-1, 0), (1, 0)):
        top, left = FRAME * SMOOTHING + down + above, FRAME * SMOOTHING + across + before
        canvas = _laid_on(ours, top, left, height * SMOOTHING, width * SMOOTHING)
        yield canvas.reshape(height, SMOOTHING, width, SMOOTHING).mean(axis=(1, 3))


def _laid_on(ours: Ink, top: int, left: int, height: int, width: int) -> Ink:
    """Return ink on an empty ground of this size; what lies beyond is cut off."""
    canvas = np.zeros((height, width), np.float32)
    above, before = max(0, -top), max(0, -left)
    part = ours[above : height - top, before : width - left]
    canvas[top + above : top + above + part.shape[0], left + before : left + before + part.shape[1]] = part
    return canvas


def _middle(ink: Ink) -> tuple[float, float]:
    """Return the row and the column in which the ink has its middle."""
    total = float(ink.sum())
    rows, columns = (np.arange(length, dtype=np.float32) + 0.5 for length in ink.shape)
    return float(ink.sum(axis=1) @ rows) / total, float(ink.sum(axis=0) @ columns) / total


def _fitting(text: str, ink: Ink, files: Sequence[str]) -> Iterator[Typeface]:
    """Yield the typefaces in which the letters of a text are about as high and wide as those on the screen."""
    height, width = ink.shape
    for file in files:
        across, down = _measured(text, file)
        size = TRIAL * width / across
        if abs(size * down / TRIAL - height) <= 1.5 + WIDER * height:
            whole = (float(round(size + off)) for off in (0, -0.4, 0.4))
            sizes = dict.fromkeys((*whole, round(3 * size) / 3))
            yield from (Typeface(file, one, is_smooth=True) for one in sizes)


def _variants(face: Typeface) -> Iterator[Typeface]:
    """Yield a typeface in the sizes and the manners in which programs may draw it."""
    for off in (0, -1, 1):
        yield Typeface(face.file, float(round(face.size) + off))
    for size in (float(round(face.size)), round(4 * face.size) / 4, face.size - 1 / 3, face.size + 1 / 3):
        yield Typeface(face.file, size, is_smooth=True)


@lru_cache(4096)
def _measured(text: str, file: str) -> tuple[float, float]:
    left, top, right, bottom = font_of(file, TRIAL).getbbox(text)
    return max(1.0, right - left), max(1.0, bottom - top)


@lru_cache(512)
def font_of(file: str, size: float) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(file, size)


@lru_cache(4096)
def drawn(text: str, face: Typeface) -> Ink | None:
    """Return a text as it is drawn in a typeface."""
    font = face.font
    left, top, right, bottom = font.getbbox(text)
    image = Image.new("L", (max(1, round(right - left)) + 4, max(1, round(bottom - top)) + 4), 0)
    ImageDraw.Draw(image).text((2 - left, 2 - top), text, 255, font)
    return _cut(np.asarray(image, np.float32) / np.float32(255))


def _cut(ink: Ink) -> Ink | None:
    rows, columns = np.flatnonzero((ink > INKED).any(1)), np.flatnonzero((ink > INKED).any(0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] if rows.size else None


def _placed(ours: Ink, theirs: Ink) -> Iterator[Ink]:
    """Yield a drawn text at each place where it may lie on the screen's, as wide as that is."""
    height, width = theirs.shape
    if ours.shape[1] != width:
        picture = Image.fromarray(ours).resize((width, ours.shape[0]), Image.Resampling.BILINEAR)
        ours = np.asarray(picture, np.float32)
    lower = height - ours.shape[0]
    for top in range(min(0, lower) - 1, max(0, lower) + 2):
        for left in range(-1, 2):
            yield _laid_on(ours, FRAME + top, FRAME + left, height + 2 * FRAME, width + 2 * FRAME)


def _alike(ours: Ink, theirs: Ink) -> float:
    spread = float(ours.std() * theirs.std())
    return float(((ours - ours.mean()) * (theirs - theirs.mean())).mean() / spread) if spread else 0.0
