"""Finds a target given in words on a screenshot, on the CPU, by the text that is there."""

from __future__ import annotations

from PIL import Image

from screenagent.geometry import Absent, Box, Location
from screenagent.lite.match import labels, matches
from screenagent.lite.phrase import Phrase, parse
from screenagent.protocols import TextReader
from screenagent.screenshot import Screenshot


class LiteGrounder:
    """Says `Absent` rather than guess; how sure it is says `confidence`."""

    def __init__(self, reader: TextReader) -> None:
        self._reader = reader

    def locate(self, target: str, screenshot: Screenshot, *, near: Location | None = None) -> Location | Absent:
        phrase = parse(target)
        if near is not None:
            region = Box.around(near.point, width=0.4, height=0.4)
            closer = self._find(phrase, _enlarged(screenshot, region))
            if isinstance(closer, Location):
                box = closer.box.within(region) if closer.box else None
                return closer.model_copy(update={"point": closer.point.within(region), "box": box})
        return self._find(phrase, screenshot)

    def _find(self, phrase: Phrase, screenshot: Screenshot) -> Location | Absent:
        found = matches(phrase, labels(self._reader.read(screenshot), screenshot.size))
        if not found:
            return Absent(why=f"no text like “{phrase.name}” is on the screen")
        best = found[0]
        box = best.rect.box(screenshot.size)
        return Location(point=box.center, box=box, confidence=min(1.0, best.score), by="text")


def _enlarged(screenshot: Screenshot, region: Box) -> Screenshot:
    """Twice the size shows the reader letters that it mistook."""
    part = screenshot.pixels.crop(region.pixels(screenshot.size))
    return Screenshot.of(part.resize((part.width * 2, part.height * 2), Image.Resampling.BICUBIC))
