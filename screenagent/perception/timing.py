"""Where the time of seeing goes: whoever wires eyes gives one `Stages` to their parts, and reads it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

TimingStage = Literal["detect", "recognise", "layout", "icons", "match"]


class Timing:
    """Seconds by stage since `take` was last called."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}

    @contextmanager
    def timing(self, stage: TimingStage) -> Iterator[None]:
        """What is timed within it counts for its own stage alone."""
        before, began = sum(self._seconds.values()), time.perf_counter()
        try:
            yield
        finally:
            inner = sum(self._seconds.values()) - before
            self._seconds[stage] = self._seconds.get(stage, 0.0) + time.perf_counter() - began - inner

    def take(self) -> dict[str, float]:
        taken, self._seconds = self._seconds, {}
        return taken
