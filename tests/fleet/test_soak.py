"""Thousands of jobs through the real pool, while workers are killed."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil
import pytest

from screenagent.fleet.jobs import Job, planned_jobs
from screenagent.fleet.results_folder import KeptAttempt, open_results_folder
from screenagent.fleet.run import FleetRun
from screenagent.fleet.workers import WORKER, LocalWorkers
from tests.fleet.attempts import on_a_logical_desktop

TASKS: Final = 5000
DESKTOPS: Final = 200
KILLS: Final = 20


class Killer:
    """Kills a worker, whichever it is and whatever it does, at a random moment after some hundred attempts."""

    def __init__(self, count: int, *, between: int, seed: int) -> None:
        self.left, self._between, self._random = count, between, random.Random(seed)
        self._next = self._random.randint(1, between)

    def __call__(self, job: Job[int], attempt: KeptAttempt | None) -> None:
        self._next -= attempt is not None and attempt.outcome != "infra"
        if self.left and self._next <= 0:
            self.left -= 1
            self._next = self._random.randint(1, self._between)
            threading.Timer(self._random.uniform(0, 0.02), self._kill).start()

    def _kill(self) -> None:
        workers = [child for child in multiprocessing.active_children() if child.name == WORKER and child.pid]
        with suppress(ProcessLookupError):
            os.kill(self._random.choice(workers).pid or 0, signal.SIGKILL)


@pytest.mark.soak
def test_5000_jobs_are_exact_after_20_kills_and_cost_little_each(tmp_path: Path) -> None:
    jobs = planned_jobs({f"task-{number}": number % DESKTOPS for number in range(TASKS)}, seed=3)
    workers = LocalWorkers(on_a_logical_desktop, count=2, seconds=60, fresh=False)
    killer = Killer(KILLS, between=400, seed=1)
    with open_results_folder(tmp_path, {"suite": "soak"}) as results:
        run = FleetRun(jobs, workers, results, retries_infra=KILLS, heard=killer)
        began = time.monotonic()
        last = run.run()
        took = time.monotonic() - began
        workers.stop()
    assert [attempt.job for attempt in last] == [job.id for job in jobs]
    assert [(attempt.outcome, attempt.detail) for attempt in last] == [
        (found.outcome, found.detail) for found in map(on_a_logical_desktop, jobs)
    ]
    answered = [attempt for attempt in results.kept if attempt.outcome != "infra"]
    driver_mb = psutil.Process().memory_info().rss / 2**20
    print(f"kills={KILLS - killer.left} seconds={took:.1f} ms_each={took / TASKS * 1000:.1f} driver_mb={driver_mb:.0f}")
    assert len(answered) == TASKS
    assert len(results.kept) > TASKS, "some kills were felt"
    assert killer.left == 0
    assert took / TASKS <= 0.020
    assert driver_mb <= 300
