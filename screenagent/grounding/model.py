"""Grounds a target by asking a vision model, which answers without thinking."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from screenagent.geometry import WHOLE, Absent, Box, Location, Point, Size
from screenagent.grounding.agreement import UNSURE, compared
from screenagent.models import crop
from screenagent.models.crop import CropMode
from screenagent.models.families import Family
from screenagent.models.families.asking import ask_place
from screenagent.models.vision import Refused, VisionModel
from screenagent.perception.changes import changed_shares
from screenagent.protocols import Grounder, Retry
from screenagent.screenshot import Screenshot

ONCE: Final = 0.5  # the confidence of a single answer: a model does not say how sure it is; too little to act on
MOST_TILES: Final = 16  # a screen of 3840x2160 has as many; each costs one question, or two if it shows something
ZOOMED: Final = Size(width=640, height=360)  # what is shown at twice its size if a first answer did not help

Ranking = Callable[[str, Screenshot, Sequence[Box]], Sequence[Box]]  # orders tiles by how likely each has the target
Likely = Callable[[str, Screenshot], Sequence[Box]]  # the places that may be the target, the likeliest first


def as_they_come(target: str, screenshot: Screenshot, boxes: Sequence[Box]) -> Sequence[Box]:  # noqa: ARG001 -- a `Ranking`
    return boxes


def none_likely(target: str, screenshot: Screenshot) -> Sequence[Box]:  # noqa: ARG001 -- a `Likely`
    return ()


class TileRanker:
    """A `Ranking` that puts the tile first where `text` guesses the target, then the tiles that changed the most since
    the last screen, because the next step is mostly about what is new."""

    def __init__(self, text: Grounder) -> None:
        self._text = text
        self._screens: deque[Screenshot] = deque(maxlen=2)

    def __call__(self, target: str, screenshot: Screenshot, boxes: Sequence[Box]) -> Sequence[Box]:
        if not self._screens or self._screens[-1].digest != screenshot.digest:
            self._screens.append(screenshot)
        guess = self._text.locate(target, screenshot)
        guessed = [isinstance(guess, Location) and guess.point in box for box in boxes]
        changed = changed_shares(self._screens[0], screenshot, boxes)
        return [boxes[place] for place in sorted(range(len(boxes)), key=lambda at: (not guessed[at], -changed[at]))]


@dataclass(frozen=True)
class ModelGrounder:
    """Asks the model for the target's bounding box; the point to act on is its center.

    `look` says what the model is shown: the whole screen, the focused window, the whole screen and then a region at
    full size, or tiles in the order of `rank`. `auto` is the whole screen if the model sees it pixel for pixel, else
    the window. `absent` lets the model answer that the target is not there, which not every model was trained for; of
    a tile, which mostly does not show the target, it may always say so.

    Of a screen that the model cannot see pixel for pixel it is first shown the part at full size that has the `likely`
    places. Its answer counts if it is one of them; then nothing else is asked.

    A model that answers in pixels is shown no picture that is much smaller, or longer, than those that it was proven
    with: servers enlarge small pictures and shrink long ones without a word, which makes other pixels of them.
    """

    model: VisionModel
    family: Family
    look: CropMode = "auto"
    patches: int = 3600
    absent: bool = False
    rank: Ranking = as_they_come
    likely: Likely = none_likely

    def locate(self, target: str, screenshot: Screenshot, *, near: Location | None = None) -> Location | Absent:
        if near is not None:
            return self._closer(target, screenshot, near.point)
        whole = crop.fits(screenshot.size, self.patches)
        if not whole and self.look != "full" and (found := self._among_likely(target, screenshot)):
            return found
        match self.look:
            case "full":
                return self._ask(target, screenshot, WHOLE)
            case "auto" | "tiles" if whole:
                return self._ask(target, screenshot, WHOLE)
            case "tiles":
                return self._tiles(target, screenshot)
            case "region":
                return self._twice(target, screenshot, WHOLE)
            case _:
                return self._twice(target, screenshot, _window(screenshot))

    def confirm(self, target: str, screenshot: Screenshot, location: Location) -> Location:
        """Return the same place, surer if a closer look finds it again, less sure if it does not."""
        return compared(location, self._closer(target, screenshot, location.point))

    def _closer(
        self, target: str, screenshot: Screenshot, point: Point, *, absent: bool | None = None
    ) -> Location | Absent:
        part = crop.region(point, screenshot.size, of=ZOOMED)
        return self._ask(target, screenshot, part, enlarge=2, by="zoom", absent=absent)

    def _among_likely(self, target: str, screenshot: Screenshot) -> Location | None:
        """Return the likely place that the model points at, where it is shown the part that has the likeliest."""
        likely = self.likely(target, screenshot)
        if not likely:
            return None
        part = crop.region(likely[0].center, screenshot.size)
        shown = [box for box in likely if box.center in part]
        try:
            answer = self._ask(target, screenshot, part, by="region", absent=True)
        except Retry:
            return None
        if isinstance(answer, Absent) or not any(answer.point in box for box in shown):
            return None
        return answer

    def _twice(self, target: str, screenshot: Screenshot, part: Box) -> Location | Absent:
        """Ask about `part`, and if that had to be shrunk, ask again about a region at full size."""
        first = self._ask(target, screenshot, part)
        if isinstance(first, Absent) or crop.fits(_size(part, screenshot), self.patches):
            return first
        second = self._ask(target, screenshot, crop.region(first.point, screenshot.size), by="region")
        if isinstance(second, Absent):
            return first.model_copy(update={"confidence": UNSURE})
        return compared(second, first)

    def _tiles(self, target: str, screenshot: Screenshot) -> Location | Absent:
        """Return the target from the first tile where a closer look confirms it, or else the first answer, unsure."""
        unsure: Location | None = None
        for tile in self.rank(target, screenshot, tuple(crop.tiles(screenshot.size)))[:MOST_TILES]:
            answer = self._on_tile(target, screenshot, tile)
            if isinstance(answer, Location) and answer.confidence > UNSURE:
                return answer
            if isinstance(answer, Location):
                unsure = unsure or answer
        return unsure or Absent(why=f"“{target}” is on none of the tiles of the screen that were looked at")

    def _on_tile(self, target: str, screenshot: Screenshot, tile: Box) -> Location | Absent:
        try:
            found = self._ask(target, screenshot, tile, absent=True)
            if isinstance(found, Absent):
                return found
            return compared(found, self._closer(target, screenshot, found.point, absent=True))
        except Retry as retry:
            return Absent(why=str(retry))

    def _ask(
        self,
        target: str,
        screenshot: Screenshot,
        part: Box,
        *,
        enlarge: int = 1,
        by: str = "model",
        absent: bool | None = None,
    ) -> Location | Absent:
        absent = self.absent if absent is None else absent
        longest = None
        if self.family.coordinates.unit == "pixels":
            enlarge = max(enlarge, crop.enlargement(_size(part, screenshot), self.patches))
            longest = crop.longest_side(self.patches)
        multiple = self.family.resizing.multiple
        picture = crop.cropped(
            screenshot, patches=self.patches, part=part, multiple=multiple, enlarge=enlarge, longest=longest
        )
        match ask_place(self.model, self.family, target, picture, absent=absent):
            case Refused(text=reason):
                return Absent(why=f"the model will not look for “{target}”: {reason}")
            case Box() as box:
                inside = box.within(part)
                return Location(point=inside.center, box=inside, confidence=ONCE, by=by)
            case Point() as point:
                return Location(point=point.within(part), confidence=ONCE, by=by)
            case _:
                return Absent(why=f"the model does not see “{target}” on the screen")


def _window(screenshot: Screenshot) -> Box:
    return (screenshot.window and screenshot.window.box) or WHOLE


def _size(part: Box, screenshot: Screenshot) -> Size:
    left, top, right, bottom = part.pixels(screenshot.size)
    return Size(width=max(1, right - left), height=max(1, bottom - top))
