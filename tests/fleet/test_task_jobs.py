"""Tasks as jobs: files with a broken one in them, the report, and what the command line refuses."""

from __future__ import annotations

import errno
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from screenagent.bench.task_jobs import BrokenTask, jobs_summary, read_each_task, tasks_digest
from screenagent.bench.tasks import Task, TaskResult
from screenagent.cli import screenagent
from screenagent.desktop import NoApplication, NoDesktop
from screenagent.errors import BadFile, WrongUsage
from screenagent.fleet.bounds import DESKTOP_MB, NoRoom, free_mb, worker_count
from screenagent.fleet.jobs import Attempted, blamed, infra, planned_jobs
from screenagent.fleet.results_folder import KeptAttempt
from screenagent.models.remote.errors import ServerError

GOOD = "- {id: good, app: gedit, task: press enter, check: {shell: 'true'}}\n"


def test_a_broken_task_among_good_ones_is_one_that_fails(tmp_path: Path) -> None:
    file = tmp_path / "tasks.yaml"
    file.write_text(f"{GOOD}- {{id: bad, app: gedit}}\n- 7\n")
    good, bad, number = read_each_task(file)
    assert isinstance(good, Task)
    assert isinstance(bad, BrokenTask)
    assert bad.id == "bad"
    assert "task" in bad.why
    assert number.id == "task-3"
    assert tasks_digest([good]) != tasks_digest([good, bad])


def test_two_tasks_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "tasks.yaml").write_text(GOOD * 2)
    with pytest.raises(BadFile, match="two tasks with the id 'good'"):
        read_each_task(tmp_path / "tasks.yaml")


def test_what_the_machine_broke_is_named_and_not_counted(tmp_path: Path) -> None:
    (tmp_path / "tasks.yaml").write_text(GOOD)
    [task] = read_each_task(tmp_path / "tasks.yaml")
    first, second, third = planned_jobs({"good": task}, epochs=3)
    done = TaskResult(id="good", app="gedit", success=True, outcome="done", steps=2, seconds=4)
    became = (
        (first, Attempted(outcome="passed", detail=done.model_dump(mode="json"))),
        (second, infra("display", "Xvfb did not start")),
        (third, Attempted(outcome="failed", message="it took longer than 180 s")),
    )
    at = datetime(2026, 1, 1, tzinfo=UTC)
    summary = jobs_summary([KeptAttempt.of(job, 1, found, at) for job, found in became], {"good": task})
    assert (summary.n, summary.success) == (2, 0.5)
    assert (summary.failed, summary.infra) == (("good#3",), ("good#2",))


def test_workers_are_bounded_by_cores_jobs_and_memory(tmp_path: Path) -> None:
    assert worker_count(None, jobs=1) == 1
    with pytest.raises(NoRoom, match="there is memory for"):
        worker_count(10**6, jobs=10**6)
    meminfo = tmp_path / "meminfo"
    meminfo.write_text(f"MemTotal: 1 kB\nMemAvailable: {DESKTOP_MB * 2048} kB\n")
    assert free_mb(meminfo, tmp_path) == DESKTOP_MB * 2
    (tmp_path / "memory.max").write_text(f"{3 * 2**20}\n")
    (tmp_path / "memory.current").write_text(f"{2**20}\n")
    assert free_mb(meminfo, tmp_path) == 2
    (tmp_path / "memory.max").write_text("max\n")
    assert free_mb(meminfo, tmp_path) == DESKTOP_MB * 2


@pytest.mark.parametrize(
    ("error", "became"),
    [
        (NoDesktop("Xvfb did not start"), ("infra", "display")),
        (NoApplication("no window"), ("infra", "application")),
        (MemoryError(), ("infra", "memory")),
        (RuntimeError("can't start new thread"), ("infra", "memory")),
        (OSError(errno.ENOSPC, "No space left on device"), ("infra", "worker")),
        (ServerError("nothing answers at http://localhost:8000/v1"), ("infra", "server")),
        (WrongUsage("this is no instruction"), ("failed", None)),
        (OSError(errno.ENOENT, "No such file"), ("failed", None)),
        (KeyError("x"), ("failed", None)),
    ],
)
def test_only_what_the_machine_lacks_is_its_fault(error: Exception, became: tuple[str, str | None]) -> None:
    found = blamed(error)
    assert (found.outcome, found.cause) == became


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--epochs", "2"], "--epochs is about tasks that workers carry out"),
        (["--workers", "0"], "write a number from 1 to 256, or auto"),
        (["--workers", "2", "--runs", "elsewhere"], "below the folder of --results"),
    ],
)
def test_options_that_do_not_fit_are_refused(tmp_path: Path, words: list[str], said: str) -> None:
    (tmp_path / "tasks.yaml").write_text(GOOD)
    done = CliRunner().invoke(screenagent, ["bench", "tasks", str(tmp_path / "tasks.yaml"), *words])
    assert done.exit_code == 2
    assert said in done.output
