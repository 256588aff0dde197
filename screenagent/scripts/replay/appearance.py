"""What a target looks like: its anchor taken off a screen, and what stands beside it, there and later."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from screenagent.geometry import Box, Pixel, PixelBox, Point
from screenagent.perception.labels import Label, labels
from screenagent.perception.similarity import likeness
from screenagent.screenshot import Screenshot, Word
from screenagent.scripts import Anchor, Beside
from screenagent.scripts.replay.template_match import TemplateMatcher

READ_ALIKE: Final = 0.85
"""How alike two readings of one text are at least."""

AROUND: Final = (56, 44)
"""How much of the surroundings an anchor's picture shows on each side, in pixels: about a row above and below."""
EDGE: Final = (12, 1)
"""What belongs to a target beyond its text: wider than a space, so that “Save” is not found in “Save As”."""
TRIM: Final = 3
"""What is left out above and below a text when it is looked for: rows may stand closer than they are read."""
LARGEST: Final = (900, 90)
UNKNOWN: Final = (28, 16)
"""Half of the size that a target is taken to have where nothing shows its bounds."""

MOST_TELLING: Final = 4
"""A text of so many letters tells as much as any."""
MOST_BESIDE: Final = 12
MOST_RIGHT: Final = 4
FARTHEST: Final = 320


def taken(
    target: str, screenshot: Screenshot, point: Point, *, words: Sequence[Word], box: Box | None = None
) -> tuple[Anchor, Image.Image]:
    """The anchor of what is at `point`, which `target` names, and its picture; `words` were read off the screen."""
    size, window = screenshot.size, screenshot.window
    at = point.pixel(size)
    known = around(at.x, at.y, labels(words, size), screenshot)
    bounds = _bounds(at, known, box.exact_pixels(size) if box else None)
    bounds = bounds.clipped(size.width, size.height)
    text, beside = _text(bounds, known), _beside(bounds, known)
    left, top, right, bottom = bounds.grown(*AROUND).clipped(size.width, size.height).rounded
    image = screenshot.pixels.crop((left, top, right, bottom))
    inside = (
        round(bounds.left) - left,
        round(bounds.top) - top,
        round(bounds.right) - left,
        round(bounds.bottom) - top,
    )
    sight, grey = TemplateMatcher(screenshot.pixels), np.asarray(image.convert("L"))
    anchor = Anchor(
        target=target,
        text=text,
        beside=beside,
        alike=_alike(sight, patch_of(grey, inside, text=text), bounds, text, known),
        repeats=len(sight.same(core_of(grey, inside, text=text))),
        box=inside,
        at=Pixel(x=at.x - left, y=at.y - top),
        corner=Pixel(x=left, y=top),
        screen=size,
        app=window.app if window else "",
        title=window.title if window else "",
        window=window.box if window else None,
    )
    return anchor, image


def patch_of(picture: NDArray[np.uint8], box: tuple[int, int, int, int], *, text: str) -> NDArray[np.uint8]:
    """What of an anchor's picture is looked for on a screen."""
    left, top, right, bottom = box
    trim = trimmed(box, text=text)
    return picture[top + trim : bottom - trim, left:right]


def core_of(picture: NDArray[np.uint8], box: tuple[int, int, int, int], *, text: str) -> NDArray[np.uint8]:
    """Its letters alone, which are the same in another row, or in a longer name."""
    left, _, right, _ = box
    narrow = EDGE[0] if text and right - left > 3 * EDGE[0] else 0
    patch = patch_of(picture, box, text=text)
    return patch[:, narrow : patch.shape[1] - narrow]


def trimmed(box: tuple[int, int, int, int], *, text: str) -> int:
    return TRIM if text and box[3] - box[1] >= 6 * TRIM else 0


def around(x: float, y: float, known: Sequence[Label], screenshot: Screenshot) -> Sequence[Label]:
    """The labels in the front window for a place in it; for one beside it, as in a menu that hangs out, all."""
    if screenshot.window is None or screenshot.window.box is None:
        return known
    window = screenshot.window.box.exact_pixels(screenshot.size)
    if not window.holds(x, y):
        return known
    return [label for label in known if window.holds(*label.rect.center)]


def _bounds(at: Pixel, known: Sequence[Label], box: PixelBox | None) -> PixelBox:
    """The target's box: the one given, or that of the text at the point, or a little all round; never a whole page."""
    found = box or next((label.rect for label in known if label.rect.holds(at.x, at.y)), None)
    point = PixelBox(at.x, at.y, at.x, at.y)
    across, down = LARGEST
    if found is None:
        return point.grown(*UNKNOWN)
    most = point.grown(across / 2, down / 2)
    grown = with_edge(found)
    return PixelBox(
        max(grown.left, most.left),
        max(grown.top, most.top),
        min(grown.right, most.right),
        min(grown.bottom, most.bottom),
    )


def with_edge(rect: PixelBox) -> PixelBox:
    across, down = EDGE
    return rect.grown(across, down)


def _text(bounds: PixelBox, known: Sequence[Label]) -> str:
    return " ".join(text for label in known for text, rect in label.words if bounds.holds(*rect.center))


