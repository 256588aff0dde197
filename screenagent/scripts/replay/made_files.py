"""Files that a script expects an application to have made."""

from __future__ import annotations

import stat
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from screenagent.actions import Wait
from screenagent.events import Decision, Plan, PlannedStep
from screenagent.scripts.replay.flow import Course, Frame, StepFailed
from screenagent.scripts.schema import FileThere

PAUSE: Final = 0.25
"""Seconds between two looks for a file."""


@dataclass
class FileWatch:
    """Looks for a file that was written at or after the time `since`, and is not being written any more."""

    file: Path
    since: float = 0.0
    _seen: tuple[int, float] | None = None

    def is_there(self) -> bool:
        """Whether it is there with the size and the time that it had when this was asked before."""
        before, self._seen = self._seen, self._look()
        return self._seen is not None and self._seen == before

    @property
    def missing(self) -> str:
        """Why it is not there, as it was seen last."""
        if self._seen is not None:
            return f"{self.file} is still being written"
        return f"{self.file} is " + ("older than this replay" if self.file.is_file() else "not there")

    def _look(self) -> tuple[int, float] | None:
        try:
            found = self.file.stat()
        except OSError:
            return None
        if not stat.S_ISREG(found.st_mode) or found.st_mtime < self.since:
            return None
        return found.st_size, found.st_mtime


def file_awaited(expected: FileThere, frame: Frame, *, seconds: float, since: float) -> Course:
    """Wait until the file is there and complete, from the script's folder; `since` is when the replay began."""
    file = Path(frame.words(expected.file)).expanduser()
    file = frame.linked.file.parent / file if frame.linked.file else file
    watch = FileWatch(file, since if expected.newer_than == "run" else 0.0)
    deadline = time.monotonic() + seconds
    while not watch.is_there():
        if time.monotonic() > deadline:
            raise StepFailed(f"expect: {watch.missing} after {seconds:g} s")
        yield Decision(plan=Plan(steps=(PlannedStep(action=Wait(seconds=PAUSE)),)))
    yield f"{file} is there; "
