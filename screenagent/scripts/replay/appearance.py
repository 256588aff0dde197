"""What a target looks like: captured from a screenshot, and compared with what is on a later one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from screenagent.geometry import Box, Pixel, PixelBox, Point
from screenagent.perception.labels import Label, labels
from screenagent.perception.pixels import grey
from screenagent.perception.similarity import is_nearly, likeness
from screenagent.screenshot import Screenshot, Word
from screenagent.scripts.anchors import Anchor, NearbyText
from screenagent.scripts.replay.template_match import TemplateMatch, TemplateMatcher

READ_ALIKE: Final = 0.85
"""How alike two readings of one text are at least."""

AROUND: Final = (56, 44)
"""How much of the surroundings an anchor's picture shows on each side, in pixels: about a row above and below."""
EDGE: Final = (12, 1)
"""What belongs to a target beyond its text: wider than a space, so that “Save” is not found in “Save As”."""
TRIM: Final = 3
"""What is left out above and below a text when it is looked for: rows may be closer than they are read."""
LARGEST: Final = (900, 90)
UNKNOWN: Final = (28, 16)
"""Half of the size that a target is taken to have if nothing shows its bounds."""

BLUR: Final = 24
"""The width of what is left of a part that is hidden, in pixels: several letters."""
RIM: Final = 2
"""What is left of the frame round a part that is hidden, in pixels."""

MOST_TELLING: Final = 4
"""A text of this many letters tells as much as any longer one."""
MOST_NEARBY: Final = 12
MOST_RIGHT: Final = 4
FARTHEST: Final = 320


class Surroundings(NamedTuple):
    """How the texts near a place agree with the texts that were near the anchor.

    `share` is how many of them are there again, from 0 to 1; `row` the same for those in the target's row, where a
    longer text counts for more than the number of the row; `contradicted` is a text that tells the target from others
    and is not there.
    """

    share: float
    row: float = 1.0
    contradicted: str = ""


