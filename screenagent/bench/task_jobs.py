"""The tasks of `bench tasks` as jobs for workers: how one is attempted there, and what the attempts sum up to."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from pathlib import Path
from threading import Event as Flag
from typing import Final

import numpy as np
from pydantic import JsonValue, ValidationError

from screenagent.assembly.departure import on_signals
from screenagent.bench.tasks import BuildTask, Task, TaskResult, TaskSummary, attempt_readable, task_summary
from screenagent.control import Control, Stopped
from screenagent.desktop import VirtualKind
from screenagent.errors import BadFile
from screenagent.fleet.jobs import Attempted, Job, failed, infra
from screenagent.fleet.results_folder import KeptAttempt
from screenagent.geometry import Value
from screenagent.yaml_file import read_yaml

BESIDES_SECONDS: Final = 90.0
"""A desktop may take so long to start, and to be taken down, beside the task's own time on a machine under load."""


class BrokenTask(Value):
    """A task that cannot be read; the others are carried out all the same."""

    id: str
    why: str


AnyTask = Task | BrokenTask


def read_each_task(file: Path) -> list[AnyTask]:
    """Return the tasks in a YAML file, also if some of them cannot be read."""
    entries = read_yaml(file, list[JsonValue], what="a list of tasks")
    tasks = [_read_task(entry, number, file) for number, entry in enumerate(entries, start=1)]
    ids = [task.id for task in tasks]
    if twice := next((name for name in ids if ids.count(name) > 1), None):
        raise BadFile(f"{file} has two tasks with the id {twice!r}; give each its own")
    return tasks


def _read_task(entry: JsonValue, number: int, file: Path) -> AnyTask:
    try:
        return Task.model_validate(entry).beside(file)
    except ValidationError as error:
        wrong = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in wrong["loc"])
        name = entry.get("id") if isinstance(entry, dict) else None
        named = name if isinstance(name, str) and name.strip() else f"task-{number}"
        return BrokenTask(id=named, why=f"the task cannot be read: {where}: {wrong['msg']}")


def tasks_digest(tasks: Iterable[AnyTask]) -> str:
    """Return what tells these tasks from others."""
    digest = hashlib.sha256()
    for task in tasks:
        digest.update(task.model_dump_json().encode() + b"\n")
    return digest.hexdigest()[:16]


def attempt_task_job(
    job: Job[AnyTask], *, build: BuildTask, runs: Path, kind: VirtualKind, seconds: float
) -> Attempted:
    """Carry out a job in a worker. A worker that is told to end takes its desktop down first."""
    task = job.work
    if isinstance(task, BrokenTask):
        return failed(task.why)
    random.seed(job.seed)
    np.random.seed(job.seed)
    control, leaving = Control(), Flag()

    def leave() -> None:
        leaving.set()
        control.stop()

    with on_signals(stop=leave, resume=control.resume):
        try:
            result = attempt_readable(
                task,
                build=build,
                run=_new_folder(runs, job.id),
                kind=kind,
                control=control,
                seconds=seconds,
                leaving=leaving.is_set,
            )
        except Stopped:
            result = None
    if leaving.is_set():
        return infra("worker", "the worker was told to end")
    if result is None:
        return failed(f"it took longer than {seconds:g} s")
    return Attempted(
        outcome="passed" if result.success else "failed",
        message=result.message,
        seconds=result.seconds,
        detail=result.model_dump(mode="json"),
    )


def _new_folder(runs: Path, name: str) -> Path:
    """Return the first folder of that name that no earlier attempt has taken."""
    numbered = (runs / (name if number == 1 else f"{name}-{number}") for number in count(1))
    return next(folder for folder in numbered if not folder.exists())


def jobs_summary(attempts: Sequence[KeptAttempt], tasks: Mapping[str, AnyTask]) -> TaskSummary:
    """Return the same report as of tasks that were carried out one by one, in the order of the jobs.

    What the machine broke to the last is named, and not among the `n`.
    """
    answered = [attempt for attempt in attempts if attempt.outcome != "infra"]
    results = [job_result(attempt, tasks[attempt.task]) for attempt in answered]
    left = tuple(attempt.job for attempt in attempts if attempt.outcome == "infra")
    return task_summary(results).model_copy(update={"infra": left})


def job_result(attempt: KeptAttempt, task: AnyTask) -> TaskResult:
    """Return an attempt as the result of a task; its id tells the epoch, too."""
    if attempt.detail is not None:
        return TaskResult.model_validate(attempt.detail).model_copy(update={"id": attempt.job})
    return TaskResult(
        id=attempt.job,
        app=task.app.split()[0] if isinstance(task, Task) else "",
        success=attempt.outcome == "passed",
        outcome="gave_up",
        message=attempt.message,
        seconds=attempt.seconds,
    )
