"""One search: a target that was recorded, on one screenshot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

from screenagent.geometry import Location, Pixel, PixelBox, Point
from screenagent.perception.labels import Label, labels
from screenagent.perception.similarity import likeness
from screenagent.protocols import TextReader
from screenagent.screenshot import Screenshot
from screenagent.scripts import Anchor
from screenagent.scripts.replay.appearance import READ_ALIKE, Appearance, Surroundings, labels_in_reach
from screenagent.scripts.replay.template_match import SAME, TemplateMatcher

STRANGE: Final = 0.5
"""The share of the nearby texts that has to be there again if another window is in front than there was."""
FAMILIAR: Final = 0.3
"""The share if only the name or the outlines are the same: “Search...” in a field is not the Search menu."""
PIXEL_PERFECT: Final = 0.985
"""The score from which on a match need not be read."""


class AnchorMatch(NamedTuple):
    """A place that may be the target: its box, its score, the method that found it, how much larger it is there."""

    rect: PixelBox
    score: float
    by: str
    scale: float = 1.0


@dataclass(frozen=True)
class AnchorSearch:
    """A target, its recorded appearance, and the screenshot that it is searched for on."""

    target: str
    appearance: Appearance
    screenshot: Screenshot
    matcher: TemplateMatcher
    reader: TextReader

    @property
    def anchor(self) -> Anchor:
        return self.appearance.anchor

    @cached_property
    def labels(self) -> Sequence[Label]:
        """The labels on the screenshot; reading them takes longer than comparing pictures."""
        return labels(self.reader.read(self.screenshot), self.screenshot.size)

    @cached_property
    def has_more_lookalikes(self) -> bool:
        """Whether the letters of the target are on the screenshot more often than on the recorded screen."""
        return bool(self.anchor.text) and len(self.matcher.same(self.appearance.core)) > self.anchor.repeats

    @cached_property
    def is_same_window(self) -> bool:
        """Whether the application's window is in front, with the same title or the same size."""
        window, anchor = self.screenshot.window, self.anchor
        if window is None or not anchor.app:
            return True
        if window.app != anchor.app:
            return False
        if window.title == anchor.title or window.box is None or anchor.window is None:
            return True
        return _extent(window.box.pixels(self.screenshot.size)) == _extent(anchor.window.pixels(anchor.screen))

    @cached_property
    def expected_corners(self) -> list[tuple[int, int]]:
        """Where the target's box begins if nothing moved, or if it moved with a side of its window."""
        anchor, window = self.anchor, self.screenshot.window
        x, y = anchor.corner.x + anchor.box[0], anchor.corner.y + anchor.box[1]
        corners = [(x, y)]
        if window is not None and window.box is not None and anchor.window is not None:
            was, now = anchor.window.pixels(anchor.screen), window.box.pixels(self.screenshot.size)
            left, top, right, bottom = (new - old for old, new in zip(was, now, strict=True))
            corners += [(x + across, y + down) for across in (left, right) for down in (top, bottom)]
        return list(dict.fromkeys(corners))

    def surroundings(self, match: AnchorMatch) -> Surroundings:
        """Compare what is near `match` with what was near the target."""
        near = labels_in_reach(match.rect.center_x, match.rect.center_y, self.labels, self.screenshot)
        return self.appearance.surroundings(match.rect, near, scale=match.scale)

    def is_possible(self, match: AnchorMatch, surroundings: Surroundings) -> bool:
        """Whether `match` can be the target, with these texts near it."""
        return (
            not surroundings.contradicted
            and surroundings.share >= self._least_share(match)
            and self._has_its_text(match)
        )

    def _least_share(self, match: AnchorMatch) -> float:
        """How much of what was near the target has to be there again."""
        if not self.is_same_window or (not self.anchor.text and match.score < SAME):
            return STRANGE
        return FAMILIAR if match.score < SAME or match.by == "text" else 0.0

    def _has_its_text(self, match: AnchorMatch) -> bool:
        """Whether the target's own text can be read there; what is the same to the pixel need not be read."""
        if not self.anchor.text or match.score >= PIXEL_PERFECT:
            return True
        inside = [label.text for label in self.labels if any(match.rect.holds(*rect.center) for _, rect in label.words)]
        return likeness(self.anchor.text, " ".join(inside)) >= READ_ALIKE

    def location(self, match: AnchorMatch) -> Location:
        """Return the point that is to the box of `match` as the recorded point was to the target's."""
        anchor, size = self.anchor, self.screenshot.size
        left, top, right, bottom = anchor.box
        across, down = (anchor.at.x - left) / (right - left), (anchor.at.y - top) / (bottom - top)
        x = round(match.rect.left + across * match.rect.width)
        y = round(match.rect.top + down * match.rect.height)
        inside = Pixel(x=min(max(x, 0), size.width - 1), y=min(max(y, 0), size.height - 1))
        return Location(
            point=Point.of_pixel(inside, size),
            box=match.rect.box(size),
            confidence=round(min(1.0, max(0.0, match.score)), 3),
            by=match.by,
        )


def _extent(edges: tuple[int, int, int, int]) -> tuple[int, int]:
    left, top, right, bottom = edges
    return right - left, bottom - top
