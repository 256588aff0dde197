"""`bench tasks`: whole tasks, each on a virtual desktop of its own, judged by what they left behind."""

from __future__ import annotations

import multiprocessing
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from pydantic import Field

from screenagent.actions import Words
from screenagent.agent import Agent, drive
from screenagent.bench.devtools import connected
from screenagent.bench.results import percentile, share, wilson
from screenagent.control import Control, until
from screenagent.desktop import VirtualKind
from screenagent.desktop.session_folder import guarded_folder
from screenagent.desktop.testing.event_monitor import EventMonitor, gaps
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.errors import WrongUsage
from screenagent.events import RunResult
from screenagent.fleet.parent import end_with_parent
from screenagent.geometry import Value
from screenagent.protocols import Desktop
from screenagent.runs.log import Recorder
from screenagent.yaml_file import read_yaml

TASK_SECONDS: Final = 180.0
"""A task that takes longer is stopped and counts as failed."""

WRITTEN_SECONDS: Final = 2.0

Listed = TypeVar("Listed")
BuildTask = Callable[[Control, Desktop], Agent]


class FileCheck(Value):
    """The file's text, blank lines at its end aside."""

    file: str
    text: str

    def holds(self, folder: Path, _: dict[str, str]) -> bool:
        path = folder / self.file
        return path.is_file() and path.read_text("utf-8", errors="replace").rstrip("\n") == self.text.rstrip("\n")


class ShellCheck(Value):
    """A shell command, run on the task's desktop before it is taken down; exit code 0 is success."""

    shell: str

    def holds(self, folder: Path, environment: dict[str, str]) -> bool:
        done = subprocess.run(
            ["sh", "-c", self.shell],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=30,
            check=False,
        )
        return done.returncode == 0


class PageCheck(Value):
    """A JavaScript expression that is true of the browser's page once the task is done. The browser was started with
    `--remote-debugging-port=0 --remote-allow-origins=* --user-data-dir={dir}/profile`."""

    page: str

    def holds(self, folder: Path, _: dict[str, str]) -> bool:
        with connected(folder / "profile") as page:
            page.dismiss_dialog()
            return page.evaluate(f"Boolean({self.page})") is True


Check = FileCheck | ShellCheck | PageCheck


def _is_nothing(value: object) -> bool:
    return not value


class Task(Value):
    """`{dir}` in any of the texts stands for the task's own folder, `{here}` for that of the file of tasks.

    `copied` are files that lie elsewhere, by their name in the task's folder. `group` is the application in reports, if
    the first word of `app` does not name it.
    """

    id: Words
    app: Words
    task: Words
    check: Check
    files: dict[str, str] = Field(default_factory=dict)
    copied: dict[str, str] = Field(default_factory=dict, exclude_if=_is_nothing)
    group: str = Field(default="", exclude_if=_is_nothing)

    def within(self, folder: Path) -> Task:
        return self._with("{dir}", folder)

    def beside(self, file: Path) -> Task:
        return self._with("{here}", file.resolve().parent)

    def _with(self, name: str, folder: Path) -> Task:
        return Task.model_validate_json(self.model_dump_json().replace(name, str(folder)))


class TaskResult(Value):
    """`step_wall_ms` is what a listener outside saw between one step's input and the next one's; there is none
    on Wayland."""

    id: str
    app: str
    success: bool
    outcome: RunResult
    message: str = ""
    steps: int = 0
    seconds: float = 0.0
    step_wall_ms: tuple[float, ...] = ()

    @property
    def false_done(self) -> bool:
        return self.outcome == "done" and not self.success


class TaskSummary(Value):
    n: int
    success: float | None
    interval: tuple[float, float] | None
    false_done: int
    steps_p50: float | None
    seconds_p50: float | None
    step_wall_ms_p50: float | None
    failed: tuple[str, ...]
    infra: tuple[str, ...] = ()
    """What the machine broke each time that it was tried. It is not among the `n`, since nothing is known of it."""


def read_tasks(file: Path) -> list[Task]:
    """Return the tasks in a YAML file."""
    return [task.beside(file) for task in read_yaml(file, list[Task], what="a list of tasks")]


