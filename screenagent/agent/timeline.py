"""What has happened so far, and what it took: where the loop's events get their time, and the episode grows."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar, cast

from screenagent.episode import Episode
from screenagent.events import Event, EventBase, Thought
from screenagent.screenshot import Screenshot
from screenagent.usage import Meter, Phase, Usage

HappenedT = TypeVar("HappenedT", bound=EventBase)


class Timeline:
    """`meter` is what the models of a run count on."""

    def __init__(self, meter: Meter) -> None:
        self.episode = Episode()
        self._meter = meter
        self._began = time.monotonic()
        self._spent: dict[Phase, float] = {}
        self._asked = Usage()

    def happened(self, event: HappenedT) -> HappenedT:
        """Stamp `event` with the time and what it cost, and fold it into the episode."""
        at = time.monotonic() - self._began
        usage = Usage()
        if not isinstance(event, Thought):  # it is part of a decision, and so is its time
            usage, self._spent, self._asked = Usage(seconds=self._spent) + self._asked, {}, Usage()
        stamped = event.model_copy(update={"at": round(at, 6), "usage": usage})
        self.episode = self.episode.after(cast(Event, stamped))
        return stamped

    @contextmanager
    def phase(self, phase: Phase) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            spent = self._spent.get(phase, 0.0) + time.perf_counter() - began
            asked = self._meter.take(phase)
            self._asked += asked
            # The models' seconds have phases of their own.
            self._spent[phase] = round(max(0.0, spent - sum(asked.seconds.values())), 6)

    @property
    def screen(self) -> Screenshot:
        assert self.episode.screenshot is not None
        return self.episode.screenshot
