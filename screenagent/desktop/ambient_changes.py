"""What moves on the screen by itself: learned from looks at it while nothing is done."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from screenagent.desktop import NoDesktop
from screenagent.desktop.frames import Patch, ScreenFrame, changed_patches

FORGET_SECONDS: Final = 10.0
FILM_FRAMES: Final = 4  # big changes that follow each other so closely are a film; a window that comes or goes is not
FILM_SECONDS: Final = 1.5
POLL_SECONDS: Final = 0.2  # a clock ticks each second, a caret blinks each half; both are seen at this pace
ENOUGH_SECONDS: Final = 1.1  # a clock has ticked by then


@dataclass
class AmbientChange:
    """A change that nobody caused, when one like it was last seen, and whether its place counts as restless."""

    patch: Patch
    at: float
    restless: bool

    def is_like(self, patch: Patch, *, since: float) -> bool:
        return self.at >= since and _reach(self.patch).holds(patch)


class AmbientChanges:
    """The places that change by themselves: learned while nothing is done, forgotten once they have come to rest.

    The idle watch learns in its own thread while the agent's thread asks.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()  # protects `_seen`, the list and the times in it
        self._seen: list[AmbientChange] = []

    def learn(self, before: ScreenFrame, after: ScreenFrame, *, at: float) -> None:
        """Remember what changed between two frames; nothing was done in between."""
        changed = [patch for patch in changed_patches(before, after) if not patch.is_caret]
        with self._lock:
            kept = [seen for seen in self._seen if seen.at >= at - FORGET_SECONDS]
            self._seen = kept + [
                AmbientChange(patch, at, restless=patch.is_small(after) or self._is_film(patch, at=at))
                for patch in changed
            ]

    def forget(self) -> None:
        with self._lock:
            self._seen = []

    def holds(self, patch: Patch, *, at: float) -> bool:
        """Return whether such a change comes by itself; if it does, keep its place in mind for longer."""
        with self._lock:
            known = [seen for seen in self._seen if seen.restless and seen.is_like(patch, since=at - FORGET_SECONDS)]
            for seen in known:
                seen.at = at
        return patch.is_caret or bool(known)

    def _is_film(self, patch: Patch, *, at: float) -> bool:
        return sum(seen.is_like(patch, since=at - FILM_SECONDS) for seen in self._seen) >= FILM_FRAMES


def _reach(patch: Patch) -> Patch:
    """Return how far the changes of a restless place may go: a clock's other digits are beside the last one."""
    return patch.grown(4 * min(patch.height, 40), patch.height // 2)


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
