"""Whether two pictures show the same drawing: in other colours, or hidden by something else."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

RGB = npt.NDArray[np.uint8]  # (height, width, 3)
Gray = npt.NDArray[np.float32]  # (height, width)

NOTICED: Final = 40  # of 255, in any channel
ODD: Final = 0.02  # of the pixels may have another colour than the rest of their kind
SHIFT: Final = 2  # pixels by which a control may be lifted or pressed
UNLIKE: Final = 0.5  # two texts are mostly less alike than this; one text larger by a tenth is more so
PLAIN: Final = 4.0  # mean steepness, of 255 a pixel, of what has next to nothing drawn on it


def is_recoloured(before: RGB, after: RGB) -> bool:
    """Return whether each colour of one picture has become one colour of the other, as under a highlight."""
    return before.shape == after.shape and _maps(before, after) and _maps(after, before)


def drawn_alike(before: RGB, after: RGB) -> float:
    """Return how alike two pictures of one size are drawn, from 0 to 1, whatever their colours.

    The second may be shifted a little. What has nothing drawn on it is like everything.
    """
    one, other = steepness(before), steepness(after)
    if float(one.mean()) < PLAIN:
        return 1.0
    return max(
        _correlation(one, np.roll(other, (down, across), axis=(0, 1)))
        for down in range(-SHIFT, SHIFT + 1)
        for across in range(-SHIFT, SHIFT + 1)
    )


def _maps(one: RGB, other: RGB) -> bool:
    """Return whether pixels that are alike in one picture are alike in the other."""
    coarse = (one >> 4).astype(np.int32)
    kinds = (coarse[..., 0] << 8 | coarse[..., 1] << 4 | coarse[..., 2]).ravel()
    colours = other.reshape(-1, 3).astype(np.float32)
    counts = np.maximum(np.bincount(kinds, minlength=4096), 1)
    means = np.stack([np.bincount(kinds, colours[:, channel], minlength=4096) / counts for channel in range(3)], axis=1)
    odd = np.abs(colours - means[kinds]).max(axis=1) > NOTICED
    return bool(odd.mean() <= ODD)


def steepness(picture: RGB) -> Gray:
    """Return how steeply the brightness changes at each pixel."""
    down, across = np.gradient(picture.astype(np.float32).mean(axis=2))
    return np.asarray(np.abs(down) + np.abs(across), dtype=np.float32)


def _correlation(one: Gray, other: Gray) -> float:
    one, other = one - one.mean(), other - other.mean()
    size = float(np.sqrt((one**2).sum() * (other**2).sum()))
    return float((one * other).sum()) / size if size else 0.0
