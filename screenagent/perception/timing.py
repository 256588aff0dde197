"""Counts where the time of perception goes: the parts of one grounder share a `Timing`, and a bench reads it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

TimingStage = Literal["detect", "recognise", "layout", "icons", "match"]


class Timing:
    """Seconds by stage since the last call of `take`. Threads may share one: the lock protects the seconds, and each
    thread has its own nesting of stages."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._seconds: dict[str, float] = {}
        self._lock = threading.Lock()
        self._nesting = threading.local()

    @contextmanager
    def timing(self, stage: TimingStage) -> Iterator[None]:
        """Count the time of the block for `stage`, without the stages that are timed within it."""
        outer = getattr(self._nesting, "inner", 0.0)
        self._nesting.inner = 0.0
        began = self._clock()
        try:
            yield
        finally:
            spent = self._clock() - began
            own = spent - self._nesting.inner
            self._nesting.inner = outer + spent
            with self._lock:
                self._seconds[stage] = self._seconds.get(stage, 0.0) + own

    def take(self) -> dict[str, float]:
        """Return the seconds, and start again."""
        with self._lock:
            taken, self._seconds = self._seconds, {}
        return taken
