"""Pictures as text: each cell is an upper half block, its own colour above and its ground's below. Pure."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PIL import Image
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from screenagent.geometry import Size

Rgb = tuple[int, int, int]


def fitted(picture: Size, cells: Size) -> Size:
    """The largest size in cells that a picture fits into without distortion; a cell is twice as high as wide."""
    columns = min(cells.width, round(cells.height * 2 * picture.width / picture.height))
    rows = min(cells.height, round(columns * picture.height / picture.width / 2))
    return Size(width=max(1, columns), height=max(1, rows))


def strips(image: Image.Image) -> list[Strip]:
    """`image`, of two pixels a row, line by line; neighbours of the same colours are one segment."""
    rows = np.asarray(image.convert("RGB")).reshape(-1, 2, image.width, 3).transpose(0, 2, 1, 3)
    return [_strip(row.reshape(image.width, 6)) for row in rows]


def _strip(cells: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> Strip:
    starts = np.flatnonzero(np.concatenate(([True], (cells[1:] != cells[:-1]).any(axis=1))))
    lengths = np.diff(np.append(starts, len(cells)))
    segments = [
        Segment("▀" * length, _style((r, g, b), (below_r, below_g, below_b)))
        for length, (r, g, b, below_r, below_g, below_b) in zip(lengths.tolist(), cells[starts].tolist(), strict=True)
    ]
    return Strip(segments, len(cells))


@lru_cache(maxsize=65536)
def _style(above: Rgb, below: Rgb) -> Style:
    return Style(color=Color.from_rgb(*above), bgcolor=Color.from_rgb(*below))
