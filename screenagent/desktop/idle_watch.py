"""Looks at the screen while nothing is being done, to learn what moves there by itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from screenagent.desktop import NoDesktop
from screenagent.desktop.ambient_changes import AmbientChanges
from screenagent.desktop.frames import ScreenFrame

POLL_SECONDS: Final = 0.2  # a clock ticks each second, a caret blinks each half; both are seen at this pace
ENOUGH_SECONDS: Final = 1.1  # a clock has ticked by then


class IdleWatch:
    """Between `begin` and `end` a thread looks; what changes then changes by itself."""

    def __init__(self, look: Callable[[], ScreenFrame], ambient: AmbientChanges) -> None:
        self._look = look
        self._ambient = ambient
        self._lock = threading.Lock()  # protects `_last`; held while a frame is captured and learned from
        self._last: ScreenFrame | None = None
        self._began: dict[int, float] = {}  # used by the agent's thread alone
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="screen watch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closed.set()
        self._thread.join()

    def begin(self, frame: ScreenFrame, *, app: int) -> None:
        """The screen shows `frame`, with `app` in front, and nothing is pending."""
        with self._lock:
            self._learn(frame)
            self._began.setdefault(app, time.monotonic())

    def end(self, frame: ScreenFrame) -> None:
        """The screen shows `frame`, and something will be done to it."""
        with self._lock:
            self._learn(frame)
            self._last = None

    def look_away(self) -> None:
        """Until it begins again, what changes is not learned from, and what was learned is void."""
        with self._lock:
            self._last = None
            self._ambient.forget()

    def enough_at(self, *, app: int) -> float:
        """When it will have looked at `app` for long enough to have seen its clock tick."""
        return self._began.get(app, time.monotonic()) + ENOUGH_SECONDS

    def _run(self) -> None:
        while not self._closed.wait(POLL_SECONDS):
            with self._lock:
                if self._last is None:
                    continue
                try:
                    frame = self._look()
                except NoDesktop:
                    return  # the display has ended; whoever works on it is told by their own call
                self._learn(frame)

    def _learn(self, frame: ScreenFrame) -> None:
        if self._last is not None:
            self._ambient.learn(self._last, frame, at=time.monotonic())
        self._last = frame
