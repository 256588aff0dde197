"""An outsider that sees every input event that reaches an X display, on a connection of its own."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable
from contextlib import closing, suppress
from itertools import pairwise
from multiprocessing.connection import Connection
from typing import Final, Self

from screenagent.desktop.x11.connection import GONE
from screenagent.desktop.x11.raw_events import Raw, RawEvents

POLL_SECONDS: Final = 0.02
READY_SECONDS: Final = 60.0
PAUSE_SECONDS: Final = 0.05
"""Events closer together than this belong to one action: clicks, typing and drags send theirs within milliseconds."""


class EventMonitor:
    """Watches from entering to leaving, in a process of its own, which nothing holds up that happens in ours."""

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


def gaps(events: Iterable[Raw]) -> list[float]:
    """Return the seconds from one action's last event to the next one's first: what a step costs beside its input."""
    pauses = (later.at - earlier.at for earlier, later in pairwise(events))
    return [pause for pause in pauses if pause > PAUSE_SECONDS]


def _watch(display: str, mouth: Connection) -> None:
    with suppress(*GONE), closing(RawEvents(display)) as events:  # it ends with the display
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
