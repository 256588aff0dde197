"""What we have sent to a display, so that what others send there can be told apart, and what of it is held down."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, Literal

from screenagent.desktop.json_lines import Child
from screenagent.geometry import Pixel

if TYPE_CHECKING:
    from screenagent.desktop.x11.raw_events import Raw

HeldKind = Literal["key", "button"]

KEPT_AGES: Final = 1000
KEPT_SECONDS: Final = 5.0
"""A display that is flooded or starved shows an event late; one that has not come by then will not come."""


class SentInput:
    """Written before an event is sent; asked when one is seen, in whatever order they arrive. For several threads."""

    def __init__(self) -> None:
        self.sent = 0
        self.last_at = float("-inf")
        """When the last event was sent, by the monotonic clock."""
        self.ages: deque[float] = deque(maxlen=KEPT_AGES)
        """Seconds from the last look to each press of a button, turn of the wheel and first key."""
        self._looked_at: float | None = None
        self._lock = threading.Lock()
        self._awaited: dict[tuple[object, ...], deque[float]] = {}

    def looked(self, at: float) -> None:
        """Say when what the next press may reach was looked at."""
        self._looked_at = at

    def stroke(self, kind: HeldKind, code: int, *, pressed: bool) -> None:
        if pressed and self._looked_at is not None:
            self.ages.append(time.monotonic() - self._looked_at)
            self._looked_at = None
        self._expect(kind, code, pressed)

    def motion(self, pixel: Pixel) -> None:
        self._expect("motion", pixel.x, pixel.y)

    def claims(self, raw: Raw) -> bool:
        """Whether this event is one of ours; each of ours is claimed once."""
        since = time.monotonic() - KEPT_SECONDS
        mark = ("motion", *(raw.place or ())) if raw.kind == "motion" else (raw.kind, raw.code, raw.pressed)
        with self._lock:
            awaited = self._awaited.get(mark, deque())
            while awaited and awaited[0] < since:
                awaited.popleft()
            claimed = bool(awaited)
            if claimed:
                awaited.popleft()
            if not awaited:
                self._awaited.pop(mark, None)
            return claimed

    def _expect(self, *mark: object) -> None:
        with self._lock:
            self.sent += 1
            self.last_at = time.monotonic()
            self._awaited.setdefault(mark, deque()).append(self.last_at)


class HeldInput:
    """The keys and buttons that are down, each with how to lift it.

    `watchdog` is the command of a process that keeps the same list, and lifts what a killed agent has left down.
    """

    def __init__(self, watchdog: Sequence[str] = (), *, ledger: SentInput) -> None:
        self._ledger = ledger
        self._down: dict[tuple[HeldKind, int], Callable[[], None]] = {}
        self._watchdog = Child(watchdog, detached=True) if watchdog else None

    def close(self) -> None:
        self.lift_all()
        if self._watchdog:
            self._watchdog.end()

    def down(self, kind: HeldKind, code: int, lift: Callable[[], None]) -> None:
        """Said before a press is sent, so that no press goes unrecorded."""
        self._down[kind, code] = lift
        self._ledger.stroke(kind, code, pressed=True)
        self._tell("down", kind, code)

    def up(self, kind: HeldKind, code: int) -> None:
        self._ledger.stroke(kind, code, pressed=False)
        self._down.pop((kind, code))()
        self._tell("up", kind, code)

    def lift_all(self) -> None:
        for kind, code in reversed(tuple(self._down)):
            self.up(kind, code)

    def _tell(self, direction: Literal["down", "up"], kind: HeldKind, code: int) -> None:
        if self._watchdog:
            self._watchdog.say(direction=direction, kind=kind, code=code)
