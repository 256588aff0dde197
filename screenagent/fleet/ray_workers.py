"""Workers on the nodes of a Ray cluster, or on this machine by a Ray of our own: one remote function for each attempt."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Generic

import ray
from ray.exceptions import OutOfMemoryError, RayError, RayTaskError, TaskCancelledError

from screenagent.fleet.jobs import Attempt, Attempted, Job, Work, failed, infra
from screenagent.fleet.ray_place import Place
from screenagent.fleet.workers import attempted

LEAVE_SECONDS: Final = 0.5
"""Attempts that were told to end have so long to take their desktops down; then they are killed, and the guards do."""


@dataclass(frozen=True)
class Begun:
    """What an attempt says first: it has left the queue, and runs in this process."""

    node: str
    pid: int


def remote_attempt(attempt: Attempt[Work], job: Job[Work], place: Place) -> Iterator[Begun | Attempted]:
    """Carry out a job in a process of a node: say that it has begun, then what became of it."""
    yield Begun(ray.get_runtime_context().get_node_id(), os.getpid())
    if lacking := place.lacks():
        yield infra("worker", lacking)
        return
    place.adopt()
    yield attempted(attempt, job)


@dataclass
class _UnderWay(Generic[Work]):
    job: Job[Work]
    latest: float | None = None
    """When the attempt has taken too long; None while it waits for its turn."""
    is_late: bool = False


class RayWorkers(Generic[Work]):
    """`count` attempts at a time, wherever Ray puts them. One that takes more than `seconds` is ended, and has failed.

    Ray itself tries nothing again: what the machine broke would then be in no results. With `fresh` each job has a
    process of its own. `check` raises if the cluster is gone.
    """

    def __init__(
        self,
        attempt: Attempt[Work],
        place: Place,
        *,
        count: int,
        seconds: float,
        cpus: float = 1,
        memory: int = 0,
        fresh: bool = True,
        check: Callable[[], object] = lambda: None,
        begun: Callable[[Begun], object] = lambda _: None,
    ) -> None:
        self._count, self._seconds, self._check, self._begun = count, seconds, check, begun
        calls = {"max_calls": 1} if fresh else {}
        remote = ray.remote(max_retries=0, num_cpus=cpus, memory=memory or None, num_returns="streaming", **calls)
        self._remote: Any = remote(remote_attempt)
        self._attempt, self._place = ray.put(attempt), ray.put(place)
        self._under_way: dict[Any, _UnderWay[Work]] = {}

    @property
    def free(self) -> int:
        return self._count - len(self._under_way)

    def begin(self, job: Job[Work]) -> None:
        self._under_way[self._remote.remote(self._attempt, job, self._place)] = _UnderWay(job)

    def ended(self, seconds: float) -> Sequence[tuple[Job[Work], Attempted]]:
        self._check()
        if not self._under_way:
            return ()
        ready, _ = ray.wait(list(self._under_way), num_returns=1, timeout=seconds, fetch_local=False)
        if ready:
            ready, _ = ray.wait(list(self._under_way), num_returns=len(self._under_way), timeout=0, fetch_local=False)
        self._end_the_late()
        return [(self._under_way.pop(stream).job, found) for stream in ready if (found := self._found(stream))]

    def stop(self) -> None:
        self._cancel(force=False)
        deadline = time.monotonic() + LEAVE_SECONDS
        while self._under_way and (left := deadline - time.monotonic()) > 0:
            ready, _ = ray.wait(list(self._under_way), num_returns=1, timeout=left, fetch_local=False)
            for stream in ready:
                if self._found(stream):
                    del self._under_way[stream]
        self._cancel(force=True)
        self._under_way.clear()

    def _cancel(self, *, force: bool) -> None:
        for stream in self._under_way:
            with suppress(RayError, ValueError):  # it has just ended
                ray.cancel(stream, force=force)

    def _found(self, stream: Any) -> Attempted | None:
        """Return what became of an attempt that has said something; None if it has just begun."""
        under_way = self._under_way[stream]
        try:
            said = ray.get(next(stream))
        except (RayError, StopIteration) as error:
            return failed(self._too_long) if under_way.is_late else broken(error)
        if not isinstance(said, Begun):
            return said  # type: ignore[no-any-return] # what a stream yields is `Begun` or `Attempted`
        under_way.latest = time.monotonic() + self._seconds
        self._begun(said)
        return None

    def _end_the_late(self) -> None:
        now = time.monotonic()
        for stream, under_way in self._under_way.items():
            if under_way.latest is not None and now > under_way.latest and not under_way.is_late:
                under_way.is_late = True
                ray.cancel(stream, force=True)

    @property
    def _too_long(self) -> str:
        return f"it took longer than {self._seconds:g} s, and its worker was ended"


def broken(error: Exception) -> Attempted:
    """Return what an error of Ray makes of an attempt. The attempt's own errors never come this far."""
    match error:
        case OutOfMemoryError():
            return infra("memory", "Ray ended the worker: its node had no memory left")
        case RayTaskError():
            return infra("worker", f"the node could not begin: {error.cause or error}")
        case TaskCancelledError():
            return infra("worker", "the attempt was cancelled")
        case StopIteration():
            return infra("worker", "the worker did not answer")
    first = str(error).strip().partition("\n")[0]
    return infra("worker", f"the worker died ({type(error).__name__}: {first})")
