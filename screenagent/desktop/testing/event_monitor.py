"""An outsider that sees every input event that reaches an X display, on a connection of its own."""

from __future__ import annotations

import multiprocessing
import threading
import time
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from multiprocessing.connection import Connection
from typing import Final, Self

from screenagent.desktop.x11.raw_events import Raw, RawEvents, RawKind

POLL_SECONDS: Final = 0.02
READY_SECONDS: Final = 60.0
PAUSE_SECONDS: Final = 0.05
"""Events closer together than this belong to one action: clicks, typing and drags send theirs within milliseconds."""


@dataclass(frozen=True)
class ObservedInput:
    """One event, and when it arrived here by the monotonic clock."""

    kind: RawKind
    pressed: bool
    at: float


class EventMonitor:
    """Watches from entering to leaving; `events` may be read at any time."""

    def __init__(self, display: str) -> None:
        self._raw = RawEvents(display)
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="witness", daemon=True)
        self.events: list[ObservedInput] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._leaving.set()
        self._thread.join()
        self._raw.close()

    def gaps(self) -> list[float]:
        """Seconds from one action's last event to the next one's first: what a step costs beside its own input."""
        times = [seen.at for seen in self.events]
        pauses = (later - earlier for earlier, later in pairwise(times))
        return [pause for pause in pauses if pause > PAUSE_SECONDS]

    def _watch(self) -> None:
        while not self._leaving.is_set():
            for raw in self._raw.within(POLL_SECONDS):
                self.events.append(ObservedInput(kind=raw.kind, pressed=raw.pressed, at=time.monotonic()))


class OutsideMonitor:
    """Likewise in a process of its own, which nothing holds up that happens in ours; events carry the server's time."""

    def __init__(self, display: str) -> None:
        spawning = multiprocessing.get_context("spawn")
        self._ear, mouth = spawning.Pipe()
        self._process = spawning.Process(target=_watch, args=(display, mouth), daemon=True)

    def __enter__(self) -> Self:
        self._process.start()
        if not self._ear.poll(READY_SECONDS):
            raise TimeoutError(f"the witness did not start within {READY_SECONDS:g} s")
        self._ear.recv()
        return self

    def __exit__(self, *_: object) -> None:
        self._ear.close()
        self._process.terminate()
        self._process.join()

    def heard(self) -> list[Raw]:
        """What has reached the display by now, as far as it was not given before."""
        self._ear.send("so far?")
        heard: list[Raw] = self._ear.recv()
        return heard


def _watch(display: str, mouth: Connection) -> None:
    with closing(RawEvents(display)) as events:
        mouth.send("ready")
        seen: list[Raw] = []
        while True:
            seen += events.within(POLL_SECONDS)
            while mouth.poll():
                mouth.recv()
                events.server.sync()  # what was sent before we were asked has arrived after this
                seen += events.within(0.0)
                mouth.send(seen)
                seen = []
