"""What speaks for an icon by its neighbours in a tool bar: "copy" has "cut" on its left and "paste" on its right."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from screenagent.geometry import PixelBox, Value
from screenagent.perception.icon_encoder import Floats, IconWords
from screenagent.yaml_file import read_packaged

SAME: Final = 0.85  # a phrase that is this much like a name of the table means that
UNLIKE: Final = 0.2  # an icon that is less like a name says nothing about its neighbour
COUNTS: Final = 0.4  # what part of a neighbour's likeness to its name an icon gains
APART: Final = (14, 90)  # pixels between the centers of neighbours
ALIKE: Final = 0.47  # the logarithm of the ratio of their sizes, at most


class IconOrder(Value):
    """Rows of names, from `icon_order.yaml`."""

    rows: tuple[tuple[str, ...], ...]


_ROWS: Final = read_packaged(Path(__file__).with_name("icon_order.yaml"), IconOrder).rows
_NAMES: Final = tuple(dict.fromkeys(name for row in _ROWS for name in row))
_PAIRS: Final = {(_NAMES.index(left), _NAMES.index(right)) for row in _ROWS for left, right in pairwise(row)}


class _Beside(NamedTuple):
    """The places of the icons left and right of each; -1 where there is none."""

    left: npt.NDArray[np.intp]
    right: npt.NDArray[np.intp]


def gained_by_neighbours(meant: Floats, seen: Floats, rects: Sequence[PixelBox], words: IconWords) -> Floats:
    """Return what each icon gains in likeness because what stands beside it is what stands beside the one meant; `seen`
    is (icons, width)."""
    gains = np.zeros(len(rects), np.float32)
    named = _vectors(words)
    fits = named @ meant
    name = int(fits.argmax())
    if fits[name] < SAME:
        return gains
    beside = _beside(rects)
    for places, neighbours in (
        (beside.left, [left for left, right in _PAIRS if right == name]),
        (beside.right, [right for left, right in _PAIRS if left == name]),
    ):
        if neighbours:
            like = np.maximum(0, (seen @ named[neighbours].T).max(axis=1) - UNLIKE)
            gains += np.where(places >= 0, COUNTS * like[places], 0)
    return gains


@lru_cache(maxsize=2)
def _vectors(words: IconWords) -> Floats:
    """(names, width)"""
    return np.stack([words.vector([(name, 1.0)]) for name in _NAMES])


def _beside(rects: Sequence[PixelBox]) -> _Beside:
    left, top, right, bottom = np.array(rects, np.float64).T
    x, y, longer = (left + right) / 2, (top + bottom) / 2, np.maximum(right - left, bottom - top)
    apart = x[None, :] - x[:, None]
    mate = (abs(y[:, None] - y) < 4) & (abs(np.log(longer[:, None] / longer)) < ALIKE)
    nearest = []
    for side in (-apart, apart):
        gap = np.where(mate & (side > APART[0]) & (side < APART[1]), side, np.inf)
        nearest.append(np.where(np.isfinite(gap.min(axis=1)), gap.argmin(axis=1), -1))
    return _Beside(*nearest)
