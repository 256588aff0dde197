"""What was sent to a display by us, so that what others send there can be told apart."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Final, Literal

from screenagent.geometry import Pixel

if TYPE_CHECKING:
    from screenagent.desktop.raw import Raw

KEPT_SECONDS: Final = 5.0
"""A display that is flooded or starved shows an event late; one that has not come by then will not come."""

PLACES: Final = 512
"""So many of the last places that the mouse was sent to are known, whatever their age: a drag's for some seconds."""


class Ledger:
    """Written before an event is sent; asked when one is seen, in whatever order they arrive. For several threads."""

    def __init__(self) -> None:
        self.sent = 0
        self._lock = threading.Lock()
        self._strokes: dict[tuple[str, int, bool], deque[float]] = {}
        self._places: deque[tuple[int, int, float]] = deque(maxlen=PLACES)

    def stroke(self, kind: Literal["key", "button"], code: int, *, pressed: bool) -> None:
        with self._lock:
            self.sent += 1
            self._strokes.setdefault((kind, code, pressed), deque()).append(time.monotonic())

    def motion(self, pixel: Pixel) -> None:
        """To where the mouse is sent; libraries send it there more than once, so its events are not counted."""
        with self._lock:
            self.sent += 1
            self._places.append((pixel.x, pixel.y, time.monotonic()))

    def claims(self, raw: Raw) -> bool:
        """Whether this event is one of ours; each press and each release is claimed once."""
        since = time.monotonic() - KEPT_SECONDS
        with self._lock:
            if raw.kind == "motion":
                return any((x, y) == raw.place and at >= since for x, y, at in reversed(self._places))
            waiting = self._strokes.get((raw.kind, raw.code, raw.pressed), deque())
            while waiting and waiting[0] < since:
                waiting.popleft()
            if not waiting:
                return False
            waiting.popleft()
            return True
