"""What a program may still do by itself after an input: what its threads wait for, as the kernel tells.

This ends a wait early only on evidence that nothing more can come:

* A thread that has not run since before the input does not know of it.
* A thread that has run, and now waits for events without a time limit, does nothing unless something else wakes it. The
  event loops of GTK, Qt and Tk wait until their next timer is due, so a timer that will take back what was done, or
  will bring an error, shows as a limit. Until that is over, and the thread waits anew, later timers are hidden. After
  any click GTK itself waits for the second press of a double click, 0.4 s if it is not set otherwise.
* What else could wake it has come to rest as well: its threads, and the processes that it has started. A program with
  an internet socket may be told something at any time, and is never known to rest. The window manager and the X server
  have answered within `STILL_SECONDS`.

A still picture or an idle processor is no evidence: a program with a timer has both. Nothing is known of a program
whose threads cannot be asked (another user's, or where the kernel forbids it), of one with many threads, of a limit
that lies in the program's memory, and of a page in a browser, which has sockets and wakes at short intervals after any
input. What another program, such as a service on D-Bus, is going to tell it is not seen.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from screenagent.actions import Input, WindowInput
from screenagent.desktop.busy import PROC, processes_below
from screenagent.protocols import Approved

STILL_SECONDS: Final = 0.03
MOST_PROCESSES: Final = 8
MOST_THREADS: Final = 48
SIXTY_FOUR_BIT: Final = 1 << 32
"""A program whose stack lies lower than this may be of another kind, which numbers its calls otherwise."""

MILLISECONDS: Final[Mapping[str, Mapping[int, int]]] = {"x86_64": {7: 2, 232: 3, 281: 3}, "aarch64": {22: 3}}
"""Calls that wait for events, and which argument is the limit: poll, epoll_wait, epoll_pwait."""
POINTERS: Final[Mapping[str, Mapping[int, int]]] = {
    "x86_64": {23: 4, 202: 3, 270: 4, 271: 2},
    "aarch64": {72: 4, 73: 2, 98: 3},
}
"""Likewise, where the limit lies in memory and there is none if the argument is zero: select, futex, pselect, ppoll."""
FUTEX: Final[Mapping[str, int]] = {"x86_64": 202, "aarch64": 98}
FUTEX_WAITS: Final = (0, 9)
FUTEX_FLAGS: Final = 0x180

SOCKETS: Final = ("tcp", "tcp6", "udp", "udp6", "raw", "raw6")
INODE: Final = 9
LISTENS: Final = "0A"

FOREVER: Final = float("inf")
UNKNOWN: Final = float("-inf")


class ThreadId(NamedTuple):
    process: int
    id: int

    @property
    def folder(self) -> Path:
        return PROC / str(self.process) / "task" / str(self.id)


Runs = Mapping[ThreadId, int]
"""How often each thread of a program has run."""


def runs_of(pid: int) -> Runs:
    """Return how often the threads of a program and of what it has started have run; nothing where that is unknown."""
    try:
        processes = (pid, *processes_below(pid, most=MOST_PROCESSES))
        if len(processes) >= MOST_PROCESSES:  # there may be more below them
            return {}
        threads = [ThreadId(process, int(id)) for process in processes for id in _tasks(process)]
        if len(threads) > MOST_THREADS:
            return {}
        return {thread: int((thread.folder / "schedstat").read_text().split()[2]) for thread in threads}
    except (OSError, ValueError, IndexError):
        return {}


def wait_limit(thread: ThreadId) -> float:
    """Return the limit, in seconds, of the wait for events that a thread is in; 0 if it does something else."""
    with suppress(OSError):
        return limit_of((thread.folder / "syscall").read_text(), machine=platform.machine())
    return 0.0


def limit_of(call: str, *, machine: str) -> float:
    """Return the limit that the kernel's line on a thread's system call tells of."""
    fields = call.split()
    if len(fields) != 9:  # it runs, or is held up elsewhere
        return 0.0
    number, stack = int(fields[0]), int(fields[7], 16)
    arguments = [int(value, 16) for value in fields[1:7]]
    if stack < SIXTY_FOUR_BIT or (number == FUTEX.get(machine) and arguments[1] & ~FUTEX_FLAGS not in FUTEX_WAITS):
        return 0.0
    if (place := MILLISECONDS.get(machine, {}).get(number)) is not None:
        milliseconds = arguments[place] & 0xFFFFFFFF
        return FOREVER if milliseconds >= 1 << 31 else milliseconds / 1000
    place = POINTERS.get(machine, {}).get(number)
    return FOREVER if place is not None and arguments[place] == 0 else 0.0


def is_online(pid: int) -> bool:
    """Return whether a process has a socket to another machine, or whether that is unknown."""
    try:
        links = [os.readlink(link) for link in (PROC / str(pid) / "fd").iterdir()]
        sockets = {link.removeprefix("socket:[").removesuffix("]") for link in links if link.startswith("socket:")}
        return not sockets.isdisjoint(_internet_sockets(pid))
    except OSError:
        return True


def _internet_sockets(pid: int) -> Iterator[str]:
    for kind in SOCKETS:
        with suppress(FileNotFoundError):  # a kernel without that protocol
            for line in (PROC / str(pid) / "net" / kind).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] != LISTENS:
                    yield fields[INODE]


def _tasks(process: int) -> list[str]:
    try:
        return os.listdir(PROC / str(process) / "task")
    except FileNotFoundError:
        return []  # it has just ended


@dataclass
class PendingWork:
    """Watches one program from just before an input is sent to it."""

    runs: Callable[[int], Runs] = runs_of
    limit: Callable[[ThreadId], float] = wait_limit
    online: Callable[[int], bool] = is_online
    now: Callable[[], float] = time.monotonic
    _pid: int | None = field(init=False, default=None)
    _at: float = field(init=False, default=0.0)
    _before: Runs = field(init=False, default_factory=dict)
    _last: Runs = field(init=False, default_factory=dict)
    _still_since: float = field(init=False, default=0.0)

    def begin(self, pid: int | None) -> None:
        """Note how often the program has run so far; an input will be sent to it now."""
        self._pid, self._at, self._still_since = pid, self.now(), self.now()
        self._before = self._last = self.runs(pid) if pid else {}

    def none_until(self) -> float:
        """Return until when, by `time.monotonic`, the program will do nothing by itself; in the past if unknown."""
        if self._pid is None or not self._before:
            return UNKNOWN
        runs = self.runs(self._pid)
        if runs != self._last:
            self._last, self._still_since = runs, self.now()
        if self.now() < self._still_since + STILL_SECONDS:
            return UNKNOWN
        ran = [thread for thread, times in runs.items() if self._before.get(thread) != times]
        # A wait that has begun since the input ends no sooner than its limit after the input.
        earliest = self._at + min((self.limit(thread) for thread in ran), default=0.0)
        if earliest <= self.now() or any(map(self.online, {thread.process for thread in ran})):
            return UNKNOWN
        return earliest if self.runs(self._pid) == runs else UNKNOWN


def never_rests() -> float:
    """Return that nothing is known: on Wayland a program also waits for the compositor, which paints when it likes."""
    return UNKNOWN


def program_of(approved: Approved[Input]) -> int | None:
    """Return the process of the program that an input goes to, if it goes to one only and that is known."""
    if isinstance(approved.action, WindowInput):
        return None
    screen, places = approved.on, approved.locations
    windows = [screen.window_at(place.point) or screen.window for place in places] or [screen.focus or screen.window]
    programs = {window.pid if window else None for window in windows}
    return programs.pop() if len(programs) == 1 else None
