"""One agent a desktop: who drives it holds a lock, which ends with the process, however that ends."""

from __future__ import annotations

import os
import re
import sys
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import IO, Final

from filelock import lock_descriptor
from platformdirs import user_runtime_path
from pydantic import AwareDatetime, ValidationError

from screenagent.actions import in_brief
from screenagent.desktop import NoDesktop
from screenagent.geometry import Value

UNREADABLE: Final = b" " if sys.platform == "win32" else b""
"""What Windows locks of the file: nobody else can read its first byte."""


class Driver(Value):
    """Who drives a desktop, as its lock file says."""

    pid: int
    display: str
    task: str
    since: AwareDatetime

    def __str__(self) -> str:
        return f"“{in_brief(self.task)}” on {self.display} (process {self.pid}, since {self.since:%H:%M:%S})"


@contextmanager
def driving(display: str | None, task: str) -> Iterator[Driver]:
    """Hold the lock of a desktop: an X display's by its name, of the one screen that other systems have without."""
    name = named(display)
    path = _folder() / f"{name.replace('/', '_')}.lock"
    file = _locked(path)
    if file is None:
        held_by = _read(path)
        raise NoDesktop(
            f"an agent is at work on this desktop already: {held_by or 'another process'}; "
            f"wait for it, or stop it with `screenagent stop --display {name}`"
        )
    with file:
        driver = Driver(pid=os.getpid(), display=name, task=task, since=datetime.now().astimezone())
        file.write(UNREADABLE + driver.model_dump_json().encode())
        file.flush()
        try:
            yield driver
        finally:
            if sys.platform != "win32":  # which does not remove what is open
                path.unlink(missing_ok=True)


def named(display: str | None) -> str:
    """The display without its screen: ":0.0" is ":0"."""
    return re.sub(r"(:\d+)\.\d+$", r"\1", display) if display else "desktop"


def drivers(display: str | None = None) -> list[Driver]:
    """Who drives this desktop, or any; what a process that has ended left behind is removed."""
    found = []
    for path in sorted(_folder().glob("*.lock")):
        if (file := _locked(path, create=False)) is not None:
            with file:
                path.unlink(missing_ok=True)
        elif (driver := _read(path)) and display in (None, driver.display):
            found.append(driver)
    return found


def _folder() -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where the session has no folder for it, platformdirs says which one it takes
        folder = user_runtime_path("screenagent")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if sys.platform != "win32" and folder.stat().st_uid != os.getuid():
        raise NoDesktop(f"{folder} belongs to another user, so nobody can tell who drives a desktop; remove it")
    return folder


def _locked(path: Path, *, create: bool = True) -> IO[bytes] | None:
    """Return the file, locked and emptied, or None if somebody else has it locked."""
    while True:
        try:
            file = os.fdopen(os.open(path, os.O_RDWR | (os.O_CREAT if create else 0), 0o600), "r+b")
        except FileNotFoundError:
            return None
        with ExitStack() as stack:
            stack.callback(file.close)
            if not lock_descriptor(file.fileno(), blocking=False):
                return None
            if _is_at(path, file):
                file.truncate()
                stack.pop_all()
                return file
        # Whoever had it locked has just removed it, so there is another file now, or none.


def _is_at(path: Path, file: IO[bytes]) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    return False


def _read(path: Path) -> Driver | None:
    """Return who has the file locked, or None if it is just being written or removed."""
    try:
        with path.open("rb") as file:
            file.seek(len(UNREADABLE))
            return Driver.model_validate_json(file.read())
    except (FileNotFoundError, ValidationError):
        return None
