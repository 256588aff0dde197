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

from screenagent.fleet.jobs import planned_jobs
from screenagent.fleet.results_folder import open_results_folder
from screenagent.fleet.run import FleetRun
from screenagent.fleet.workers import WORKER, LocalWorkers
from tests.fleet.attempts import on_a_logical_desktop

TASKS: Final = 5000
DESKTOPS: Final = 200
KILLS: Final = 20


class Killer(threading.Thread):
    """Kills a worker, whichever it is and whatever it does, again and again."""

    def __init__(self, count: int, *, between: float, seed: int) -> None:
        super().__init__(daemon=True)
        self.left, self.between, self._random, self.over = count, between, random.Random(seed), threading.Event()

    def run(self) -> None:
        while self.left and not self.over.wait(self._random.uniform(0, 2 * self.between)):
            workers = [child for child in multiprocessing.active_children() if child.name == WORKER and child.pid]
            if workers:
                with suppress(ProcessLookupError):
                    os.kill(self._random.choice(workers).pid or 0, signal.SIGKILL)
                    self.left -= 1


@pytest.mark.soak
def test_5000_jobs_are_exact_after_20_kills_and_cost_little_each(tmp_path: Path) -> None:
    jobs = planned_jobs({f"task-{number}": number % DESKTOPS for number in range(TASKS)}, seed=3)
    workers = LocalWorkers(on_a_logical_desktop, count=2, seconds=60, fresh=False)
    killer = Killer(KILLS, between=0.2, seed=1)
    with open_results_folder(tmp_path, {"suite": "soak"}) as results:
        run = FleetRun(jobs, workers, results, retries_infra=KILLS)
        began = time.monotonic()
        killer.start()
        last = run.run()
        took = time.monotonic() - began
        killer.over.set()
        workers.stop()
    assert [attempt.job for attempt in last] == [job.id for job in jobs]
    assert [(attempt.outcome, attempt.detail) for attempt in last] == [
        (found.outcome, found.detail) for found in map(on_a_logical_desktop, jobs)
    ]
    answered = [attempt for attempt in results.kept if attempt.outcome != "infra"]
    driver_mb = psutil.Process().memory_info().rss / 2**20
    print(f"kills={KILLS - killer.left} seconds={took:.1f} ms_each={took / TASKS * 1000:.1f} driver_mb={driver_mb:.0f}")
    assert len(answered) == TASKS
    assert killer.left == 0
    assert took / TASKS <= 0.020
    assert driver_mb <= 300
