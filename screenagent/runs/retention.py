"""How long runs are kept: which are to go, and removing nothing but what a run left."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import Final

from pydantic import ValidationError

from screenagent.files import folder_inside
from screenagent.geometry import Value
from screenagent.runs.store import glance, read_run, recorded_runs

OURS: Final = frozenset(("run.json", "events.jsonl", "screens", "report.html", "run.gif", "output.log"))
UNDER_WAY: Final = timedelta(hours=12)
"""A run without an end that was written to within this time may still go on."""


class StoredRun(Value):
    """A run on disk: what it was to do, how it ended, when it began, how many bytes it takes."""

    folder: Path
    task: str
    outcome: str
    when: datetime
    size: int


def stored_runs(root: Path, *, told: Callable[[str], object] = str) -> list[StoredRun]:
    """The runs below `root`, the newest first; how many were looked at is `told` meanwhile."""
    folders, found = recorded_runs(root), []
    for number, folder in enumerate(folders, start=1):
        with suppress(FileNotFoundError):  # it was removed meanwhile
            found.append(_kept(folder))
        told(f"looked at {number} of {len(folders)} runs")
    return found


def outdated(
    kept: Sequence[StoredRun],
    *,
    older_than: timedelta | None = None,
    keep: int | None = None,
    now: datetime | None = None,
) -> list[StoredRun]:
    """Those beyond the newest `keep` that are also older than `older_than`; what is not given rules nothing out."""
    if older_than is None and keep is None:
        return []
    now = now or datetime.now().astimezone()
    newest = sorted(kept, key=lambda run: run.when, reverse=True)
    return [
        run
        for run in newest[keep or 0 :]
        if (older_than is None or run.when < now - older_than) and not _may_go_on(run, now)
    ]


def why_not_ours(folder: Path) -> str | None:
    """Why `folder` may not be removed as a run; None where it may."""
    if folder.is_symlink() or not folder.is_dir():
        return "it is no folder of its own"
    try:
        read_run(folder)
    except (OSError, ValueError, ValidationError):
        return "it does not say in run.json that it is a run"
    strange = sorted(entry.name for entry in folder.iterdir() if not _is_a_runs(entry))
    screens = folder / "screens"
    if screens.is_dir() and not screens.is_symlink():
        strange += sorted(entry.name for entry in screens.iterdir() if not _is_a_picture(entry))
    return f"it also holds {', '.join(strange[:3])}" if strange else None


def _is_a_runs(entry: Path) -> bool:
    return entry.name in OURS and (S_ISDIR if entry.name == "screens" else S_ISREG)(entry.lstat().st_mode)


def _is_a_picture(entry: Path) -> bool:
    return entry.suffix in (".png", ".part") and S_ISREG(entry.lstat().st_mode)


def remove(folder: Path) -> None:
    """Remove a run, file by file; `ValueError` where the folder holds anything that a run does not leave."""
    if why := why_not_ours(folder):
        raise ValueError(f"{folder} is left as it is: {why}")
    screens = folder / "screens"
    if screens.exists():
        _remove_files(folder, screens.name)
        screens.rmdir()
    _remove_files(folder)
    folder.rmdir()


def _remove_files(folder: Path, *names: str) -> None:
    """Remove the files in a folder that a run leaves in it; what came meanwhile stays, and its folder with it."""
    with folder_inside(folder, *names) as opened:
        place = folder.joinpath(*names)
        for entry in place.iterdir():
            if _is_a_picture(entry) if names else _is_a_runs(entry):
                os.unlink(entry.name if opened is not None else entry, dir_fd=opened)


def _kept(folder: Path) -> StoredRun:
    seen = glance(folder)
    try:
        when = read_run(folder).started.astimezone()
    except (OSError, ValueError, OverflowError):  # it says so itself, or its log was last written then
        when = datetime.fromtimestamp((folder / "events.jsonl").stat().st_mtime).astimezone()
    return StoredRun(folder=folder, task=seen.task, outcome=seen.outcome, when=when, size=_size(folder))


def _size(folder: str | Path) -> int:
    """Return how many bytes the files below `folder` take; links are not followed."""
    with os.scandir(folder) as entries:
        return sum(
            _size(entry.path) if entry.is_dir(follow_symlinks=False) else entry.stat(follow_symlinks=False).st_size
            for entry in entries
        )


def _may_go_on(run: StoredRun, now: datetime) -> bool:
    written = datetime.fromtimestamp((run.folder / "events.jsonl").stat().st_mtime).astimezone()
    return run.outcome == "cut off" and written > now - UNDER_WAY
