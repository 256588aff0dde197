"""Attempts without a desktop, carried out by real worker processes."""

from __future__ import annotations

import os
import time
from pathlib import Path

from screenagent.desktop import NoApplication, NoDesktop
from screenagent.fleet.jobs import Attempted, Job


class Unpicklable(Exception):
    def __init__(self, one: str, other: str) -> None:
        super().__init__(one)


def attempt(job: Job[str]) -> Attempted:
    """Do what the work says: its first word, and the file that the second names."""
    do, _, rest = job.work.partition(" ")
    match do:
        case "pass":
            return Attempted(outcome="passed", detail={"seed": job.seed, "rest": rest})
        case "fail":
            return Attempted(outcome="failed", message="the text is another")
        case "raise":
            raise Unpicklable("one", "other")
        case "memory":
            raise MemoryError
        case "no_display":
            raise NoDesktop("Xvfb did not start")
        case "no_app":
            raise NoApplication("gedit opened no window")
        case "exit":
            os._exit(int(rest))
        case "hang":
            time.sleep(600)
        case "say":
            Path(rest).write_text(str(os.getpid()))
            time.sleep(600)
        case "say-once":
            return _says_once(Path(rest))
        case "node":
            return _node()
        case "once":
            return _broken_once(Path(rest))
    raise AssertionError(job.work)


def _broken_once(mark: Path) -> Attempted:
    if not mark.exists():
        mark.touch()
        raise NoDesktop("Xvfb did not start")
    return Attempted(outcome="passed")


def _says_once(mark: Path) -> Attempted:
    if mark.exists():
        return Attempted(outcome="passed")
    mark.write_text(str(os.getpid()))
    time.sleep(600)
    raise AssertionError(mark)


def _node() -> Attempted:
    """Tell in which node of Ray this process runs: two nodes on one machine have the same name."""
    time.sleep(0.5)
    return Attempted(outcome="passed", detail=os.environ["RAY_RAYLET_PID"])


def on_a_logical_desktop(job: Job[int]) -> Attempted:
    """Stand for a task on one of many desktops: what it finds follows from its seed alone."""
    return Attempted(
        outcome="passed" if job.seed % 3 else "failed", detail={"desktop": job.work, "found": job.seed * 7}
    )
