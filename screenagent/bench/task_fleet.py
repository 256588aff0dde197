"""`bench tasks --workers`: whole tasks, several at once, whose results are kept in a folder to go on from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import KW_ONLY, dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from pydantic import JsonValue

from screenagent.bench.task_jobs import BESIDES_SECONDS, AnyTask, attempt_task_job, jobs_summary, tasks_digest
from screenagent.bench.tasks import TASK_SECONDS, BuildTask, TaskSummary
from screenagent.control import Control
from screenagent.desktop import VirtualKind
from screenagent.fleet.bounds import worker_count
from screenagent.fleet.jobs import Attempt, Job, planned_jobs
from screenagent.fleet.results_folder import KeptAttempt, open_results_folder
from screenagent.fleet.run import FleetRun
from screenagent.fleet.workers import LocalWorkers, Workers

Heard = Callable[[Job[AnyTask], KeptAttempt | None], object]


class WorkerSource(Protocol):
    """What brings workers; `jobs` is how many jobs there are at most, and `folder` that of the results."""

    def workers(
        self, attempt: Attempt[AnyTask], *, jobs: int, seconds: float, folder: Path
    ) -> AbstractContextManager[Workers[AnyTask]]: ...


@dataclass(frozen=True)
class ThisMachine:
    """`count` worker processes on this machine; None is as many as there is room for."""

    count: int | None = None

    @contextmanager
    def workers(
        self,
        attempt: Attempt[AnyTask],
        *,
        jobs: int,
        seconds: float,
        folder: Path,  # noqa: ARG002 -- results of one machine need no place
    ) -> Iterator[Workers[AnyTask]]:
        workers = LocalWorkers(attempt, count=worker_count(self.count, jobs), seconds=seconds)
        try:
            yield workers
        finally:
            workers.stop()


@dataclass(frozen=True)
class TaskFleet:
    """Tasks for the workers of a `source`, `epochs` times each.

    `model` is what the results depend on beside the tasks: the model's address, its name, its family.
    """

    tasks: Sequence[AnyTask]
    build: BuildTask
    _: KW_ONLY
    source: WorkerSource = ThisMachine()
    epochs: int = 1
    seed: int = 0
    seconds: float = TASK_SECONDS
    retries_infra: int = 1
    kind: VirtualKind = "xvfb"
    model: Mapping[str, JsonValue]

    @property
    def asked(self) -> dict[str, JsonValue]:
        """What decides the results, for the header of their folder."""
        return {
            "suite": "tasks",
            "tasks": tasks_digest(self.tasks),
            "epochs": self.epochs,
            "seed": self.seed,
            "seconds": self.seconds,
            "kind": self.kind,
            "model": dict(self.model),
        }

    @property
    def jobs(self) -> Sequence[Job[AnyTask]]:
        return planned_jobs({task.id: task for task in self.tasks}, epochs=self.epochs, seed=self.seed)

    def run(self, folder: Path, control: Control, heard: Heard) -> tuple[TaskSummary, Sequence[KeptAttempt]]:
        """Carry out what the folder has no answer for; return the report, and all attempts that were ever made."""
        jobs = self.jobs
        with open_results_folder(folder, self.asked) as results:
            attempt = partial(
                attempt_task_job,
                build=self.build,
                runs=results.artefacts.resolve(),
                kind=self.kind,
                seconds=self.seconds,
            )
            limit = self.seconds + BESIDES_SECONDS
            with self.source.workers(attempt, jobs=len(jobs), seconds=limit, folder=results.folder) as workers:
                fleet = FleetRun(jobs, workers, results, control=control, retries_infra=self.retries_infra, heard=heard)
                last = fleet.run()
            return jobs_summary(last, {task.id: task for task in self.tasks}), results.kept
