"""An outsider that sees every input event that reaches an X display, on a connection of its own."""

from __future__ import annotations

import select
import threading
import time
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal, Self

from Xlib.ext import ge, xinput

from screenagent.desktop.x11 import connect

KINDS: Final[dict[int, Literal["key", "button", "motion"]]] = {
    xinput.RawKeyPress: "key",
    xinput.RawKeyRelease: "key",
    xinput.RawButtonPress: "button",
    xinput.RawButtonRelease: "button",
    xinput.RawMotion: "motion",
}
RAW: Final = sum(1 << kind for kind in KINDS)
PAUSE_SECONDS: Final = 0.05
"""Events closer together than this belong to one action: clicks, typing and drags send theirs within milliseconds."""


@dataclass(frozen=True)
class Seen:
    """One event, and when it arrived here by the monotonic clock."""

    kind: Literal["key", "button", "motion"]
    pressed: bool
    at: float


class Witness:
    """Watches from entering to leaving; `events` may be read at any time."""

    def __init__(self, display: str) -> None:
        self._server = connect(display)
        self._server.screen().root.xinput_select_events([(xinput.AllMasterDevices, RAW)])
        self._server.sync()
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="witness", daemon=True)
        self.events: list[Seen] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._leaving.set()
        self._thread.join()
        self._server.close()

    def gaps(self) -> list[float]:
        """Seconds from one action's last event to the next one's first: what a step costs beside its own input."""
        times = [seen.at for seen in self.events]
        pauses = (later - earlier for earlier, later in pairwise(times))
        return [pause for pause in pauses if pause > PAUSE_SECONDS]

    def _watch(self) -> None:
        while not self._leaving.is_set():
            if not self._server.pending_events():
                select.select([self._server.fileno()], [], [], 0.02)
                continue
            event = self._server.next_event()
            if event.type == ge.GenericEventCode and event.evtype in KINDS:
                pressed = event.evtype in (xinput.RawKeyPress, xinput.RawButtonPress)
                self.events.append(Seen(kind=KINDS[event.evtype], pressed=pressed, at=time.monotonic()))
