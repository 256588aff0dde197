"""Whole runs of the examples' goals with a random model.

Its plans may type and press anything. So they run only on virtual desktops, in an environment without a display. They
open only programs whose files are all in the run's own folder: no shell and no file manager.
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from screenagent.approval import ApprovalQuestion
from screenagent.bench.tasks import Task, read_tasks
from screenagent.episode import Episode
from screenagent.events import Event, FailureCode, RunResult
from screenagent.geometry import Value
from screenagent.models.parsing import parse_plan
from screenagent.runs.store import read_events, recorded_runs
from screenagent.scripts.file import read_script
from tests.paths import ROOT
from tests.servers.between import Between, Turn

EXAMPLES: Final = ROOT / "examples"
HARMLESS: Final = ("mousepad", "featherpad", "galculator")
"""Programs that a task may open. The goal of any other task is pursued in an empty editor."""
MARK: Final = "SCREENAGENT_TEST_RUN"
"""A variable that every process of a run inherits, used to find leftover processes."""
STEPS: Final = 6
RUN_SECONDS: Final = 40.0
"""A random plan may wait for an hour, so a run that takes longer than this is stopped by Ctrl-C."""
END_SECONDS: Final = 20.0
"""The desktop must be shut down within this time after a stop."""


def goals() -> list[Task]:
    """Return the goals of the examples' tasks and scripts."""
    scripts = [file for file in sorted((EXAMPLES / "scripts").glob("*.yaml")) if file.name != "cases.yaml"]
    named = {file.stem: read_script(file).name for file in scripts}
    spoken = [
        Task.model_validate({"id": f"script-{stem}", "app": "mousepad", "task": name, "check": {"shell": "true"}})
        for stem, name in named.items()
    ]
    return [*read_tasks(EXAMPLES / "tasks.yaml"), *spoken]


@dataclass(frozen=True)
class Done:
    """The result of a run: its exit code, its output, how long it took, and how long it took to end after a stop."""

    exit_code: int
    errors: str
    seconds: float
    stop_seconds: float | None
    folder: Path

    @property
    def events(self) -> list[Event]:
        (run,) = recorded_runs(self.folder)
        return list(read_events(run, pictures=False))


def carry_out(task: Task, url: str, *, family: str, folder: Path) -> Done:
    """Pursue the task's goal on a virtual desktop, through the command line; Ctrl-C ends a run that takes too long."""
    for file, content in task.files.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(content, "utf-8")
    began, stop_seconds = time.monotonic(), None
    with (folder / "stderr").open("w+") as errors:
        run = subprocess.Popen(
            command(task.within(folder), url, family=family, folder=folder),
            cwd=folder,
            env=environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
        try:
            run.wait(RUN_SECONDS)
        except subprocess.TimeoutExpired:
            stop_seconds = _interrupted(run)
        seconds = time.monotonic() - began
        errors.seek(0)
        return Done(run.returncode, errors.read(), seconds, stop_seconds, folder / "runs")


def command(task: Task, url: str, *, family: str, folder: Path) -> list[str]:
    """Return the command that pursues the goal on a virtual desktop."""
    return [
        *(sys.executable, "-m", "screenagent", "run", task.task, "--virtual", "--app", opened(task)),
        *("--model", url, "--family", family, "--grounder-model", "none"),
        *("--approve", "never", "--max-steps", str(STEPS), "--plain", "--runs", str(folder / "runs")),
    ]


def opened(task: Task) -> str:
    """Return the command of the program to open for the task."""
    return task.app if shlex.split(task.app)[0] in HARMLESS else HARMLESS[0]


def ask_nobody(question: ApprovalQuestion) -> None:
    raise AssertionError(f"nobody can be asked, and everything is allowed: {question}")


def environment(folder: Path) -> dict[str, str]:
    """Return an environment that gives no access to the user's desktop."""
    return {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "HOME": str(folder),
        "PYTHONPATH": str(ROOT),
        "SCREENAGENT_PROVEN_MODELS": str(folder / "proven.json"),
        MARK: str(folder),
    }


def _interrupted(run: subprocess.Popen[bytes]) -> float:
    """Press Ctrl-C; return how long the process then took to shut down its desktop and end."""
    pressed = time.monotonic()
    run.send_signal(signal.SIGINT)
    try:
        run.wait(END_SECONDS)
    finally:
        run.kill()
    return time.monotonic() - pressed


def left_over(folder: Path) -> list[str]:
    """Return the commands of processes that a run in `folder` left behind."""
    mark = f"{MARK}={folder}".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (process / "environ").read_bytes().split(b"\0"):
                found.append((process / "cmdline").read_text().replace("\0", " "))
        except OSError:  # it has just ended, or is another user's
            continue
    return found


class Figures(Value):
    """The outcomes of runs, plans and steps. A plan `broke_off` if the run was stopped while it was being written."""

    runs: int = 0
    results: Mapping[RunResult, int] = {}
    interrupted: int = 0
    plans: int = 0
    valid: int = 0
    cut_off: int = 0
    broke_off: int = 0
    acted: int = 0
    not_done: Mapping[FailureCode, int] = {}
    requests: int = 0
    refused_requests: int = 0
    seconds: float = 0.0
    longest_stop_seconds: float = 0.0

    def __add__(self, other: Figures) -> Figures:
        counted = {
            name: getattr(self, name) + getattr(other, name)
            for name in (
                "runs",
                "interrupted",
                "plans",
                "valid",
                "cut_off",
                "broke_off",
                "acted",
                "requests",
                "refused_requests",
            )
        }
        return Figures(
            **counted,
            results=Counter(self.results) + Counter(other.results),
            not_done=Counter(self.not_done) + Counter(other.not_done),
            seconds=round(self.seconds + other.seconds, 1),
            longest_stop_seconds=max(self.longest_stop_seconds, other.longest_stop_seconds),
        )


def figures(
    passed: Between, events: Iterable[Event], *, seconds: float = 0.0, stop_seconds: float | None = None
) -> Figures:
    """Return the figures of one run, from the model's answers and the recorded events."""
    episode = Episode.of(events)
    assert episode.ended is not None
    plans = [turn for turn in passed.turns if turn.is_bound]
    failures = Counter(step.failure for step in episode.steps if step.failure)
    return Figures(
        runs=1,
        results={episode.ended.result: 1},
        interrupted=int(stop_seconds is not None),
        plans=len(plans),
        valid=sum(is_valid(plan) for plan in plans if plan.reason == "stop"),
        cut_off=sum(plan.reason == "length" for plan in plans),
        broke_off=sum(plan.reason is None for plan in plans),
        acted=len(episode.performed),
        not_done=failures,
        requests=len(passed.turns),
        refused_requests=sum(turn.status not in (0, 200) for turn in passed.turns),
        seconds=seconds,
        longest_stop_seconds=round(stop_seconds or 0.0, 1),
    )


def is_valid(plan: Turn) -> bool:
    """Return whether the agent's own parser accepts the answer; it raises `Retry` for anything but a plan."""
    return bool(parse_plan(plan.answer).steps)
