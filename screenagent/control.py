"""The one way in: whoever supervises the agent tells it here to stop, pause, go on, take one step, or hears it out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Stopped(Exception):
    """The user said stop. Caught once, in the loop."""


class Control:
    """Given to the agent and to every part that can block; safe to call from any thread and from a signal handler."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._go = threading.Event()
        self._go.set()
        self._one_step = threading.Event()
        self._handed_back = threading.Event()
        self._lock = threading.Lock()
        self._said: list[str] = []
        self._on_stop: list[Callable[[], None]] = []

    def stop(self) -> None:
        """Final: nothing is performed after this returns to a part that looks at `check`."""
        self._stop.set()
        self._go.set()
        for react in tuple(self._on_stop):
            react()

    def on_stop(self, react: Callable[[], None]) -> None:
        """Call `react` when stop comes, for a part that blocks in something that cannot look at `check`."""
        self._on_stop.append(react)

    def pause(self) -> None:
        self._go.clear()

    def resume(self) -> None:
        self._go.set()

    def hand_back(self) -> None:
        """Go on after the user worked on the desktop: what the agent knew of the screen is old."""
        self._handed_back.set()
        self._go.set()

    def was_handed_back(self) -> bool:
        """Whether it was since the last call; said by the loop before it looks at what it knows."""
        handed_back = self._handed_back.is_set()
        self._handed_back.clear()
        return handed_back

    def step(self) -> None:
        """Go on until the next step is done, then pause again."""
        self._one_step.set()
        self._go.set()

    def step_done(self) -> None:
        """Said by the loop after each step."""
        if self._one_step.is_set():
            self._one_step.clear()
            self._go.clear()

    def say(self, text: str) -> None:
        """Tell the agent something; it reaches the planner before its next decision."""
        with self._lock:
            self._said.append(text)

    def heard(self) -> tuple[str, ...]:
        """What was said since the last call."""
        with self._lock:
            said, self._said = tuple(self._said), []
        return said

    @property
    def stopped(self) -> bool:
        return self._stop.is_set()

    @property
    def paused(self) -> bool:
        return not self._go.is_set()

    def check(self) -> None:
        """Raise `Stopped` if stop was said."""
        if self._stop.is_set():
            raise Stopped

    def checkpoint(self) -> None:
        """Wait here while paused; raise `Stopped` if stop was said."""
        self._go.wait()
        self.check()

    def wait(self, seconds: float) -> None:
        """Sleep, but not through a stop."""
        if self._stop.wait(max(0.0, seconds)):
            raise Stopped

    def wait_until(self, moment: float) -> None:
        """Sleep until `time.monotonic()` is `moment`."""
        self.wait(moment - time.monotonic())
