"""Grounds a target by a name that is written on the screen exactly once, to the letter: no guess and no model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from screenagent.geometry import Absent, Location, PixelBox
from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.grounding.phrase import Phrase
from screenagent.grounding.text_match import runs, stands_for_itself
from screenagent.perception.labels import Label
from screenagent.perception.roles import CLICKED_ON_ITS_NAME
from screenagent.perception.similarity import solid
from screenagent.screenshot import Screenshot

CERTAIN: Final = 0.95
_DECORATION: Final = "…. :"


class ExactText:
    """Looks the name up among the texts of the screenshot, which it shares with the embedded grounder."""

    def __init__(self, grounder: EmbeddedGrounder) -> None:
        self._grounder = grounder

    def locate(self, target: str, screenshot: Screenshot, *, near: Location | None = None) -> Location | Absent:  # noqa: ARG002 -- closer is the same
        phrase = self._grounder.meant(target, screenshot)
        if not _is_name(phrase):
            return Absent(why=f"“{target}” says more than a name")
        places = [place for label in self._grounder.screen(screenshot).labels for place in _places(phrase.name, label)]
        if len(places) != 1:
            return Absent(why=f"“{phrase.name}” is written {len(places)} times on the screen")
        box = places[0].box(screenshot.size)
        return Location(point=box.center, box=box, confidence=CERTAIN, by="text")


def _is_name(phrase: Phrase) -> bool:
    return (phrase.role is None or phrase.role in CLICKED_ON_ITS_NAME) and not (
        phrase.relations or phrase.ordinal or phrase.sides or phrase.nameless or phrase.verb or phrase.about
    )


def _places(name: str, label: Label) -> Iterator[PixelBox]:
    """Yield the places of `name` in `label`, capitals and all, but not blanks, which OCR misses and invents."""
    wanted = solid(name).strip(_DECORATION)
    for run in runs(label, longest=len(wanted)):
        text = solid(run.text).strip(_DECORATION)
        if text == wanted and stands_for_itself(run):
            yield run.rect
