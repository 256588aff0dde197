"""Sees to it that a process ends: stops are heard whatever hangs, and what hangs does not keep the process for long."""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from queue import SimpleQueue
from types import FrameType
from typing import Final

from screenagent.control import Control
from screenagent.events import Ended
from screenagent.showing import tell

LEAVE_SECONDS: Final = 1.5
"""A run that was stopped has so long to end by itself; with its last words the process is gone within 2 s."""
WORD_SECONDS: Final = 0.2
"""So long one sink may take to write the ending: it may be what hangs."""
STOPPED: Final = 130
FAILED: Final = 1

STOPPING: Final = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT") if hasattr(signal, name)
)
OVER: Final = 0
"""No signal has this number."""


class Departure:
    """While it is entered, a stop of a control that it watches is the end of the process within `LEAVE_SECONDS`.

    If the control is not over by then, its last words are written and the process leaves at once: the release
    watchdog lifts what is held, and the guard of a virtual desktop takes that down. `restore` gives back the terminal.
    """

    def __init__(
        self,
        *,
        restore: Callable[[], object] = lambda: None,
        leave: Callable[[int], object] = os._exit,
        seconds: float = LEAVE_SECONDS,
    ) -> None:
        self._restore, self._leave, self._seconds = restore, leave, seconds
        self._stops: SimpleQueue[Control | None] = SimpleQueue()  # a signal handler may put something into it

    def __enter__(self) -> Departure:
        threading.Thread(target=self._wait, name="ending", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stops.put(None)

    def watch(self, control: Control) -> Control:
        control.on_stop(lambda: self._stops.put(control))
        return control

    def _wait(self) -> None:
        while (control := self._stops.get()) is not None:
            if not control.over.wait(self._seconds):
                self._go(control)
                return

    def _go(self, control: Control) -> None:
        lost = control.lost
        hung = f"it hung, and was left {self._seconds:g} s after the stop"
        ended = Ended(result="crashed" if lost else "stopped", message=str(lost or hung))
        for write in control.last_words:
            _within(WORD_SECONDS, partial(write, ended))
        _within(WORD_SECONDS, self._restore)
        said = f"screenagent: {lost}" if lost else f"stopped: {hung}"
        _within(WORD_SECONDS, lambda: tell(said))
        self._leave(FAILED if lost else STOPPED)


def _within(seconds: float, act: Callable[[], object]) -> None:
    """Do this in a thread of its own, and go on if it fails or takes longer."""

    def attempt() -> None:
        with suppress(Exception):
            act()

    acting = threading.Thread(target=attempt, name="last words", daemon=True)
    acting.start()
    acting.join(seconds)


@contextmanager
def on_signals(
    *, stop: Callable[[], None], resume: Callable[[], None], suspended: Callable[[], None] = lambda: None
) -> Iterator[None]:
    """Meanwhile Ctrl-C, SIGTERM, SIGHUP and SIGQUIT, and the end of the terminal that we talk to, do the first.

    SIGUSR1 does the second, where there is one, and going on after a suspension the third. A stop is heard by a thread
    as well, since Python calls no handler while its first thread hangs in a call of a library. A SIGHUP that is ignored
    stays ignored.
    """
    stopping = [
        number for number in STOPPING if signal.getsignal(number) is not signal.SIG_IGN or number == signal.SIGINT
    ]
    heeded = dict.fromkeys(stopping, stop)
    for name, act in (("SIGUSR1", resume), ("SIGCONT", suspended)):
        if hasattr(signal, name):
            heeded[getattr(signal, name)] = act

    def heed(number: int, _frame: FrameType | None) -> None:
        heeded[signal.Signals(number)]()

    with _heard_at_once(stopping, stop):
        before = {number: signal.signal(number, heed) for number in heeded}
        if hasattr(signal, "SIGTTOU"):  # a process in the background gives back the terminal's mode as it ends
            before[signal.SIGTTOU] = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


@contextmanager
def _heard_at_once(stopping: Collection[int], stop: Callable[[], None]) -> Iterator[None]:
    """Meanwhile a thread calls `stop` at one of these signals, and when the terminal is gone."""
    ear, mouth = socket.socketpair()
    mouth.setblocking(False)
    terminals = _terminals()

    def listen() -> None:
        for heard in _happenings(ear, terminals):
            if heard is None or not set(heard).isdisjoint(stopping):
                stop()

    thread = threading.Thread(target=listen, name="signals", daemon=True)
    before = signal.set_wakeup_fd(mouth.fileno(), warn_on_full_buffer=False)
    thread.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        with suppress(BlockingIOError):
            mouth.send(bytes([OVER]))
        thread.join(WORD_SECONDS)
        mouth.close()
        ear.close()


def _happenings(ear: socket.socket, terminals: Collection[int]) -> Iterator[bytes | None]:
    """Yield the numbers of signals as they come, and None when a terminal has gone."""
    if not hasattr(select, "poll"):
        while OVER not in (numbers := ear.recv(64)):
            yield numbers
        return
    poll = select.poll()
    poll.register(ear, select.POLLIN)
    for terminal in terminals:
        poll.register(terminal, 0)
    while True:
        for descriptor, _ in poll.poll():
            if descriptor != ear.fileno():
                poll.unregister(descriptor)
                yield None
            elif OVER in (numbers := ear.recv(64)):
                return
            else:
                yield numbers


def _terminals() -> list[int]:
    """Return the standard streams that are terminals: there a person supervises the agent."""
    return [number for number in (0, 2) if sys.platform == "linux" and os.isatty(number)]
