"""Pictures as DEC sixels: six lines of pixels at a time, a string for each colour in them. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from math import gcd
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Indices = NDArray[np.uint8]  # (height, width): each pixel's colour, by its number

COLOURS: Final = 240
"""The most colours of a slice. Each slice has its own, so a slice that did not change is encoded the same."""

BAND: Final = 6
LONG_RUN: Final = re.compile(rb"(.)\1{3,}")


class Paletted(NamedTuple):
    """The number of each pixel's colour, and the colours: red, green and blue."""

    pixels: Indices
    palette: NDArray[np.uint8]

    @classmethod
    def of(cls, image: Image.Image) -> Paletted:
        """Return the picture in its own colours, if they are few enough, else in those that suit it best."""
        picture = image.convert("RGB")
        method = Image.Quantize.MEDIANCUT if picture.getcolors(COLOURS) else Image.Quantize.FASTOCTREE
        reduced = picture.quantize(COLOURS, method=method, dither=Image.Dither.NONE)
        palette = np.array(reduced.getpalette("RGB"), np.uint8).reshape(-1, 3)
        return cls(np.asarray(reduced, np.uint8), palette)


def slices(image: Image.Image, cell_height: int) -> list[str]:
    """Encode every `rows_at_once` rows of cells as one sequence. A slice that was drawn lately is not encoded again."""
    height = rows_at_once(cell_height) * cell_height
    parts = (
        image.crop((0, top, image.width, min(top + height, image.height))) for top in range(0, image.height, height)
    )
    return [_recently_encoded(part.convert("RGB").tobytes(), part.size) for part in parts]


@lru_cache(maxsize=64)
def _recently_encoded(pixels: bytes, size: tuple[int, int]) -> str:
    return encoded(Paletted.of(Image.frombytes("RGB", size, pixels)))


def rows_at_once(cell_height: int) -> int:
    """Return how many rows of cells are a whole number of bands."""
    return BAND // gcd(cell_height, BAND)


def encoded(picture: Paletted) -> str:
    """Return the sequence that draws the picture where the cursor is."""
    pixels, palette = picture
    height, width = pixels.shape
    colours = "".join(f"#{number};2;" + ";".join(str(round(part * 100 / 255)) for part in palette[number].tolist())
                      for number in _used(pixels))  # fmt: skip
    bands = "-".join(_band(pixels[top : top + BAND]) for top in range(0, height, BAND))
    return f'\x1bP0;1q"1;1;{width};{height}{colours}{bands}\x1b\\'


def _band(rows: Indices) -> str:
    """Encode six lines of pixels: for each colour, which of the six pixels of each column have it."""
    bits, columns = np.zeros((COLOURS, rows.shape[1]), np.uint8), np.arange(rows.shape[1])
    for line, colours in enumerate(rows):
        bits[colours, columns] |= 1 << line
    return "$".join(f"#{number}{_with_run_lengths((bits[number] + 63).tobytes())}" for number in _used(rows))


def _with_run_lengths(letters: bytes) -> str:
    return LONG_RUN.sub(lambda run: b"!%d%c" % (len(run[0]), run[0][0]), letters).decode()


def _used(pixels: Indices) -> list[int]:
    return np.flatnonzero(np.bincount(pixels.ravel(), minlength=COLOURS)).tolist()