def run_tasks(
    tasks: Sequence[Task],
    build: BuildTask,
    *,
    runs: Path,
    progress: Callable[[TaskResult], None],
    kind: VirtualKind = "xvfb",
) -> TaskSummary:
    """Each task in a process of its own, one after the other, on a virtual desktop of this kind; the run of each is
    recorded below `runs`."""
    results: list[TaskResult] = []
    with _one_by_one() as one_by_one:
        for result in one_by_one.map(partial(attempt_task, build=build, runs=runs, kind=kind), tasks):
            results.append(result)
            progress(result)
    return task_summary(results)


def _one_by_one() -> ProcessPoolExecutor:
    spawning = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(1, spawning, initializer=end_with_parent, max_tasks_per_child=1)


def attempt_task(task: Task, *, build: BuildTask, runs: Path, kind: VirtualKind = "xvfb") -> TaskResult:
    """Carry out one task in a folder and on a desktop of its own, then look whether it is really done."""
    try:
        return attempt_readable(task, build=build, run=runs / task.id, kind=kind)
    except WrongUsage as unreadable:
        return unreadable_result(task, str(unreadable))


def unreadable_result(task: Task, why: str) -> TaskResult:
    return TaskResult(id=task.id, app=task.group or task.app.split()[0], success=False, outcome="gave_up", message=why)


def attempt_readable(
    task: Task,
    *,
    build: BuildTask,
    run: Path,
    kind: VirtualKind = "xvfb",
    control: Control | None = None,
    seconds: float = TASK_SECONDS,
    leaving: Callable[[], bool] = lambda: False,
) -> TaskResult:
    """Carry out one task as `attempt_task` does, but raise `WrongUsage` if it cannot be read.

    The run is recorded in `run`. Who is `leaving` does not wait for the effect.
    """
    control = control or Control()
    with guarded_folder() as guarded:
        folder = guarded / "task"
        folder.mkdir()
        task = task.within(folder)
        _write_files(task, folder)
        with (
            stopped_after(seconds, control),
            VirtualDesktop(task.app, kind=kind, control=control, cwd=folder) as virtual,
            EventMonitor(virtual.display) if kind == "xvfb" else nullcontext() as witness,
            Recorder(run) as recorder,
        ):
            began = time.monotonic()
            episode = drive(build(control, virtual.desktop), task.task, recorder)
            took = time.monotonic() - began
            success = not leaving() and holds(task.check, folder, virtual.environment)
            seen = witness.heard() if witness else ()
    assert episode.ended is not None
    return TaskResult(
        id=task.id,
        app=task.group or task.app.split()[0],
        success=success,
        outcome=episode.ended.result,
        message=episode.ended.message,
        steps=len(episode.performed),
        seconds=round(took, 3),
        step_wall_ms=tuple(round(gap * 1000, 1) for gap in gaps(seen)),
    )


def _write_files(task: Task, folder: Path) -> None:
    for file, content in task.files.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(content, "utf-8")
    for file, source in task.copied.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, folder / file)


@contextmanager
def stopped_after(seconds: float, control: Control) -> Iterator[None]:
    """Stop the run if the block takes longer than `seconds`."""
    limit = threading.Timer(seconds, control.stop)
    limit.daemon = True
    limit.start()
    try:
        yield
    finally:
        limit.cancel()


def holds(check: Check, folder: Path, environment: dict[str, str], *, seconds: float = WRITTEN_SECONDS) -> bool:
    """Return whether the effect is there, and wait for it: an application may still be writing the file."""
    return until(lambda: check.holds(folder, environment), seconds=seconds, poll=0.1)


def task_summary(results: Sequence[TaskResult]) -> TaskSummary:
    n = len(results)
    successes = sum(result.success for result in results)
    return TaskSummary(
        n=n,
        success=share(successes, n),
        interval=wilson(successes, n),
        false_done=sum(result.false_done for result in results),
        steps_p50=percentile([result.steps for result in results], 50),
        seconds_p50=percentile([result.seconds for result in results], 50),
        step_wall_ms_p50=percentile([gap for result in results for gap in result.step_wall_ms], 50),
        failed=tuple(result.id for result in results if not result.success),
    )
