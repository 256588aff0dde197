"""What an action brought about, as far as can be seen: by pixels first, by words where words are expected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageChops

from screenagent.actions import Change, Expectation, Gone, Seen
from screenagent.events import Effect
from screenagent.geometry import Absent, Box, Location, Size
from screenagent.protocols import Grounder
from screenagent.screenshot import Screenshot

SURE: Final = 0.6
"""What was found with less confidence is something like the words, not the words."""

CARET: Final = Size(width=3, height=40)
"""A change no larger than this is a blinking caret, in pixels."""


@dataclass(frozen=True)
class SightChecker:
    """Compares two screens; words are looked for by the grounder, which knows what "the Save dialog" may look like."""

    grounder: Grounder

    def check(self, expectation: Expectation | None, before: Screenshot, after: Screenshot) -> Effect:
        match expectation:
            case Seen(words=words):
                return self._seen(words, after)
            case Gone(words=words):
                return self._gone(words, after)
            case Change():
                return _changed(before, after, otherwise="unchanged")
            case None:
                return _changed(before, after, otherwise="unknown")

    def _seen(self, words: str, after: Screenshot) -> Effect:
        match self.grounder.locate(words, after):
            case Location(point=point, box=box, confidence=confidence) if confidence >= SURE:
                place = box or Box.around(point, width=0, height=0)
                return Effect(outcome="met", evidence=f"“{words}” is on the screen", where=place)
            case Location(confidence=confidence):
                return Effect(outcome="unmet", evidence=f"“{words}” was to be seen: only {confidence:.0%} like it is")
            case Absent(why=why):
                return Effect(outcome="unmet", evidence=f"“{words}” was to be seen: {why}")

    def _gone(self, words: str, after: Screenshot) -> Effect:
        match self.grounder.locate(words, after):
            case Location(box=box, confidence=confidence) if confidence >= SURE:
                return Effect(outcome="unmet", evidence=f"“{words}” is still on the screen", where=box)
            case _:
                return Effect(outcome="met", evidence=f"“{words}” is not on the screen")


def _changed(before: Screenshot, after: Screenshot, *, otherwise: str) -> Effect:
    box = changed_box(before, after)
    if box is None:
        return Effect.model_validate({"outcome": otherwise, "evidence": "the screen did not change"})
    left, top, right, bottom = box.pixels(after.size)
    return Effect(
        outcome="changed", evidence=f"{right - left}×{bottom - top} pixels changed at ({left}, {top})", where=box
    )


def changed_box(before: Screenshot, after: Screenshot) -> Box | None:
    """The box of all that differs, or None where it's nothing or a caret. Another size is a change of everything."""
    if before.digest == after.digest:
        return None
    if before.size != after.size:
        return Box(left=0, top=0, right=1, bottom=1)
    edges = _difference(before.pixels, after.pixels).getbbox()
    if edges is None:
        return None
    left, top, right, bottom = edges
    if right - left <= CARET.width and bottom - top <= CARET.height:
        return None
    return Box.of_pixels(edges, after.size)


def _difference(before: Image.Image, after: Image.Image) -> Image.Image:
    return ImageChops.difference(before, after)
