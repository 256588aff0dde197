"""What the models of a run have cost since it was last asked: the loop adds it to the event that it led to."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from screenagent.events import Mode, Usage
from screenagent.protocols import Budget, Chunk, Finished, Grammar, Refused, Request, VisionModel


class Meter:
    """Safe to read while another thread asks a model."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._used = Usage()
        self.calls = 0
        """How often a model has answered since the beginning."""

    def add(self, usage: Usage, mode: Mode) -> None:
        with self._lock:
            self._used += usage + Usage(asked={mode: 1})
            self.calls += 1

    def take(self) -> Usage:
        """What was added since the last call."""
        with self._lock:
            used, self._used = self._used, Usage()
        return used


class Metered:
    """A vision model whose answers are counted."""

    def __init__(self, model: VisionModel, meter: Meter) -> None:
        self._model = model
        self._meter = meter

    def generate(
        self, request: Request, *, mode: Mode = "auto", grammar: Grammar | None = None, budget: Budget | None = None
    ) -> Iterator[Chunk]:
        for chunk in self._model.generate(request, mode=mode, grammar=grammar, budget=budget or Budget()):
            if isinstance(chunk, Finished | Refused):
                self._meter.add(chunk.usage, mode)
            yield chunk
