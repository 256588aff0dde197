"""What stands at a line of text without being a letter of it: strokes under single letters, and icons before it."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from screenagent.perception.ocr import LineWord, PictureArray
from screenagent.perception.pixels import absolute_difference, connected_regions, grey

# In pixels if nothing else is said.
INK: Final = 50  # of 255, what a letter differs from its ground by more than
FAINT: Final = 24  # the same for a stroke
TALL: Final = 0.3  # of the line's height: what is taller is a letter
THICKEST: Final = 2
SHORTEST: Final = 4
SOLID: Final = 0.6  # of a letter's width: a stroke under it is that wide, and without a gap
NEAR: Final = 2  # between a letter and the stroke under it, at most
MOST_MARKED: Final = 2  # letters of a line with such a stroke; a link has it under all
FEWEST: Final = 3  # letters that a line must have, or it may be no text
GAP: Final = 0.17  # of the line's height, between an icon and the text after it, at least
ICON: Final = (0.35, 1.2)  # of the line's height, how wide an icon is; it has no gap within
EDGE: Final = 0.5  # of its width: a row with so much ink is a border above or below it
BORDER: Final = 0.9  # of the line's height: a stroke so high is the border of what the line stands in


def unmarked(line: PictureArray) -> PictureArray:
    """Return a line of text without the strokes under single letters that show which key a menu answers to: the network
    takes an underlined F for an E. A line without such strokes is returned itself."""
    ground, ink = _ink(line)
    left, top, width, height, area = connected_regions(ink, corners=True).bounds.T
    tall = height > TALL * line.shape[0]
    if tall.sum() < FEWEST:
        return line
    bottom, middle = top + height, left + width / 2
    baseline = int(np.median(bottom[tall]))
    marks = np.zeros_like(ink, bool)
    flat = (height <= THICKEST) & (width >= SHORTEST) & (area >= 0.8 * width * height)
    for stroke in np.flatnonzero(flat & (top >= baseline)):
        gap = top[stroke] - bottom
        above = tall & (gap >= 0) & (gap <= NEAR) & (abs(middle - middle[stroke]) <= NEAR + 0.5)
        if (above & (width <= 2 * width[stroke]) & (width[stroke] <= 1.5 * width)).any():
            marks[top[stroke] : bottom[stroke], left[stroke] : left[stroke] + width[stroke]] = True
    touching = [
        (slice(baseline, baseline + THICKEST), slice(left[letter], left[letter] + width[letter]))
        for letter in np.flatnonzero(tall & (bottom <= baseline + THICKEST) & (width >= SHORTEST))
    ]
    touching = [place for place in touching if _is_stroke(line, ground, place)]
    if len(touching) <= MOST_MARKED:
        for place in touching:
            marks[place] = True
    if not marks.any():
        return line
    cleaned = line.copy()
    cleaned[marks] = ground
    return cleaned


def _is_stroke(line: PictureArray, ground: npt.NDArray[np.uint8], place: tuple[slice, slice]) -> bool:
    """Return whether a stroke, faint perhaps, lies right under a letter, and nothing under that."""
    rows, columns = place
    differs = np.abs(line[rows.start : rows.stop + 1, columns].astype(np.int16) - ground).max(axis=2) > FAINT
    solid = differs.mean(axis=1) >= SOLID
    return bool(solid[:-1].any() and not solid[-1])


def text_after_icon(line: PictureArray, words: tuple[LineWord, ...]) -> int | None:
    """Return the column at which the text begins if the first word was read together with an icon before it."""
    if not words:
        return None
    height, width = line.shape[:2]
    _, ink = _ink(line)
    ink = ink[ink.mean(axis=1) < EDGE]  # what runs all along is a border
    if not ink.size:
        return None
    inked = ink.any(axis=0) & (ink.mean(axis=0) < BORDER)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], inked.astype(np.int8), [0]))))
    runs = edges.reshape(-1, 2)  # of columns with ink: from and to
    if len(runs) < 2:
        return None
    (left, right), (begin, _) = runs[:2].tolist()
    is_icon = ICON[0] * height <= right - left <= ICON[1] * height and begin - right > max(3, GAP * height)
    is_glued = words[0].start * width < (left + right) / 2 and words[0].end * width > begin + height / 4
    return begin - 2 if is_icon and is_glued else None


def shifted(words: tuple[LineWord, ...], *, after: int, width: int) -> tuple[LineWord, ...]:
    """Return words that were read in a line from the column `after` on, placed in all of the line."""
    first, scale = after / width, 1 - after / width
    return tuple(LineWord(text, first + start * scale, first + end * scale, sure) for text, start, end, sure in words)


def _ink(line: PictureArray) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Return the colour of the ground, and which pixels differ from it."""
    shades = grey(line)
    shade = np.uint8(np.bincount(shades.ravel()).argmax())
    ground: npt.NDArray[np.uint8] = line[shades == shade][0]
    contrast = absolute_difference(shades, np.full_like(shades, shade))
    return ground, np.asarray(contrast > INK, np.uint8)
