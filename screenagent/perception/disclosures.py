"""The sign at the head of a section or of a tree's row that says whether it is folded: an arrow, or a plus or minus."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from screenagent.geometry import PixelBox
from screenagent.perception.cards import CardFinder
from screenagent.perception.marks import commonest, far
from screenagent.perception.ocr import PictureArray
from screenagent.perception.pixels import connected_regions
from screenagent.screenshot import ElementState

INK: Final = 60  # of 255 in any channel: a sign differs from its ground by more
SIDE: Final = range(4, 22)  # the longer side of a sign, in pixels
REACH: Final = 2.4  # how far left of its label a sign stands, in heights of the label
OFF: Final = 0.4  # how far its middle is from that of the label at most, in heights of the label
COLUMN: Final = 16  # pixels left and right of an arrow in which the arrows of the other rows stand
TIP: Final = 0.25  # of its side: how far the tip of an arrow is beyond its ends
THIN: Final = 0.45  # height to width of a minus, at most

Mask = npt.NDArray[np.bool_]
Sign = Literal["right", "down", "left", "up", "plus", "minus"]

LEFT_SIGNS: Final[dict[Sign, ElementState]] = {
    "right": "collapsed",
    "down": "expanded",
    "plus": "collapsed",
    "minus": "expanded",
}
"""What a sign before a label says. Behind a label, an arrow down is used for both."""


TRAILING_SIGNS: Final[dict[Sign, ElementState]] = {
    "up": "expanded",
    "down": "collapsed",
    "plus": "collapsed",
    "minus": "expanded",
}
"""What a sign says that stands at the end of its row, and is known to be of this kind."""


def folding_state(picture: PictureArray, label: PixelBox, words: Sequence[PixelBox] = ()) -> ElementState | None:
    """Return whether what stands under a label is expanded or collapsed, by the sign before the label. What belongs to
    one of the `words` is a letter, as the T of a button before the label."""
    left = PixelBox(label.left - REACH * label.height, label.top - 2, label.left - 1, label.bottom + 2)
    x, y, right, bottom = left.clipped(picture.shape[1], picture.shape[0]).rounded
    part = picture[y:bottom, x:right]
    if min(part.shape[:2]) < SIDE.start:
        return None
    figure = far(part, commonest(part)) > INK
    middle = label.center_y - y
    letters = [word.moved(-x, -y) for word in words]
    for place in _shapes(figure, middle, OFF * label.height):
        left_edge, top, right_edge, bottom = place.rounded
        if sign := sign_of(figure[top:bottom, left_edge:right_edge]):
            return None if any(word.holds(*place.center) for word in letters) else LEFT_SIGNS.get(sign)
    return None


def trailing_sign(picture: PictureArray, label: PixelBox, words: Sequence[PixelBox]) -> PixelBox | None:
    """Return the sign at the far end of the row of a label that says whether what stands under it is folded.

    An arrow up, a minus and a plus are such signs. An arrow down is one only if another row of its column shows an
    arrow up; elsewhere it is also used for what is expanded.
    """
    height, width = picture.shape[:2]
    area = next((one for one in CardFinder(picture).around(label) if one.width > 2 * label.width), None)
    end = area.right if area else width
    row = PixelBox(label.right + REACH * label.height, label.top - 2, end, label.bottom + 2)
    found = [(sign, place) for sign, place in _signs(picture, row, words) if sign in TRAILING_SIGNS]
    if not found:
        return None
    sign, place = max(found, key=lambda one: one[1].right)
    if sign != "down":
        return place
    column = PixelBox(place.left - COLUMN, 0, place.right + COLUMN, height)
    others = [other for other, _ in _signs(picture, column, words)]
    return place if "up" in others and "right" not in others else None


def trailing_state(picture: PictureArray, sign: PixelBox) -> ElementState | None:
    """Return what a sign at the end of a row says, if there is one."""
    if max(sign.width, sign.height) not in SIDE:
        return None
    around = sign.grown(COLUMN, COLUMN / 4)
    seen = (shown for shown, place in _signs(picture, around, ()) if sign.holds(*place.center))
    return next((TRAILING_SIGNS[shown] for shown in seen if shown in TRAILING_SIGNS), None)


def _signs(picture: PictureArray, region: PixelBox, words: Sequence[PixelBox]) -> Iterator[tuple[Sign, PixelBox]]:
    """Yield the signs that are seen in a part of the picture, but for letters."""
    x, y, right, bottom = region.clipped(picture.shape[1], picture.shape[0]).rounded
    part = picture[y:bottom, x:right]
    if min(part.shape[:2], default=0) < SIDE.start:
        return
    differs = np.abs(part.astype(np.int16) - np.median(part, axis=1, keepdims=True)).max(axis=2) > INK
    for place in _shapes(differs, 0, float("inf")):
        left, top, end, low = place.rounded
        there = place.moved(x, y)
        if not any(word.holds(*there.center) for word in words) and (sign := sign_of(differs[top:low, left:end])):
            yield sign, there


def sign_of(shape: Mask) -> Sign | None:
    """Return what a shape that fills its bounds looks like."""
    height, width = shape.shape
    if max(shape.shape) not in SIDE:
        return None
    if height <= THIN * width and shape.mean() > 0.8:
        return "minus"
    if abs(height - width) <= 0.25 * max(shape.shape) and (boxed := _in_a_frame(shape)) is not None:
        return boxed
    if _is_plus(shape):
        return "plus"
    return _arrow(shape)


def _shapes(figure: Mask, middle: float, off: float) -> Iterator[PixelBox]:
    """What stands in line with the label, the nearest to it first; a frame comes with what is in it."""
    bounds = connected_regions(figure, corners=True).bounds
    for x, y, width, height, area in sorted(bounds.tolist(), key=lambda one: -one[0] - one[2]):
        if area >= SIDE.start and abs(y + height / 2 - middle) <= off:
            yield PixelBox.at(x, y, width=width, height=height)


def _in_a_frame(shape: Mask) -> Sign | None:
    """A plus or a minus in a box."""
    edges = (shape[0], shape[-1], shape[:, 0], shape[:, -1])
    if min(float(edge.mean()) for edge in edges) < 0.7 or min(shape.shape) < 7:
        return None
    inner = shape[2:-2, 2:-2]
    rows, columns = np.flatnonzero(inner.any(axis=1)), np.flatnonzero(inner.any(axis=0))
    if not rows.size:
        return None
    inside = inner[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return "plus" if _is_plus(inside) else "minus" if inside.shape[0] <= THIN * inside.shape[1] else None


def _is_plus(shape: Mask) -> bool:
    height, width = shape.shape
    if min(height, width) < 3 or abs(height - width) > 0.25 * max(height, width):
        return False
    row, column = shape[height // 2].mean(), shape[:, width // 2].mean()
    corners = (shape[0, 0], shape[0, -1], shape[-1, 0], shape[-1, -1])
    return bool(row > 0.85 and column > 0.85 and not any(corners) and shape.mean() < 0.65)


def _arrow(shape: Mask) -> Sign | None:
    """Where the tip is: halfway along a side, while the ends of the opposite side reach farthest back."""
    turned: dict[Sign, Mask] = {"right": shape, "left": shape[:, ::-1], "down": shape.T, "up": shape.T[:, ::-1]}
    tips = {way: _tip(mask) for way, mask in turned.items()}
    best = max(tips, key=lambda way: tips[way])
    others = [tip for way, tip in tips.items() if way != best]
    return best if tips[best] > TIP and max(others) < tips[best] - TIP / 2 else None


def _tip(shape: Mask) -> float:
    """How much farther right the middle rows reach than both the first and the last, as a part of the width."""
    height, width = shape.shape
    if height < 4 or width < 3:
        return 0.0
    ends = np.where(shape.any(axis=1), width - shape[:, ::-1].argmax(axis=1), 0)
    third = max(1, height // 4)
    middle = float(ends[height // 2 - third // 2 : height // 2 + third // 2 + 1].max())
    outer = max(float(ends[:third].mean()), float(ends[-third:].mean()))
    return float((middle - outer) / width)
