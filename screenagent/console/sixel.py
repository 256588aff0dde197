"""Pictures as DEC sixels: six lines of pixels at a time, a string for each colour in them. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from math import gcd
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Indices = NDArray[np.uint8]  # (height, width): each pixel's colour, by its number

LEVELS: Final = 6
"""Shades of red, green and blue. All pictures share one palette, so that what did not change is encoded the same."""

GREYS: Final = 24
BAND: Final = 6
LONG_RUN: Final = re.compile(rb"(.)\1{3,}")


def _palette() -> NDArray[np.uint8]:
    cube = np.array([(r, g, b) for r in range(LEVELS) for g in range(LEVELS) for b in range(LEVELS)])
    greys = np.repeat(np.arange(GREYS)[:, None], 3, axis=1)
    return np.concatenate((np.round(cube * 255 / (LEVELS - 1)), np.round(greys * 255 / (GREYS - 1)))).astype(np.uint8)


PALETTE: Final = _palette()


def _nearest() -> Indices:
    """Return the nearest colour's number for each of 32 shades of red, green and blue. Greys have finer shades."""
    shades = np.arange(32, dtype=np.int32) * 255 // 31
    pixels = np.stack(np.meshgrid(shades, shades, shades, indexing="ij"), axis=-1).reshape(-1, 3)
    steps = (pixels * (LEVELS - 1) + 127) // 255
    cube = steps[:, 0] * LEVELS * LEVELS + steps[:, 1] * LEVELS + steps[:, 2]
    grey = pixels.max(axis=1) - pixels.min(axis=1) < 12
    return np.where(grey, LEVELS**3 + (pixels[:, 1] * (GREYS - 1) + 127) // 255, cube).astype(np.uint8)


NEAREST: Final = _nearest()


def indices(image: Image.Image) -> Indices:
    """Return the number of each pixel's nearest colour."""
    red, green, blue = (np.asarray(part, dtype=np.uint16) >> 3 for part in image.convert("RGB").split())
    found: Indices = NEAREST[(red << 10) | (green << 5) | blue]
    return found


def slices(image: Image.Image, cell_height: int) -> list[str]:
    """Encode every `rows_at_once` rows of cells as one sequence. A slice that was drawn lately is not encoded again."""
    pixels, height = indices(image), rows_at_once(cell_height) * cell_height
    return [
        _recently_encoded(pixels[top : top + height].tobytes(), image.width) for top in range(0, len(pixels), height)
    ]


@lru_cache(maxsize=64)
def _recently_encoded(pixels: bytes, width: int) -> str:
    return encoded(np.frombuffer(pixels, np.uint8).reshape(-1, width))


def rows_at_once(cell_height: int) -> int:
    """Return how many rows of cells are a whole number of bands."""
    return BAND // gcd(cell_height, BAND)


def encoded(pixels: Indices) -> str:
    """Return the sequence that draws the pixels where the cursor is."""
    height, width = pixels.shape
    colours = "".join(f"#{number};2;" + ";".join(str(round(part * 100 / 255)) for part in PALETTE[number].tolist())
                      for number in _used(pixels))  # fmt: skip
    bands = "-".join(_band(pixels[top : top + BAND]) for top in range(0, height, BAND))
    return f'\x1bP0;1q"1;1;{width};{height}{colours}{bands}\x1b\\'


def _band(rows: Indices) -> str:
    """Encode six lines of pixels: for each colour, which of the six pixels of each column have it."""
    bits, columns = np.zeros((len(PALETTE), rows.shape[1]), np.uint8), np.arange(rows.shape[1])
    for line, colours in enumerate(rows):
        bits[colours, columns] |= 1 << line
    return "$".join(f"#{number}{_with_run_lengths((bits[number] + 63).tobytes())}" for number in _used(rows))


def _with_run_lengths(letters: bytes) -> str:
    return LONG_RUN.sub(lambda run: b"!%d%c" % (len(run[0]), run[0][0]), letters).decode()


def _used(pixels: Indices) -> list[int]:
    return np.flatnonzero(np.bincount(pixels.ravel(), minlength=len(PALETTE))).tolist()
