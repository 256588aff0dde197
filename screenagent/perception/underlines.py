"""Lines of text without the strokes under single letters that show which key a menu answers to: the network that reads
them takes an underlined F for an E."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from screenagent.perception.ocr import PictureArray

INK: Final = 50  # of 255, what a letter differs from its ground by more than
TALL: Final = 0.3  # of the line's height: what is taller is a letter
THICKEST: Final = 2
SHORTEST: Final = 4
NEAR: Final = 2  # pixels between a letter and the stroke under it, at most
FEWEST: Final = 3  # letters that a line must have, or it may be no text


def unmarked(line: PictureArray) -> PictureArray:
    """`line` itself where no letter of it is underlined by itself."""
    grey = cv2.cvtColor(line, cv2.COLOR_RGB2GRAY)
    ground = int(np.bincount(grey.ravel()).argmax())
    ink = np.asarray(cv2.absdiff(grey, np.full_like(grey, ground)) > INK, np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    left, top, width, height, area = stats[1:].T
    tall = height > TALL * line.shape[0]
    if tall.sum() < FEWEST:
        return line
    bottom, middle = top + height, left + width / 2
    flat = (height <= THICKEST) & (width >= SHORTEST) & (area >= 0.8 * width * height)
    cleaned = line
    for stroke in np.flatnonzero(flat & (top >= np.median(bottom[tall]))):
        gap = top[stroke] - bottom
        above = tall & (gap >= 0) & (gap <= NEAR) & (abs(middle - middle[stroke]) <= NEAR + 0.5)
        if (above & (width <= 2 * width[stroke]) & (width[stroke] <= 1.5 * width)).any():
            cleaned = line.copy() if cleaned is line else cleaned
            cleaned[top[stroke] : bottom[stroke], left[stroke] : left[stroke] + width[stroke]] = line[grey == ground][0]
    return cleaned
