"""Stops of `bench stop` with something in the way: the agent is suspended, its terminal gone, or its display frozen."""

from __future__ import annotations

import os
import pty
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final, Literal

from screenagent.bench.results import percentile
from screenagent.desktop.x11.driver_selection import server_process
from screenagent.geometry import Value

Hindrance = Literal["suspended", "terminal gone", "frozen display"]
HINDRANCES: Final[tuple[Hindrance, ...]] = ("suspended", "terminal gone", "frozen display")
LEFT_SECONDS: Final = 5.0


class Hindered(Value):
    """One run that was stopped in this way: milliseconds to the last event, if it could be seen, and seconds until the
    process had left."""

    kind: Literal["hindered"] = "hindered"
    way: Hindrance
    what: str
    ms: float | None
    left_seconds: float
    held: int
    outcome: str


class OfHindrance(Value):
    p50_ms: float | None
    p99_ms: float | None
    left_worst_seconds: float | None
    held: int
    not_stopped: int
    n: int


class HinderedRun:
    """A process that drives the display of `server`, what hinders its stop, and the terminal that it talks to."""

    def __init__(self, way: Hindrance, server: Any) -> None:
        self._way, self._server = way, server
        self._terminal, self._slave = pty.openpty()
        self.slave_name = os.ttyname(self._slave)

    def close(self) -> None:
        for descriptor in (self._terminal, self._slave):
            with suppress(OSError):
                os.close(descriptor)

    @contextmanager
    def stopped(self, process: Any) -> Iterator[float]:
        """Stop the process, and yield the moment; then wait until it has left, and let the display go on."""
        display = server_process(self._server) if self._way == "frozen display" else None
        os.close(self._slave)
        if display:
            os.kill(display, signal.SIGSTOP)
        at = time.monotonic()
        try:
            self._hinder(process)
            yield at
        finally:
            process.join(LEFT_SECONDS)
            if process.is_alive():
                process.kill()
            if display:
                os.kill(display, signal.SIGCONT)

    def _hinder(self, process: Any) -> None:
        match self._way:
            case "suspended":
                os.kill(process.pid, signal.SIGSTOP)
            case "terminal gone":
                os.close(self._terminal)
            case "frozen display":
                os.kill(process.pid, signal.SIGTERM)

    def let_go_on(self, process: Any) -> None:
        """Stop a suspended process, as `screenagent stop` does; the others have been stopped before."""
        if self._way == "suspended":
            os.kill(process.pid, signal.SIGTERM)
            os.kill(process.pid, signal.SIGCONT)


def hindered_summary(found: Sequence[Hindered]) -> Mapping[str, OfHindrance]:
    of = {way: [one for one in found if one.way == way] for way in HINDRANCES}
    times = {way: [one.ms for one in runs if one.ms is not None] for way, runs in of.items()}
    return {
        way: OfHindrance(
            p50_ms=percentile(times[way], 50),
            p99_ms=percentile(times[way], 99),
            left_worst_seconds=max((one.left_seconds for one in runs), default=None),
            held=sum(one.held for one in runs),
            not_stopped=sum(one.outcome != "stopped" for one in runs),
            n=len(runs),
        )
        for way, runs in of.items()
    }
