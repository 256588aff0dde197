"""The runs that are at work: those that the list of this user names, and whoever drives an X server within reach."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from screenagent.desktop import NoDesktop
from screenagent.desktop.lock import Driver, driver_from, drivers, is_x_display, named, own_display, user
from screenagent.desktop.process_stat import stat_fields

if TYPE_CHECKING:
    from screenagent.desktop.x11.driver_selection import AskedServer

ANSWER_SECONDS: Final = 1.0
"""An X server that does not answer within this is not waited for."""

TOLD_SECONDS: Final = 0.2

STOP_RUN: Final[signal.Signals] = getattr(signal, "SIGUSR2", signal.SIGTERM)
"""Stops the run of a process that serves another agent, and not the process, where there are signals for that."""


@dataclass(frozen=True)
class RunAtWork:
    """A run, and the ways to reach it: its process, and the X server that it drives."""

    driver: Driver
    has_process: bool
    is_listed: bool
    server: AskedServer | None
    is_here: bool
    """Whether it drives the display that we are on."""

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to its process, also if that is suspended."""
        if not self.has_process:
            return
        with suppress(ProcessLookupError, PermissionError):  # it has just ended, or is another user's
            os.kill(self.driver.pid, number)
            if number in (signal.SIGTERM, STOP_RUN) and hasattr(signal, "SIGCONT"):
                os.kill(self.driver.pid, signal.SIGCONT)  # one that is suspended hears nothing until then

    def stop(self) -> None:
        """Tell it to stop, in every way that there is. A process that outlives its run is not told to end."""
        self.signal(STOP_RUN if self.driver.outlives else signal.SIGTERM)
        if self.server:
            from screenagent.desktop.x11.driver_selection import ask_to_stop

            wait([self.server.ask(ask_to_stop)], TOLD_SECONDS)

    def has_ended(self) -> bool:
        """Whether it has let go of its lock; its process may go on, as a console does."""
        return self.driver not in drivers() if self.is_listed else not self._is_on_server()

    def has_left(self) -> bool:
        """Whether its process is gone, or stays for other runs, as far as that is known."""
        return self.driver.outlives or not (self.has_process and _is_alive(self.driver.pid))

    def _is_on_server(self) -> bool:
        found = _owner(self.server, time.monotonic() + ANSWER_SECONDS) if self.server else None
        return found is not None and found[0] == self.driver


@dataclass(frozen=True)
class AtWork:
    """The runs that were found, and the displays that did not answer."""

    runs: Sequence[RunAtWork]
    silent: Sequence[str]


@contextmanager
def at_work(display: str | None = None) -> Iterator[AtWork]:
    """Look for the run that drives `display`, whoever's it is, or for all of this user."""
    here = own_display()
    servers = _asked(display, here)
    try:
        yield _found(display, here, servers)
    finally:
        for server in servers.values():
            server.close()


def _asked(display: str | None, here: str | None) -> Mapping[str, AskedServer]:
    """Begin to ask the servers, each under one name."""
    if sys.platform != "linux":
        return {}
    from screenagent.desktop.x11.driver_selection import AskedServer, local_displays

    names = [display] if display else [*([here] if here else []), *local_displays()]
    return {named(name): AskedServer(name) for name in reversed(names) if is_x_display(name)}


def _found(display: str | None, here: str | None, servers: Mapping[str, AskedServer]) -> AtWork:
    listed = drivers(display and named(display))
    until, silent = time.monotonic() + ANSWER_SECONDS, []
    runs = {
        driver: RunAtWork(driver, driver.is_reachable(), True, None, here is not None and driver.display == named(here))
        for driver in listed
    }
    for name, server in servers.items():
        try:
            found = _owner(server, until)
        except TimeoutError:
            silent.append(name)
            continue
        if found is None or not (display or found[0].user == user()):
            continue
        driver, process = found
        has_process = driver.is_reachable() and (driver in listed or driver.pid == process)
        is_here = here is not None and named(here) in (name, driver.display)
        runs[driver] = RunAtWork(driver, has_process, driver in listed, server, is_here)
    return AtWork(tuple(runs.values()), silent)


def _owner(server: AskedServer, until: float) -> tuple[Driver, int | None] | None:
    """Return who drives a server and its process as that knows it; None if nobody does. Raise `TimeoutError`."""
    from screenagent.desktop.x11.driver_selection import owner_of

    try:
        owner = server.ask(owner_of).result(max(0.0, until - time.monotonic()))
    except NoDesktop:
        return None
    driver = owner and driver_from(owner.said)
    return (driver, owner.process) if owner and driver else None


def _is_alive(pid: int) -> bool:
    return stat_fields(pid)[:1] not in ([], ["Z"])
