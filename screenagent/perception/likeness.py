"""Where on a picture another one is seen: their correlation, whatever the brightness and the contrast."""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from screenagent.perception.pixels import Bytes, Floats

FLAT: Final = 1.0
"""A place looks like nothing if its greys vary by less: the sum of their squared distances from the mean."""

Doubles = npt.NDArray[np.float64]


class SearchedPicture:
    """A grey picture that others are looked for in."""

    def __init__(self, grey: Bytes) -> None:
        self.grey = grey
        self._centred = grey.astype(np.float64) - 128  # with fewer digits, rounding would make faint places look alike

    def likeness(self, patch: Bytes) -> Floats:
        """Return how much each place looks like `patch`, by its top left pixel: 1 the same, -1 the inverse, 0 if either
        is flat. The patch is no larger than the picture."""
        sought = patch - patch.mean()
        varies, variation = float(np.square(sought).sum()), self._variation(*patch.shape)
        flat = (variation < FLAT) | (varies < FLAT)
        scores = self._products(sought)
        scores /= np.sqrt(np.where(flat, np.inf, varies * variation))
        return scores

    def _products(self, patch: Doubles) -> Floats:
        """Return the sum of the products of `patch` and what is below it, at each place."""
        (height, width), (tall, wide) = self.grey.shape, self._size
        spectrum = np.fft.fft(np.fft.rfft(patch, wide, axis=1), tall, axis=0)
        products = np.fft.irfft2(self._spectrum * spectrum.conj(), s=self._size)
        return products[: height - patch.shape[0] + 1, : width - patch.shape[1] + 1].astype(np.float32)

    def _variation(self, height: int, width: int) -> Floats:
        """Return the sum of the squared distances from the mean in the window of this size at each place."""
        total, squares = (_in_windows(sums, height, width) for sums in self._sums)
        total *= total
        total /= height * width
        return (squares - total).astype(np.float32)

    @property
    def _size(self) -> tuple[int, int]:
        tall, wide = (quick_length(length) for length in self.grey.shape)
        return tall, wide

    @cached_property
    def _spectrum(self) -> npt.NDArray[np.complex128]:
        return np.fft.rfft2(self._centred, s=self._size)

    @cached_property
    def _sums(self) -> tuple[Doubles, Doubles]:
        """The sums of all values, and of their squares, above and to the left of each corner of a pixel."""
        return _summed(self._centred), _summed(np.square(self._centred))


def _summed(values: Doubles) -> Doubles:
    height, width = values.shape
    sums = np.zeros((height + 1, width + 1))
    np.cumsum(values, axis=1, out=sums[1:, 1:])
    for above, row in pairwise(sums):  # ten times as quick as a sum along the first axis
        np.add(above, row, out=row)
    return sums


def _in_windows(sums: Doubles, height: int, width: int) -> Doubles:
    rows = sums[height:] - sums[:-height]
    return rows[:, width:] - rows[:, :-width]


def quick_length(least: int) -> int:
    """Return the first length from `least` on whose only prime factors are 2, 3 and 5: its transform is quick."""
    return next(length for length in range(least, 2 * least + 1) if 60**20 % length == 0)
