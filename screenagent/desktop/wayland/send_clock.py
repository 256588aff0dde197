"""When we have sent something to a compositor, so that what it tells of a person's doing can be told from ours."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

UNHEARD_SECONDS: Final = 0.1
"""Without a break, we send for at most so long while somebody listens."""
BREAK_SECONDS: Final = 0.05
"""A listener that has not looked by then has too little of the machine."""


class SendClock:
    """Kept by the one thread that sends, and asked by the one that listens.

    The listener cannot tell a person's input from ours while we send in quick succession. So the sender takes a break
    now and then, until the listener has looked who keeps the seat busy.
    """

    def __init__(self) -> None:
        self.begun_at = float("-inf")
        self.done_at = float("-inf")
        self._looked_at: float | None = None  # None while nobody listens
        self._has_looked = threading.Event()
        self._lasts = 0.0

    @contextmanager
    def sending(self) -> Iterator[None]:
        """Meanwhile something is sent; when this is left, the compositor has worked it off."""
        self.begun_at, self._lasts = time.monotonic(), 0.0
        try:
            yield
        finally:
            self.done_at = time.monotonic() + self._lasts
        self._take_break()

    def lasts(self, seconds: float) -> None:
        """What is being sent may be under way for so long after it was sent: the compositor does not say."""
        self._lasts = seconds

    def has_sent_since(self, moment: float) -> bool:
        """Return whether anything was sent, or was under way, at that moment of the monotonic clock or later."""
        return self.begun_at > self.done_at or self.done_at >= moment

    def looked(self) -> None:
        """The listener knows whether anybody else touches the mouse or the keyboard now."""
        self._looked_at = time.monotonic()
        self._has_looked.set()

    def nobody_listens(self) -> None:
        """There are no breaks any more."""
        self._looked_at = None
        self._has_looked.set()

    def _take_break(self) -> None:
        if self._looked_at is None or self.done_at - self._lasts < self._looked_at + UNHEARD_SECONDS:
            return
        self._has_looked.clear()
        self._has_looked.wait(BREAK_SECONDS)
        if self._looked_at is not None:
            self._looked_at = time.monotonic()