@dataclass(frozen=True)
class Appearance:
    """A target as it was recorded: an anchor, and its picture with what was round it."""

    anchor: Anchor
    picture: Image.Image

    @classmethod
    def capture(
        cls, target: str, screenshot: Screenshot, point: Point, *, words: Sequence[Word], box: Box | None = None
    ) -> Appearance:
        """Return the appearance of `target` at `point`, in `box` if that is known; `words` are the screenshot's."""
        size, window = screenshot.size, screenshot.window
        at = point.pixel(size)
        known = labels_in_reach(at.x, at.y, labels(words, size), screenshot)
        lasting = labels_in_reach(at.x, at.y, labels(_lasting(words, screenshot), size), screenshot)
        found = box.exact_pixels(size) if box else _written_at(target, at, known)
        bounds = _bounds(at, found).clipped(size.width, size.height)
        left, top, right, bottom = bounds.grown(*AROUND).clipped(size.width, size.height).rounded
        anchor = Anchor(
            target=target,
            text=_text_in(bounds, known),
            beside=_nearby(bounds, lasting),
            box=PixelBox(*bounds.rounded).moved(-left, -top).rounded,
            at=Pixel(x=at.x - left, y=at.y - top),
            corner=Pixel(x=left, y=top),
            screen=size,
            app=window.app if window else "",
            title=window.title if window else "",
            window=window.box if window else None,
        )
        single = cls(anchor, screenshot.pixels.crop((left, top, right, bottom)))
        return single._counted(TemplateMatcher(screenshot.pixels), bounds, lasting)

    def hiding(self, areas: Iterable[Box]) -> Appearance:
        """Return this with those areas of its screen blurred in the picture, and the target as it was."""
        size, corner = self.anchor.screen, self.anchor.corner
        picture, target = self.picture.copy(), self.picture.crop(self.anchor.box)
        hidden: list[tuple[int, int, int, int]] = []
        for area in areas:
            rect = area.exact_pixels(size).grown(-RIM).moved(-corner.x, -corner.y)
            if rect.shared_area(PixelBox(0, 0, picture.width, picture.height)) > 0:
                hidden.append(rect.clipped(picture.width, picture.height).rounded)
                picture.paste(_blurred(picture.crop(hidden[-1])), hidden[-1][:2])
        picture.paste(target, self.anchor.box[:2])
        return Appearance(self.anchor.model_copy(update={"hidden": tuple(hidden)}), picture)

    def _counted(self, matcher: TemplateMatcher, bounds: PixelBox, known: Sequence[Label]) -> Appearance:
        """Return this with how many on its screen look like it or have its name, itself included."""
        text = self.anchor.text
        others = [label for label in known if not bounds.holds(label.rect.center_x, label.rect.center_y)]
        named = sum(likeness(text, label.text) >= READ_ALIKE for label in others) if text else 0
        counts = {"alike": max(1 + named, len(matcher.same(self.patch))), "repeats": len(matcher.same(self.core))}
        return Appearance(self.anchor.model_copy(update=counts), self.picture)

    @cached_property
    def pixels(self) -> NDArray[np.uint8]:
        """The picture as an array of height x width x RGB."""
        return np.asarray(self.picture)

    @cached_property
    def patch(self) -> NDArray[np.uint8]:
        """The part of the picture that is searched for on a screen, in shades of grey."""
        left, top, right, bottom = self.anchor.box
        return grey(self.pixels)[top + self._trim : bottom - self._trim, left:right]

    @cached_property
    def core(self) -> NDArray[np.uint8]:
        """The letters of the patch alone, which are the same in another row, or in a longer name."""
        left, _, right, _ = self.anchor.box
        narrow = EDGE[0] if self.anchor.text and right - left > 3 * EDGE[0] else 0
        return self.patch[:, narrow : self.patch.shape[1] - narrow]

    @property
    def _trim(self) -> int:
        _, top, _, bottom = self.anchor.box
        return TRIM if self.anchor.text and bottom - top >= 6 * TRIM else 0

    @property
    def names(self) -> tuple[str, ...]:
        """How the target's own text may be read: as it was, or as it is called if it was misread."""
        text, target = self.anchor.text, self.anchor.target
        return (text, target) if text != target and is_nearly(text, target) else (text,)

    @property
    def text_height(self) -> float:
        return max(6.0, self.anchor.size.height - 2 * EDGE[1])

    def bounds_of(self, match: TemplateMatch) -> PixelBox:
        """Return the target's box, of which the patch that matched is a part."""
        trim = self._trim * match.scale
        left, top, right, bottom = match.rect
        return PixelBox(left, top - trim, right, bottom + trim)

    def is_whole_at(self, match: TemplateMatch, matcher: TemplateMatcher) -> bool:
        """Whether the surroundings match too: the window has moved, and the target with it."""
        left, top, _, _ = self.bounds_of(match)
        x, y = round(left) - self.anchor.box[0], round(top) - self.anchor.box[1]
        return matcher.is_at(self.pixels, x, y, hidden=self.anchor.hidden)

    @cached_property
    def telling_texts(self) -> Sequence[NearbyText]:
        """The texts that tell the target from those that look like it.

        They are those left of it in its row, or else right of it, or else the nearest.
        """
        anchor = self.anchor
        if anchor.alike == 1 and anchor.text:
            return ()
        row = [text for text in anchor.beside if self._is_in_row(text)]
        left = [text for text in row if text.dx < 0]
        if anchor.alike > 1:
            return left or row or anchor.beside[:2]
        nearest = min(left or row, key=lambda text: abs(text.dx), default=None)
        return (nearest,) if nearest and abs(nearest.dx) < FARTHEST else ()

    def shows(self, nearby: NearbyText) -> bool:
        """Whether the picture has all of a text near the target."""
        left, top, right, bottom = self.anchor.box
        x, y = (left + right) / 2 + nearby.dx, (top + bottom) / 2 + nearby.dy
        width, height = right + AROUND[0], bottom + AROUND[1]
        return nearby.width / 2 <= x <= width - nearby.width / 2 and 0 <= y <= height

    def surroundings(self, place: PixelBox, known: Sequence[Label], *, scale: float = 1.0) -> Surroundings:
        """Compare the labels near `place`, where the target may be, with the texts that were near the target."""
        beside = self.anchor.beside
        if not beside:
            return Surroundings(1.0)
        present = [_is_there(text, place, known, scale, reads=_contains) for text in beside]
        missing = (text.text for text in self.telling_texts if not self._is_told(text, place, known, scale))
        in_row = [
            (min(MOST_TELLING, len(text.text)), there)
            for text, there in zip(beside, present, strict=True)
            if self._is_in_row(text)
        ]
        row = sum(tells for tells, there in in_row if there) / sum(tells for tells, _ in in_row) if in_row else 1.0
        return Surroundings(sum(present) / len(present), row, next(missing, ""))

    def _is_told(self, nearby: NearbyText, place: PixelBox, known: Sequence[Label], scale: float) -> bool:
        """Whether a text that tells the target is there; misread only if no other place is to be told from this one."""
        if _is_there(nearby, place, known, scale, reads=_is):
            return True
        if self.anchor.alike > 1 or any(_is(nearby.text, label.text) for label in known):
            return False
        misread = [label.rect for label in known if is_nearly(nearby.text, label.text)]
        return len(misread) == 1 and _is_placed_so(nearby, misread[0], place, scale)

    def _is_in_row(self, nearby: NearbyText) -> bool:
        return abs(nearby.dy) <= max(nearby.height, self.anchor.size.height) / 2


