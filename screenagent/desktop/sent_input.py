"""What was sent to a display by us, so that what others send there can be told apart."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Final, Literal

from screenagent.geometry import Pixel

if TYPE_CHECKING:
    from screenagent.desktop.x11.raw_events import Raw

KEPT_SECONDS: Final = 5.0
"""A display that is flooded or starved shows an event late; one that has not come by then will not come."""


class SentInput:
    """Written before an event is sent; asked when one is seen, in whatever order they arrive. For several threads."""

    def __init__(self) -> None:
        self.sent = 0
        self._lock = threading.Lock()
        self._awaited: dict[tuple[object, ...], deque[float]] = {}

    def stroke(self, kind: Literal["key", "button"], code: int, *, pressed: bool) -> None:
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
            self._awaited.setdefault(mark, deque()).append(time.monotonic())
