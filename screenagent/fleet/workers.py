"""Worker processes on this machine, by pebble: what carries out jobs, and what is left when one of them dies."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Generic, Protocol

from pebble import ProcessExpired, ProcessPool

from screenagent.fleet.jobs import Attempt, Attempted, Job, Work, blamed, failed, infra
from screenagent.fleet.parent import end_with_parent

START_SECONDS: Final = 60.0
"""A worker that has not taken up its job by then never will: it died in the moment in which it held pebble's lock."""

LEAVE_SECONDS: Final = 1.1
"""Workers that were told to end have so long to take their desktops down; then they are killed, and the guards do."""

POLL_SECONDS: Final = 0.02

WORKER: Final = "pebble_pool_worker"
"""The name that pebble gives its processes."""


class Workers(Protocol[Work]):
    """What carries out jobs, each apart from the others. A job that breaks its worker breaks nothing else."""

    @property
    def free(self) -> int:
        """How many more jobs can begin now."""
        ...

    def begin(self, job: Job[Work]) -> None: ...

    def ended(self, seconds: float) -> Sequence[tuple[Job[Work], Attempted]]:
        """Wait until a job has ended, at most so long; return those that have."""
        ...

    def stop(self) -> None:
        """End everything that is under way, within two seconds."""
        ...


@dataclass
class _Lane(Generic[Work]):
    """One worker at a time. A pool of one has pipes and locks of its own, so a worker that is killed in the moment in
    which it holds them blocks no other worker."""

    pool: ProcessPool
    job: Job[Work] | None = None
    future: Future[Attempted] = field(default_factory=Future)
    latest: float = 0.0


class LocalWorkers(Generic[Work]):
    """`count` worker processes. A job that takes more than `seconds` ends with its worker, and has failed.

    With `fresh` each job has a process of its own, so that none finds what another has left.
    """

    def __init__(self, attempt: Attempt[Work], *, count: int, seconds: float, fresh: bool = True) -> None:
        self._attempt, self._seconds, self._fresh = attempt, seconds, fresh
        self._lanes: list[_Lane[Work]] = [_Lane(self._pool()) for _ in range(count)]

    @property
    def free(self) -> int:
        return sum(lane.job is None for lane in self._lanes)

    def begin(self, job: Job[Work]) -> None:
        lane = next(lane for lane in self._lanes if lane.job is None)
        try:
            lane.future = self._scheduled(lane, job)
        except RuntimeError:  # its worker died after its last result was here
            self._renew(lane)
            lane.future = self._scheduled(lane, job)
        lane.job, lane.latest = job, time.monotonic() + START_SECONDS + self._seconds

    def ended(self, seconds: float) -> Sequence[tuple[Job[Work], Attempted]]:
        at_work = [lane for lane in self._lanes if lane.job is not None]
        if not at_work:
            return ()
        soonest = max(0.0, min(seconds, min(lane.latest for lane in at_work) - time.monotonic()))
        wait([lane.future for lane in at_work], soonest, FIRST_COMPLETED)
        return [(job, found) for lane in at_work if (job := lane.job) and (found := self._found(lane))]

    def refuse(self) -> None:
        """Begin nothing more, so that what is ended stays so."""
        for lane in self._lanes:
            lane.pool.stop()

    def stop(self) -> None:
        self.refuse()
        end_workers()
        for lane in self._lanes:
            lane.pool.join()

    def _pool(self) -> ProcessPool:
        spawning = multiprocessing.get_context("spawn")
        return ProcessPool(1, int(self._fresh), initializer=_begin_worker, context=spawning)

    def _scheduled(self, lane: _Lane[Work], job: Job[Work]) -> Future[Attempted]:
        scheduled: Future[Attempted] = lane.pool.schedule(attempted, (self._attempt, job), timeout=self._seconds)
        return scheduled

    def _renew(self, lane: _Lane[Work]) -> None:
        threading.Thread(target=partial(_retire, lane.pool), name="retired workers", daemon=True).start()
        lane.pool = self._pool()

    def _found(self, lane: _Lane[Work]) -> Attempted | None:
        """Return what became of the lane's job, after which the lane is free; None if it is still under way."""
        is_lost = not lane.future.done() and time.monotonic() >= lane.latest
        if not lane.future.done() and not is_lost:
            return None
        found = infra("worker", "the worker did not answer") if is_lost else self._became(lane.future)
        if is_lost or found.cause == "worker":
            self._renew(lane)
        lane.job = None
        return found

    def _became(self, future: Future[Attempted]) -> Attempted:
        match future.exception():
            case None:
                return future.result()
            case TimeoutError():
                return failed(f"it took longer than {self._seconds:g} s, and its worker was ended")
            case ProcessExpired(exitcode=code):
                return infra("worker", f"the worker died ({_how_ended(code)})")
            case BrokenProcessPool():
                return infra("worker", "the worker died before it had begun")
            case error:
                return failed(f"{type(error).__name__}: {error}")


def end_workers() -> None:
    """End all workers of this process: those that are told to and do not are killed."""
    workers = [child for child in multiprocessing.active_children() if child.name == WORKER]
    for worker in workers:
        worker.terminate()
    deadline = time.monotonic() + LEAVE_SECONDS
    while any(worker.is_alive() for worker in workers) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    for worker in workers:
        worker.kill()


def _retire(pool: ProcessPool) -> None:
    with suppress(RuntimeError):
        pool.stop()
        pool.join()


def _how_ended(code: int) -> str:
    if code == -9:
        return "killed, perhaps for lack of memory"
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def attempted(attempt: Attempt[Work], job: Job[Work]) -> Attempted:
    """Carry out the job in the worker. An error goes no further: not every one can be pickled."""
    began = time.monotonic()
    try:
        found = attempt(job)
    except Exception as error:  # noqa: BLE001 -- whatever one job raises, the others go on
        found = blamed(error)
    return found.model_copy(update={"seconds": found.seconds or round(time.monotonic() - began, 3)})


def _begin_worker() -> None:
    """Leave the terminal, whose signals are for the process that started this one, and end with that process."""
    if hasattr(os, "setsid"):
        os.setsid()
    end_with_parent()