def _blurred(picture: Image.Image) -> Image.Image:
    """Return the colours of the picture without anything that could be read: one row of a few of them."""
    few = picture.resize((max(1, picture.width // BLUR), 1), Image.Resampling.BOX)
    return few.resize(picture.size, Image.Resampling.BILINEAR)


def labels_in_reach(x: float, y: float, known: Sequence[Label], screenshot: Screenshot) -> Sequence[Label]:
    """Return the labels in the front window for a place in it; all for one outside, as in a menu that hangs out."""
    if screenshot.window is None or screenshot.window.box is None:
        return known
    window = screenshot.window.box.exact_pixels(screenshot.size)
    return [label for label in known if window.holds(*label.rect.center)] if window.holds(x, y) else known


def _lasting(words: Iterable[Word], screenshot: Screenshot) -> Iterator[Word]:
    """Yield the words that do not come and go with the mouse or by themselves, as those of a tooltip do."""
    yield from (word for word in words if not any(word.box.center in place for place in screenshot.moving))


def _written_at(target: str, at: Pixel, known: Sequence[Label]) -> PixelBox | None:
    """The box of the text at the point; or from the text that the target is called by, which stands left of it in a
    row that was clicked beyond its words, to the point."""
    there = next((label.rect for label in known if label.rect.holds(at.x, at.y)), None)
    row = [label for label in known if label.rect.top <= at.y <= label.rect.bottom and label.rect.right < at.x]
    name = max(
        (label.rect for label in row if _reads_as(target, label.text)), key=lambda rect: rect.right, default=None
    )
    return there or (PixelBox(name.left, name.top, at.x, name.bottom) if name else None)


def _bounds(at: Pixel, found: PixelBox | None) -> PixelBox:
    """The target's box: the one found for it, or a little all round the point; never a whole page."""
    point = PixelBox(at.x, at.y, at.x, at.y)
    if found is None:
        return point.grown(*UNKNOWN)
    most = point.grown(LARGEST[0] / 2, LARGEST[1] / 2)
    grown = found.grown(*EDGE)
    left, top = max(grown.left, most.left), max(grown.top, most.top)
    return PixelBox(left, top, min(grown.right, most.right), min(grown.bottom, most.bottom))


def _text_in(bounds: PixelBox, known: Sequence[Label]) -> str:
    return " ".join(text for label in known for text, rect in label.words if bounds.holds(rect.center_x, rect.center_y))


def _nearby(bounds: PixelBox, known: Sequence[Label]) -> tuple[NearbyText, ...]:
    """The texts in the target's row, those on its left first, for they name it; then the nearest."""
    others = [label for label in known if bounds.shared_area(label.rect) < 0.5 * label.rect.area]
    row = [label for label in others if label.rect.beside(bounds)]
    left = [label for label in row if label.rect.right <= bounds.center_x]
    right = sorted((label for label in row if label not in left), key=lambda label: label.rect.left)[:MOST_RIGHT]
    by_distance = sorted(others, key=lambda label: _distance(label.rect, bounds))
    near = (label for label in by_distance if _distance(label.rect, bounds) <= FARTHEST)
    chosen = list(dict.fromkeys((*left, *right, *near)))[:MOST_NEARBY]
    return tuple(
        NearbyText(
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
    return across + 2 * down  # a text in the target's row is nearer than one above


def _is_there(
    nearby: NearbyText, place: PixelBox, known: Sequence[Label], scale: float, *, reads: Callable[[str, str], bool]
) -> bool:
    return any(reads(nearby.text, label.text) and _is_placed_so(nearby, label.rect, place, scale) for label in known)


def _is(text: str, label: str) -> bool:
    return likeness(text, label) >= READ_ALIKE


def _reads_as(text: str, label: str) -> bool:
    """Whether a label is the text, a letter of it misread."""
    return _is(text, label) or is_nearly(text, label)


def _contains(text: str, label: str) -> bool:
    """Whether a label is the text, or the text was read together with its neighbour."""
    return _reads_as(text, label) or (len(text) >= 3 and "".join(text.split()) in "".join(label.split()))


def _is_placed_so(nearby: NearbyText, rect: PixelBox, place: PixelBox, scale: float) -> bool:
    """Whether a text is on the same side as it was; in the same row at any distance, for windows stretch."""
    dx, dy = rect.center_x - place.center_x, rect.center_y - place.center_y
    down = nearby.dy * scale
    if abs(dy - down) > max(0.6 * max(nearby.height, rect.height), 0.25 * abs(down)):
        return False
    across = nearby.dx * scale
    if abs(down) <= max(nearby.height, place.height) / 2:  # in its row
        return (dx < 0) == (across < 0)
    return abs(dx - across) <= max(60.0, 0.5 * abs(across))
