"""Folders of results, and the runs in them, as a bench leaves them behind."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from screenagent.bench.tasks import TaskResult
from screenagent.events import RunResult
from screenagent.fleet.jobs import Attempted, InfraCause, JobOutcome, planned_jobs
from screenagent.fleet.results_folder import KeptAttempt, open_results_folder

AT = datetime(2026, 1, 1, tzinfo=UTC)


def kept_folder(folder: Path, outcomes: dict[str, str], *, model: str = "", seconds: float = 2.0) -> Path:
    """Make a folder of results: the outcomes of each task's epochs, a letter each: p, f, i, or F for a false "done"."""
    epochs = max(map(len, outcomes.values()))
    jobs = {(job.task, job.epoch): job for job in planned_jobs(dict.fromkeys(outcomes, None), epochs=epochs)}
    with open_results_folder(folder, {"suite": "tasks", "model": {"model": model}}) as kept:
        for task, letters in outcomes.items():
            for epoch, letter in enumerate(letters, start=1):
                attempted = attempted_task(task, letter, seconds=seconds)
                kept.keep(KeptAttempt.of(jobs[task, epoch], 1, attempted, AT))
    return folder


def attempted_task(task: str, letter: str, *, seconds: float = 2.0) -> Attempted:
    kinds: dict[str, tuple[JobOutcome, RunResult, InfraCause | None]] = {
        "p": ("passed", "done", None),
        "f": ("failed", "gave_up", None),
        "F": ("failed", "done", None),
        "i": ("infra", "crashed", "display"),
    }
    outcome, ended, cause = kinds[letter]
    result = TaskResult(
        id=task, app=task.split("-", maxsplit=1)[0], success=letter == "p", outcome=ended, steps=1, seconds=seconds
    )
    detail = None if letter == "i" else json.loads(result.model_dump_json())
    return Attempted(outcome=outcome, cause=cause, message="why", seconds=seconds, detail=detail)
