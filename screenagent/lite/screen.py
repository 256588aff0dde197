"""What is seen on one picture: its labels and controls."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from screenagent.geometry import Size
from screenagent.lite.layout import Layout
from screenagent.lite.match import Label, labels
from screenagent.lite.stages import Stages
from screenagent.lite.text import bounded
from screenagent.lite.widgets import Widget, expanders, widgets
from screenagent.screenshot import Screenshot, Word


class Screen:
    """Seen at the size of the picture, or of `bounded` where that is smaller; `size` is in these pixels."""

    def __init__(self, screenshot: Screenshot, words: Sequence[Word], *, stages: Stages | None = None) -> None:
        self._stages = stages or Stages()
        self._picture = bounded(np.asarray(screenshot.pixels))
        height, width = self._picture.shape[:2]
        self.size = Size(width=width, height=height)
        self.labels: list[Label] = labels(words, self.size)

    @cached_property
    def layout(self) -> Layout:
        with self._stages.timing("layout"):
            return Layout(self._picture, self.labels)

    @cached_property
    def widgets(self) -> list[Widget]:
        with self._stages.timing("layout"):
            return widgets(self._picture, self.labels)

    @cached_property
    def expanders(self) -> list[Widget]:
        with self._stages.timing("layout"):
            return expanders(self._picture)
