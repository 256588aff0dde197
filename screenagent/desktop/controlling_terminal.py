"""Where we sit: the terminals whose keys reach us, by their processes, and the windows of a display that are theirs."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from screenagent.desktop.front import front_changes, front_process, front_processes
from screenagent.desktop.process_stat import stat_fields
from screenagent.geometry import Value

PROC: Final = Path("/proc")
ANSWER_SECONDS: Final = 2.0
SEAT_SECONDS: Final = 5.0  # so often it is asked who looks at the tmux or screen that we run in


class ControllingTerminal(Value):
    """`window` is what the terminal calls its window (WINDOWID), where it says so."""

    ancestors: frozenset[int]
    window: int | None = None


def controlling_terminals(
    pid: int | None = None, environ: Mapping[str, str] | None = None
) -> tuple[ControllingTerminal, ...]:
    """Of a process: its own terminal, or those of all who look at the tmux or screen that it is in.

    By default those of our run: of the process that the terminal has started, and of each face that is attached.
    """
    seen: set[int] = set()
    if pid is not None:
        return tuple(_seats(pid, os.environ if environ is None else environ, seen=seen))
    ours = os.environ if environ is None else environ
    return tuple(
        seat
        for process in front_processes()
        for seat in _seats(process, ours if process == front_process() else _environment(process), seen=seen)
    )


def is_shared(environ: Mapping[str, str] | None = None) -> bool:
    """Whether terminals may come and go while we run."""
    environ = os.environ if environ is None else environ
    return bool(environ.get("TMUX") or environ.get("STY"))


def _seats(pid: int, environ: Mapping[str, str], *, seen: set[int]) -> Iterator[ControllingTerminal]:
    if pid in seen:
        return
    seen.add(pid)
    if not is_shared(environ):
        said = environ.get("WINDOWID", "")
        yield ControllingTerminal(ancestors=ancestors(pid), window=int(said) if said.isdigit() else None)
        return
    # Who runs in tmux or screen descends from its server, which has no window and an environment of long ago.
    for client in _clients(environ):
        yield from _seats(client, _environment(client), seen=seen)


def ancestors(pid: int) -> frozenset[int]:
    """The processes that `pid` descends from, the terminal that it runs in among them."""
    found: list[int] = []
    while pid > 1 and (parent := _parent(pid)) > 1:
        found.append(parent)
        pid = parent
    return frozenset(found)


def _clients(environ: Mapping[str, str]) -> list[int]:
    if socket := environ.get("TMUX", "").partition(",")[0]:
        command = ["tmux", "-S", socket, "list-clients", "-F", "#{client_pid}"]
        try:
            told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=ANSWER_SECONDS).stdout
        except (OSError, subprocess.SubprocessError):  # there is no tmux here, or it is another version's socket
            return []
        return [int(line) for line in told.split() if line.isdigit()]
    # screen does not say who looks at it; its clients are called what its server is called in capitals.
    return [int(process.parent.name) for process in PROC.glob("[0-9]*/comm") if _read(process).strip() == "screen"]


def _environment(pid: int) -> dict[str, str]:
    pairs = (entry.partition("=") for entry in _read(PROC / str(pid) / "environ").split("\0"))
    return {name: value for name, _, value in pairs}


def _parent(pid: int) -> int:
    fields = stat_fields(pid)
    return int(fields[1]) if fields else 0


def _read(file: Path) -> str:
    """What a process says of itself; nothing where it has ended, or is another user's."""
    try:
        return file.read_text(errors="replace")
    except OSError:
        return ""


class OwnTerminals:
    """Tells which windows are the terminals that we run in.

    `window_of` returns the window that a terminal says it is, as the window system calls it; None if it says nothing,
    or if that is no window of this desktop: an environment may be older than its terminal, and of another display.
    """

    def __init__(self, window_of: Callable[[ControllingTerminal], int | None]) -> None:
        self._window_of = window_of
        self._seats: tuple[ControllingTerminal, ...] = ()
        self._seated_at = -SEAT_SECONDS
        self._changes = front_changes()

    def own(self, id: int, pid: int | None) -> bool:
        """Tell by the window that a terminal says it is, or else by its process, all of whose windows then are ours."""
        return any(id == seat.window if seat.window else pid in seat.ancestors for seat in self._seated())

    def _seated(self) -> tuple[ControllingTerminal, ...]:
        """Return where we sit, with windows of this desktop; ask again only if terminals may come and go."""
        now, changes = time.monotonic(), front_changes()
        if changes != self._changes or now >= self._seated_at + SEAT_SECONDS:
            self._changes = changes
            self._seats = tuple(
                seat.model_copy(update={"window": self._window_of(seat)}) for seat in controlling_terminals()
            )
            self._seated_at = now if is_shared() else float("inf")
        return self._seats


class KnownOwn:
    """The ids of our own windows. They are looked for again when a window came or went, when a face did, and now and
    then where another terminal may show what we run in.

    `look` finds them, and `changed` returns whether a window came or went since it was last called.
    """

    def __init__(self, look: Callable[[], Iterable[int]], changed: Callable[[], bool]) -> None:
        self._look = look
        self._changed = changed
        self._find()

    def __call__(self) -> frozenset[int]:
        is_old = is_shared() and time.monotonic() >= self._asked_at + SEAT_SECONDS
        if self._changed() or is_old or front_changes() != self._changes:
            self._find()
        return self._ids

    def _find(self) -> None:
        self._changes = front_changes()
        self._ids = frozenset(self._look())
        self._asked_at = time.monotonic()
