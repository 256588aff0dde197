"""Whether a program is at work and answers no input: by the time that the main threads of its processes run."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from screenagent.control import Control
from screenagent.desktop.process_stat import stat_fields
from screenagent.desktop.settle import PingProtocol
from screenagent.screenshot import Window

PROC: Final = Path("/proc")
RENDERERS: Final = ("--type=renderer", "-contentproc", "WebKitWebProcess")
"""What the processes that hold web pages are started with: these answer the mouse, not their parents."""

BUSY_SHARE: Final = 0.9
"""A main thread that runs, or waits to run, for so much of the time takes no events from its queue."""
BEHIND_SECONDS: Final = 0.016  # by which the kernel's count of a thread that runs right now may be behind
LEAST_SECONDS: Final = 0.02
SURE_SECONDS: Final = 0.1  # a sample that the count's delay no longer matters for
SUSPECT_SHARE: Final = 0.3
MOST_PROCESSES: Final = 200

ANSWER_SECONDS: Final = 10.0
UNKNOWN_SECONDS: Final = 2.0  # for a program that says that it answers pings, but has not answered any
SOON_SECONDS: Final = 0.15  # what takes longer to answer was at work, and has yet to paint what it did
PAINT_SECONDS: Final = 0.15  # a program that has just come to rest has yet to paint what it did
BEHIND_AT_MOST: Final = 0.3
"""Keys are sent to a program for so long before they wait until it has worked off those before."""

Running = Callable[[int], float]
"""Seconds that the main thread of a process has wanted to run; infinite if it is stopped, 0 if it is gone."""


def running_seconds(pid: int) -> float:
    with suppress(OSError, ValueError, IndexError):
        state = stat_fields(pid)[0]
        ran, waited = (PROC / str(pid) / "task" / str(pid) / "schedstat").read_text().split()[:2]
        return float("inf") if state in "Tt" else (int(ran) + int(waited)) / 1e9
    return 0.0


def answering_processes(pid: int) -> tuple[int, ...]:
    """Return the process of a program that takes its input, and those of the web pages that it shows."""
    return (pid, *(child for child in processes_below(pid) if _is_renderer(child)))


@dataclass
class BusyWatch:
    """Samples one program. If its process is not known, it is never busy."""

    running: Running = running_seconds
    processes: Callable[[int], tuple[int, ...]] = answering_processes
    now: Callable[[], float] = time.monotonic
    _watched: tuple[int, ...] = field(init=False, default=())
    _at: float = field(init=False, default=0.0)
    _ran: tuple[float, ...] = field(init=False, default=())

    def begin(self, pid: int | None) -> None:
        self._watched = self.processes(pid) if pid else ()
        self._sample()

    @property
    def due(self) -> float:
        """Return when the sample is long enough to raise a suspicion."""
        return self._at + LEAST_SECONDS if self._watched else self._at

    @property
    def sure(self) -> float:
        """Return when the sample is long enough to tell."""
        return self._at + SURE_SECONDS

    def is_suspect(self) -> bool:
        """Return whether the program may have been at work for all the time of the sample, or is stopped."""
        return self._longest() >= SUSPECT_SHARE * (self.now() - self._at)

    def is_busy(self) -> bool:
        """Return whether it was, and begin another sample."""
        longest, seconds = self._longest(), self.now() - self._at
        self._sample()
        return longest >= BUSY_SHARE * seconds - BEHIND_SECONDS

    def is_stopped(self) -> bool:
        """Return whether a signal keeps the program from running at all."""
        return float("inf") in map(self.running, self._watched)

    def _longest(self) -> float:
        """Return for how long the busiest of the processes has run since the sample began."""
        ran = zip(map(self.running, self._watched), self._ran, strict=True)
        return max((after if after == float("inf") else after - before for after, before in ran), default=-1.0)

    def _sample(self) -> None:
        self._at = self.now()
        self._ran = tuple(map(self.running, self._watched))


@dataclass
class InputAnswers:
    """Whether the program that an input goes to takes what it was sent before: by a ping, and by how busy it is."""

    control: Control
    ping: PingProtocol | None = None
    watch: BusyWatch = field(default_factory=BusyWatch)
    now: Callable[[], float] = time.monotonic
    _window: Window | None = field(init=False, default=None)
    _answering: set[int] = field(init=False, default_factory=set)
    _asked_at: float = field(init=False, default=0.0)

    def begin(self, window: Window | None) -> None:
        self._window = window
        self.watch.begin(window.pid if window else None)
        self._ask()

    def _ask(self) -> None:
        self._asked_at = self.now()
        if self.ping and self._window:
            self.ping.ask(self._window.id)

    def keep_up(self) -> bool:
        """Return whether the program works off its input, asked between two pieces of it; wait if it is behind."""
        if self.watch.is_stopped():
            return self._came_to_rest(patient=False)
        if self.now() < self._asked_at + BEHIND_AT_MOST:
            return True
        busy, awaited = self.watch.is_busy(), self._is_awaited()
        patient = self._window is not None and self._window.id in self._answering
        if (busy or (awaited and patient)) and not self._came_to_rest(patient=patient):
            return False
        self._ask()
        return True

    def has_come(self) -> bool:
        """Return whether the program has answered by now."""
        self.control.wait_until(self.watch.due)
        if self._is_awaited():
            return False
        if not self.watch.is_suspect():
            return True
        self.control.wait_until(self.watch.sure)
        return not self.watch.is_busy()

    def come_soon(self, window: Window | None) -> bool:
        """Return whether the program of `window` answers at once, when it is asked now."""
        self.begin(window)
        return self.control.until(self.has_come, seconds=SOON_SECONDS)

    def waited_for(self) -> bool:
        """Wait for the program; return whether it answers in time. One that was never seen to may not know how to."""
        patient = self._window is None or self._window.id in self._answering
        if not self._came_to_rest(patient=patient):
            return False
        self.control.wait(PAINT_SECONDS)
        return True

    def _came_to_rest(self, *, patient: bool) -> bool:
        began = self.now()
        while self.now() < began + ANSWER_SECONDS:
            self.control.wait_until(self.watch.sure)
            busy = self.watch.is_busy()
            if not busy and (not self._is_awaited() or (not patient and self.now() >= began + UNKNOWN_SECONDS)):
                return True
        return False

    def _is_awaited(self) -> bool:
        if self.ping is None or self._window is None or self.ping.is_awaited():
            return self.ping is not None and self._window is not None
        self._answering.add(self._window.id)
        return False


def processes_below(pid: int, *, most: int = MOST_PROCESSES) -> list[int]:
    """Return the processes that a process has started, and those that these have."""
    found = [pid]
    for process in found:  # which grows meanwhile
        if len(found) < most:
            found += _children(process)
    return found[1:]


def _children(pid: int) -> list[int]:
    with suppress(OSError, ValueError):
        threads = (PROC / str(pid) / "task").iterdir()
        return [int(child) for thread in threads for child in (thread / "children").read_text().split()]
    return []


def _is_renderer(pid: int) -> bool:
    with suppress(OSError):
        started = (PROC / str(pid) / "cmdline").read_bytes().decode(errors="replace")
        return any(mark in started for mark in RENDERERS)
    return False
