"""When we have sent something to a compositor, so that what it tells of a person's doing can be told from ours."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class SendClock:
    """Kept by the one thread that sends, and asked by the one that listens."""

    def __init__(self) -> None:
        self.begun_at = float("-inf")
        self.done_at = float("-inf")
        self._lasts = 0.0

    @contextmanager
    def sending(self) -> Iterator[None]:
        """Meanwhile something is sent; when this is left, the compositor has worked it off."""
        self.begun_at, self._lasts = time.monotonic(), 0.0
        try:
            yield
        finally:
            self.done_at = time.monotonic() + self._lasts

    def lasts(self, seconds: float) -> None:
        """What is being sent may be under way for so long after it was sent: the compositor does not say."""
        self._lasts = seconds

    def has_sent_since(self, moment: float) -> bool:
        """Return whether anything was sent, or was under way, at that moment of the monotonic clock or later."""
        return self.begun_at > self.done_at or self.done_at >= moment
