"""Workers by Ray, on the nodes of a cluster or on this machine: a remote function carries out each attempt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final, Generic

import ray
from ray.exceptions import OutOfMemoryError, RayError, RayTaskError, TaskCancelledError

from screenagent.fleet.jobs import Attempt, Attempted, Job, Work, infra
from screenagent.fleet.ray_place import NodePlace
from screenagent.fleet.workers import LocalWorkers, attempted

LOOK_SECONDS: Final = 1.0


def remote_attempt(
    attempt: Attempt[Work], job: Job[Work], place: NodePlace, *, seconds: float, fresh: bool
) -> Attempted:
    """Carry out a job on a node.

    With `fresh` that is in a process of its own, as on a single machine: it has the same time, its end has the same
    cause, and Ray, which kills the children of its processes, does not reach the guard of its desktop.
    """
    if lacking := place.lacks():
        return infra("worker", lacking)
    place.adopt()
    if not fresh:
        return attempted(attempt, job)
    worker = LocalWorkers(attempt, count=1, seconds=seconds)
    try:
        worker.begin(job)
        while not (ended := worker.ended(LOOK_SECONDS)):
            pass
        return ended[0][1]
    finally:
        worker.stop()


class RayWorkers(Generic[Work]):
    """`count` attempts at a time, wherever Ray puts them.

    Ray itself makes no attempt again: one that the machine broke would then be in no results. Without `fresh`, the
    processes of Ray carry out the jobs, one after the other and without a limit of time. `check` raises if the cluster
    is gone.
    """

    def __init__(
        self,
        attempt: Attempt[Work],
        place: NodePlace,
        *,
        count: int,
        seconds: float,
        memory: int = 0,
        fresh: bool = True,
        check: Callable[[], object] = lambda: None,
    ) -> None:
        self._count, self._check = count, check
        self._limits = {"seconds": seconds, "fresh": fresh}
        self._remote: Any = ray.remote(max_retries=0, num_cpus=1, memory=memory or None)(remote_attempt)
        self._attempt, self._place = ray.put(attempt), ray.put(place)
        self._under_way: dict[Any, Job[Work]] = {}

    @property
    def free(self) -> int:
        return self._count - len(self._under_way)

    def begin(self, job: Job[Work]) -> None:
        self._under_way[self._remote.remote(self._attempt, job, self._place, **self._limits)] = job

    def ended(self, seconds: float) -> Sequence[tuple[Job[Work], Attempted]]:
        self._check()
        if not self._under_way or not self._ready(1, seconds):
            return ()
        return [(self._under_way.pop(answer), _became(answer)) for answer in self._ready(len(self._under_way), 0)]

    def stop(self) -> None:
        """Kill what is under way; the guards take the desktops down."""
        for answer in self._under_way:
            with suppress(RayError, ValueError):  # it has just ended
                ray.cancel(answer, force=True)
        self._under_way.clear()

    def _ready(self, most: int, seconds: float) -> Sequence[Any]:
        ready: Sequence[Any] = ray.wait(list(self._under_way), num_returns=most, timeout=seconds, fetch_local=False)[0]
        return ready


def _became(answer: Any) -> Attempted:
    try:
        found: Attempted = ray.get(answer)
    except RayError as error:
        return broken(error)
    return found


def broken(error: Exception) -> Attempted:
    """Return what an error of Ray makes of an attempt. The attempt's own errors never come this far."""
    match error:
        case OutOfMemoryError():
            return infra("memory", "Ray ended the worker: its node had no memory left")
        case RayTaskError():
            return infra("worker", f"the node could not begin: {error.cause or error}")
        case TaskCancelledError():
            return infra("worker", "the attempt was cancelled")
    first = str(error).strip().partition("\n")[0]
    return infra("worker", f"the worker died ({type(error).__name__}: {first})")
