"""Pictures as text: each cell is an upper half block, with one colour above and another, its ground, below. Pure."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from screenagent.geometry import Size

BlockColour = tuple[int, int, int]
Cells = NDArray[np.uint8]  # (height, width, 6): the colour above and the one below


CELL: Final = Size(width=1, height=2)
"""How many pixels a cell shows."""


def fitted_to_cells(picture: Size, cells: Size, cell: Size = CELL) -> Size:
    """Return the largest size, in cells, at which a picture fits without distortion."""
    slim = cell.height / cell.width
    columns = min(cells.width, round(cells.height * slim * picture.width / picture.height))
    rows = min(cells.height, round(columns * picture.height / picture.width / slim))
    return Size(width=max(1, columns), height=max(1, rows))


def cells(image: Image.Image) -> Cells:
    """Return the colours of the cells that show `image`, which has two pixels for each row of cells."""
    pixels = np.asarray(image.convert("RGB"))
    return pixels.reshape(-1, 2, image.width, 3).transpose(0, 2, 1, 3).reshape(-1, image.width, 6)


def halfblock_strip(row: Cells) -> Strip:
    """Return a line of cells, with one segment for neighbours of the same colours."""
    starts = np.flatnonzero(np.concatenate(([True], (row[1:] != row[:-1]).any(axis=1))))
    lengths = np.diff(np.append(starts, len(row)))
    segments = [
        Segment("▀" * length, _style((r, g, b), (below_r, below_g, below_b)))
        for length, (r, g, b, below_r, below_g, below_b) in zip(lengths.tolist(), row[starts].tolist(), strict=True)
    ]
    return Strip(segments, len(row))


@lru_cache(maxsize=65536)
def _style(above: BlockColour, below: BlockColour) -> Style:
    return Style(color=Color.from_rgb(*above), bgcolor=Color.from_rgb(*below))
