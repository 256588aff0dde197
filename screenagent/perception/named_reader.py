"""Reads the names of pictures with the words of a screen, so that a button named by its tooltip counts as labelled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from screenagent.geometry import Size
from screenagent.perception.icon_names import IconNames, picture_key
from screenagent.perception.icon_proposals import proposals
from screenagent.perception.labels import labels
from screenagent.perception.ocr import bounded
from screenagent.protocols import TextReader
from screenagent.screenshot import Screenshot, Word


@dataclass(frozen=True)
class NamedReader:
    """For a policy: what stands in a tooltip is judged as if it stood on the button."""

    reader: TextReader
    names: IconNames

    def read(self, screenshot: Screenshot) -> list[Word]:
        words = self.reader.read(screenshot)
        window = screenshot.window
        if window is None or not self.names.knows(window.app):
            return words
        return [*words, *self._names(screenshot, words, window.app)]

    def _names(self, screenshot: Screenshot, words: list[Word], app: str) -> Iterator[Word]:
        """Yield all names of each picture on the screen, each as a line of its own."""
        picture = bounded(np.asarray(screenshot.pixels))
        size = Size(width=picture.shape[1], height=picture.shape[0])
        line = max((word.line for word in words), default=0)
        for rect in proposals(picture, labels(words, size)):
            box = rect.box(size)
            for name in self.names.of(app, picture_key(screenshot, box)):
                line += 1
                yield Word(text=name, box=box, line=line)
