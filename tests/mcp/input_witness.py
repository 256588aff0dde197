"""Counts the inputs that reach a display, by whomever they were sent, and holds them against the yeses of a person."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from screenagent.desktop.testing.event_monitor import EventMonitor
from screenagent.desktop.x11.raw_events import Raw

QUIET_SECONDS: Final = 0.3
"""What was under way when something ended has arrived by then."""


class InputWitness:
    """Everything that has gone down or come up on the display since it began to listen."""

    def __init__(self, monitor: EventMonitor) -> None:
        self._monitor = monitor
        self._strokes: list[Raw] = []

    @property
    def strokes(self) -> Sequence[Raw]:
        """The presses and releases so far."""
        self._strokes += [raw for raw in self._monitor.heard() if raw.kind != "motion"]
        return tuple(self._strokes)

    def presses(self, *, quiet: float = 0.0) -> Sequence[Raw]:
        """Return what has gone down, after a moment in which more might."""
        time.sleep(quiet)
        return [stroke for stroke in self.strokes if stroke.pressed]

    @property
    def down(self) -> set[tuple[str, int]]:
        """What is down now."""
        down: set[tuple[str, int]] = set()
        for stroke in self.strokes:
            (down.add if stroke.pressed else down.discard)((stroke.kind, stroke.code))
        return down

    def actions(self) -> Sequence[float]:
        """Return when each action began: a click, or keys one after the other until the next click."""
        begun: list[float] = []
        before = ""
        for press in self.presses():
            if press.kind == "button" or before != "key":
                begun.append(press.at)
            before = press.kind
        return begun


@contextmanager
def input_witness(display: str) -> Iterator[InputWitness]:
    with EventMonitor(display) as monitor:
        yield InputWitness(monitor)


def unapproved(actions: Sequence[float], yeses: Sequence[float]) -> int:
    """Return how many actions began without a yes of their own before them."""
    spent = missing = 0
    for action in actions:
        if sum(yes <= action for yes in yeses) > spent:
            spent += 1
        else:
            missing += 1
    return missing
