"""Draws icons small and cuts them tight, as they are cut out of a screen."""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from multiprocessing import Pool
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image
from sources import Source

from screenagent.perception.pixels import averaged, enclosed, interpolated

CANVAS = 40
INK = 32
"""The longer side of the icon within its canvas."""
Drawn = npt.NDArray[np.uint8]
"""(CANVAS, CANVAS, 4), RGBA. Of an icon in one colour only the alpha counts, and R says what lies inside its lines."""


class Drawings(NamedTuple):
    pixels: npt.NDArray[np.uint8]
    coloured: npt.NDArray[np.bool_]
    names: list[str]
    sets: list[str]

    def first(self, most: int) -> Drawings:
        return Drawings(self.pixels[:most], self.coloured[:most], self.names[:most], self.sets[:most])

    def save(self, path: Path) -> None:
        np.savez(path, pixels=self.pixels, coloured=self.coloured, names=np.array(self.names), sets=np.array(self.sets))

    @classmethod
    def load(cls, *paths: Path) -> Drawings:
        files = [np.load(path) for path in paths]
        pixels, coloured = (np.concatenate([file[key] for file in files]) for key in ("pixels", "coloured"))
        names, sets = ([str(text) for file in files for text in file[key]] for key in ("names", "sets"))
        return cls(pixels, coloured, names, sets)


def drawn(source: Source) -> Drawn | None:
    """Nothing where the drawing can't be read or is empty."""
    picture = _opened(source.drawing)
    return None if picture is None else cut(picture, coloured=source.coloured)


def cut(picture: Image.Image, *, coloured: bool) -> Drawn | None:
    pixels = np.asarray(picture.convert("RGBA"))
    alpha = pixels[..., 3]
    rows, columns = np.nonzero((alpha > 40).any(1))[0], np.nonzero((alpha > 40).any(0))[0]
    if not len(rows):
        return None
    tight = pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.float32)
    height, width = tight.shape[:2]
    scale = INK / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    tight[..., :3] *= tight[..., 3:] / 255  # so that what is clear lends no colour to its neighbours
    small = (averaged if scale < 1 else interpolated)(tight.transpose(2, 0, 1), *size).transpose(1, 2, 0)
    small[..., :3] /= np.maximum(small[..., 3:], 1) / 255
    canvas = np.zeros((CANVAS, CANVAS, 4), np.uint8)
    top, left = (CANVAS - size[1]) // 2, (CANVAS - size[0]) // 2
    canvas[top : top + size[1], left : left + size[0]] = small.clip(0, 255)
    if not coloured:
        canvas[..., :3] = 0
        canvas[..., 0] = _inside(canvas[..., 3])
    ink = (canvas[..., 3] > 100).mean()
    return canvas if ink > 0.005 else None


def _inside(alpha: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """What the lines enclose: what can't be reached from the corner."""
    lines = alpha >= 90
    return np.where(enclosed(lines) & ~lines, 255, 0).astype(np.uint8)


def _opened(drawing: str | bytes) -> Image.Image | None:
    import resvg_py

    try:
        if isinstance(drawing, bytes):
            return Image.open(io.BytesIO(drawing)).convert("RGBA")
        png = resvg_py.svg_to_bytes(svg_string=drawing, width=48, height=48, skip_system_fonts=True)
        return Image.open(io.BytesIO(bytes(png))).convert("RGBA")
    except (OSError, ValueError):
        return None


def draw(sources: Sequence[Source], *, seed: int = 0) -> Drawings:
    """All that can be drawn, shuffled."""
    shuffled = random.Random(seed).sample(list(sources), len(sources))
    with Pool() as pool:
        found = pool.map(drawn, shuffled, chunksize=64)
    kept = [(source, pixels) for source, pixels in zip(shuffled, found, strict=True) if pixels is not None]
    return Drawings(
        np.stack([pixels for _, pixels in kept]),
        np.array([source.coloured for source, _ in kept]),
        [source.name for source, _ in kept],
        [source.set for source, _ in kept],
    )
