"""Where something small is drawn that may be an icon: what stands out from its surroundings and is no text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from screenagent.geometry import PixelBox
from screenagent.perception.labels import Label
from screenagent.perception.ocr import PictureArray
from screenagent.perception.pixels import (
    channels,
    connected_regions,
    dilation,
    erosion,
    morphological_closing,
    morphological_opening,
)

STANDS_OUT: Final = 14  # of 255, in any channel: neighbouring pixels differ by this at a line, even at a greyed out one
SMALLEST: Final = 7
LARGEST: Final = 64
MOST: Final = 600  # more on one screen is noise or a photograph; those most like an icon in size are kept
GAPS: Final = (3, 7)
"""Strokes that are no farther apart are one icon; what is too much at the larger may be right at the smaller."""


def proposals(picture: PictureArray, labels: Sequence[Label]) -> list[PixelBox]:
    """Boxes that hug what is drawn there; some hold two things or a part of one."""
    lines = _lines(picture)
    _without(lines, labels)
    found = {rect for gap in GAPS for rect in _figures(lines, gap)}
    kept = sorted(found, key=lambda rect: abs(max(rect.width, rect.height) - 20))[:MOST]
    return _distinct(kept)


def _lines(picture: PictureArray) -> npt.NDArray[np.uint8]:
    """1 where a pixel differs from its neighbours, but for lines too long to be an icon's: frames, rules."""
    lines = np.zeros(picture.shape[:2], np.uint8)
    for channel in channels(picture):
        lines |= dilation(channel, 3, 3) - erosion(channel, 3, 3) > STANDS_OUT
    long = morphological_opening(lines, 1, LARGEST) | morphological_opening(lines, LARGEST, 1)
    return lines & ~long


def _without(lines: npt.NDArray[np.uint8], labels: Sequence[Label]) -> None:
    """Blank out what was read; what is shorter than a word may well be an icon that looks like letters."""
    for label in labels:
        for text, rect in label.words:
            if is_word(text, rect):
                left, top, right, bottom = (max(0, edge) for edge in rect.rounded)
                lines[top:bottom, left:right] = 0


def is_word(text: str, rect: PixelBox) -> bool:
    """Not a row of icons, read as letters that stand far apart."""
    letters = sum(letter.isalpha() for letter in text)
    return (letters >= 3 or len(text) >= 4) and rect.width < 0.85 * rect.height * len(text)


def _figures(lines: npt.NDArray[np.uint8], gap: int) -> list[PixelBox]:
    left, top, across, down, _ = connected_regions(morphological_closing(lines, gap, gap), corners=True).bounds.T
    across, down = across - 2, down - 2  # the gradient reaches a pixel beyond what is drawn
    longer, shorter = np.maximum(across, down), np.minimum(across, down)
    sized = (longer >= SMALLEST) & (longer <= LARGEST) & (shorter >= 2) & (longer <= 5 * shorter)
    return [
        PixelBox(x + 1, y + 1, x + 1 + w, y + 1 + h)
        for x, y, w, h in np.stack([left, top, across, down], 1)[sized].tolist()
    ]


def _distinct(rects: Sequence[PixelBox]) -> list[PixelBox]:
    """Without those that nearly coincide with another."""
    table = np.array(rects, np.float64).reshape(-1, 4)
    kept: list[int] = []
    for number, rect in enumerate(rects):
        others = table[kept]
        across = np.minimum(others[:, 2], rect.right) - np.maximum(others[:, 0], rect.left)
        down = np.minimum(others[:, 3], rect.bottom) - np.maximum(others[:, 1], rect.top)
        shared = across.clip(0) * down.clip(0)
        areas = (others[:, 2] - others[:, 0]) * (others[:, 3] - others[:, 1])
        if not (shared > 0.85 * (areas + rect.area - shared)).any():
            kept.append(number)
    return [rects[number] for number in kept]