def _beside(bounds: PixelBox, known: Sequence[Label]) -> tuple[Beside, ...]:
    """What stands in its row, those on its left first, for they name it; then the nearest texts."""
    others = [label for label in known if bounds.shared_area(label.rect) < 0.5 * label.rect.area]
    row = [label for label in others if label.rect.beside(bounds)]
    left = [label for label in row if label.rect.right <= bounds.center_x]
    right = sorted((label for label in row if label not in left), key=lambda label: label.rect.left)[:MOST_RIGHT]
    near = sorted(
        (label for label in others if _distance(label.rect, bounds) <= FARTHEST),
        key=lambda label: _distance(label.rect, bounds),
    )
    chosen = list(dict.fromkeys((*left, *right, *near)))[:MOST_BESIDE]
    return tuple(
        Beside(
            text=label.text,
            dx=round(label.rect.center_x - bounds.center_x),
            dy=round(label.rect.center_y - bounds.center_y),
            width=max(1, round(label.rect.width)),
            height=max(1, round(label.rect.height)),
        )
        for label in chosen
    )


def _distance(rect: PixelBox, other: PixelBox) -> float:
    across, down = max(0.0, -rect.shared_width(other)), max(0.0, -rect.shared_height(other))
    return across + 2 * down  # what stands in its row is nearer than what stands above


def _alike(
    sight: TemplateMatcher, patch: NDArray[np.uint8], bounds: PixelBox, text: str, known: Sequence[Label]
) -> int:
    """How many there are that look like it or bear its name, itself included."""
    others = [label for label in known if not bounds.holds(*label.rect.center)]
    named = sum(likeness(text, label.text) >= READ_ALIKE for label in others) if text else 0
    return max(1 + named, len(sight.same(patch)))


class Surroundings(NamedTuple):
    """How what stands beside a place agrees with what stood beside the anchor.

    `share` is how much of it is there again, `row` how much of what stood in its row, where a longer text tells more
    than the number of the row does; `contradicted` names a text that tells the place from others and is not there.
    """

    share: float
    row: float = 1.0
    contradicted: str = ""


def surroundings(anchor: Anchor, place: PixelBox, known: Sequence[Label], *, scale: float = 1.0) -> Surroundings:
    """`place` is where the target may be, among the labels `known`."""
    if not anchor.beside:
        return Surroundings(1.0)
    present = [_is_there(beside, place, known, scale, of=_says) for beside in anchor.beside]
    missing = next(
        (beside.text for beside in telling_texts(anchor) if not _is_there(beside, place, known, scale, of=_is)),
        "",
    )
    in_row = [
        (min(MOST_TELLING, len(beside.text)), there)
        for beside, there in zip(anchor.beside, present, strict=True)
        if _is_in_row(beside, anchor)
    ]
    row = sum(tells for tells, there in in_row if there) / sum(tells for tells, _ in in_row) if in_row else 1.0
    return Surroundings(sum(present) / len(present), row, missing)


def _is_in_row(beside: Beside, anchor: Anchor) -> bool:
    return abs(beside.dy) <= max(beside.height, anchor.size.height) / 2


def telling_texts(anchor: Anchor) -> list[Beside]:
    """The texts that tell it from its like: those left of it in its row, or else right of it, or else the nearest."""
    if anchor.alike == 1 and anchor.text:
        return []
    row = [beside for beside in anchor.beside if _is_in_row(beside, anchor)]
    left = [beside for beside in row if beside.dx < 0]
    if anchor.alike > 1:
        return left or row or list(anchor.beside[:2])
    nearest = min(left or row, key=lambda beside: abs(beside.dx), default=None)
    return [nearest] if nearest and abs(nearest.dx) < FARTHEST else []


def is_shown(beside: Beside, anchor: Anchor) -> bool:
    """Whether the anchor's picture has it."""
    left, top, right, bottom = anchor.box
    x, y = (left + right) / 2 + beside.dx, (top + bottom) / 2 + beside.dy
    width, height = right + AROUND[0], bottom + AROUND[1]
    return beside.width / 2 <= x <= width - beside.width / 2 and 0 <= y <= height


def _is_there(
    beside: Beside, place: PixelBox, known: Sequence[Label], scale: float, *, of: Callable[[str, str], bool]
) -> bool:
    return any(of(beside.text, label.text) and _stands_so(beside, label.rect, place, scale) for label in known)


def _is(text: str, label: str) -> bool:
    return likeness(text, label) >= READ_ALIKE


def _says(text: str, label: str) -> bool:
    """Also where it was read together with what stands next to it."""
    return _is(text, label) or (len(text) >= 3 and "".join(text.split()) in "".join(label.split()))


def _stands_so(beside: Beside, rect: PixelBox, place: PixelBox, scale: float) -> bool:
    """Whether a text stands on the same side as it did; in the same row at any distance, for windows stretch."""
    dx, dy = rect.center_x - place.center_x, rect.center_y - place.center_y
    down = beside.dy * scale
    if abs(dy - down) > max(0.6 * max(beside.height, rect.height), 0.25 * abs(down)):
        return False
    across = beside.dx * scale
    in_row = abs(down) <= max(beside.height, place.height) / 2
    if in_row:
        return (dx < 0) == (across < 0)
    return abs(dx - across) <= max(60.0, 0.5 * abs(across))
