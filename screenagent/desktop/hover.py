"""The picture with the mouse already at its target: what lights up, or opens, because the mouse came is in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from screenagent.desktop.ambient_changes import AmbientChanges
from screenagent.desktop.frames import CapturedFrame, FramePoint, Patch, ScreenFrame, changed_patches

POLL_SECONDS: Final = 0.008
UNKNOWN_SECONDS: Final = 0.06  # GTK begins to light a button up after 37 ms, Tk, Qt and Chromium after 9 to 24
PLAIN_SECONDS: Final = 0.017  # in an application that has never lit anything up
KNOWN_AFTER: Final = 3  # so many targets tell whether an application lights them up
LATER: Final = 1.5  # the slowest time seen so far may be exceeded by this much
STILL_SECONDS: Final = 0.03  # a fade is painted in frames of 17 ms
HOVER_SECONDS: Final = 0.25  # GTK's fade takes 200 ms


@dataclass
class HoverTimes:
    """How soon an application shows that the mouse has come, learned from each time that it came."""

    hovers: int = 0
    slowest: float = 0.0

    @property
    def patience(self) -> float:
        """Return how long to wait for the first sign of it, in seconds."""
        if self.hovers < KNOWN_AFTER:
            return UNKNOWN_SECONDS
        return min(UNKNOWN_SECONDS, max(PLAIN_SECONDS, self.slowest * LATER))

    def learn(self, seconds: float | None) -> None:
        """Remember a target that lit up after so many seconds, or None where it did not."""
        self.hovers += 1
        self.slowest = max(self.slowest, seconds or 0.0)


@dataclass(kw_only=True)
class Hovering:
    """The wait between the mouse's coming to `places` (from the first to the last) and the press of its button.

    `look` captures a frame, which may be `lag` seconds behind what a program has painted; `now` and `wait` are the
    clock's. Only what changes near the mouse's places is waited for.
    """

    look: Callable[[], CapturedFrame]
    now: Callable[[], float]
    wait: Callable[[float], None]
    ambient: AmbientChanges
    places: tuple[FramePoint, ...]
    times: HoverTimes = field(default_factory=HoverTimes)
    lag: float = 0.0
    answered: bool = field(init=False, default=False)
    """Whether something has changed where the mouse has come. Where it was, that may be a late answer to a click."""

    def frame(self, before: ScreenFrame) -> CapturedFrame:
        """Return the frame on which what the mouse changed since `before` has come to rest."""
        began = self.now()
        last, first_change, changed_at = before, None, began
        while True:
            frame = self.look()
            if changes := self._changes(last, frame.pixels):
                self.answered |= any(patch.near(self.places[-1]) for patch in changes)
                changed_at = self.now()
                first_change = first_change or changed_at - began
            last = frame.pixels
            rests_at = began + self.times.patience if first_change is None else changed_at + STILL_SECONDS
            left = min(rests_at, began + HOVER_SECONDS) + self.lag - self.now()
            if left <= 0:
                self.times.learn(first_change)
                return frame
            self.wait(min(POLL_SECONDS, left))

    def _changes(self, before: ScreenFrame, after: ScreenFrame) -> list[Patch]:
        now = self.now()
        return [
            patch
            for patch in changed_patches(before, after)
            if any(patch.near(place) for place in self.places) and not self.ambient.holds(patch, at=now)
        ]
