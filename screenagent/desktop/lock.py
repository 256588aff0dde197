"""One agent a desktop: who drives it holds a lock, which ends with the process, however that ends.

The lock of an X display is the server's own, so that no other name, folder or user leads around it. A file of each run
lists it for `screenagent stop`; where there is no X, as in a Wayland session, that file is the lock.
"""

from __future__ import annotations

import os
import re
import stat
import sys
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import IO, Final
from uuid import uuid4

from platformdirs import user_runtime_path
from pydantic import AwareDatetime, Field, ValidationError

from screenagent.actions import in_brief
from screenagent.control import Control
from screenagent.desktop import NoDesktop
from screenagent.errors import BadFile
from screenagent.files import is_ours, open_inside
from screenagent.geometry import Value

UNREADABLE: Final = b" " if sys.platform == "win32" else b""
"""What Windows locks of the file: nobody else can read its first byte."""

WAYLAND: Final = "WAYLAND_DISPLAY"
"""The variable that names the compositor of a Wayland session."""

LONGEST: Final = 1 << 16
"""Bytes of a lock file that are read."""

LONGEST_TASK: Final = 1000
"""Characters of a task that a lock says."""

_LOCK_FILE: Final = (
    os.O_RDWR | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
)


def user() -> int | None:
    """Return the number of the user that we run as, where users have numbers."""
    return None if sys.platform == "win32" else os.getuid()


def process_table() -> str:
    """Return what tells this machine's or container's process numbers from those of another; "" if unknown."""
    with suppress(OSError):
        return os.readlink("/proc/self/ns/pid")
    return ""


class Driver(Value):
    """Who drives a desktop, as its lock says: a process of `user`, whose number counts in `process_table`."""

    pid: int
    display: str
    task: str
    since: AwareDatetime
    user: int | None = None
    process_table: str = ""
    outlives: bool = Field(default=False, exclude_if=lambda outlives: not outlives)
    """Its process serves another agent, and goes on when the run is stopped."""

    def is_reachable(self) -> bool:
        """Return whether its process number means the same to us."""
        return self.process_table in ("", process_table())

    def __str__(self) -> str:
        whose = "" if self.user in (None, user()) else f" of user {self.user}"
        return f"“{in_brief(self.task)}” on {self.display} (process {self.pid}{whose}, since {self.since:%H:%M:%S})"


@contextmanager
def driving(display: str | None, task: str, control: Control, *, outlives: bool = False) -> Iterator[Driver]:
    """Hold the lock of a desktop: of an X server, a Wayland session, or the one screen that other systems have.

    The run is stopped through `control` when somebody asks for it by way of the server, or takes the lock away.
    """
    driver = Driver(
        pid=os.getpid(),
        display=named(display),
        task=task[:LONGEST_TASK],
        since=datetime.now().astimezone(),
        user=user(),
        process_table=process_table(),
        outlives=outlives,
    )
    server = display if display and is_x_display(display) else None
    with ExitStack() as stack:
        if server:
            _take_server(stack, server, driver, control)
        stack.enter_context(listed(driver, alone=server is None))
        yield driver


def _take_server(stack: ExitStack, display: str, driver: Driver, control: Control) -> None:
    from screenagent.desktop.x11.driver_selection import DriverSelection

    lost = NoDesktop("another program has taken the lock of this desktop, so another agent may be at work here")
    selection = DriverSelection(display, stop=control.stop, taken=partial(control.end, lost))
    stack.enter_context(closing(selection))
    if (said := selection.take(driver.model_dump_json().encode())) is not None:
        raise TakenDesktop(driver_from(said), driver.display)


class TakenDesktop(NoDesktop):
    """Another agent drives the desktop: `driver`, if it is known."""

    def __init__(self, driver: Driver | None, name: str) -> None:
        self.driver = driver
        super().__init__(
            f"an agent is at work on this desktop already: {driver or 'another process'}; "
            f"wait for it, or stop it with `screenagent stop --display {name}`"
        )


@contextmanager
def listed(driver: Driver, *, alone: bool = False) -> Iterator[None]:
    """Keep a locked file that says who drives; `alone`, there can be only one for this desktop."""
    name = driver.display.replace("/", "_")
    path = lock_folder() / f"{name if alone else f'{name}-{uuid4().hex}'}.lock"
    if (file := locked_file(path)) is None:
        raise TakenDesktop(_read(path), driver.display)
    with file:
        file.write(UNREADABLE + driver.model_dump_json().encode())
        file.flush()
        try:
            yield
        finally:
            if sys.platform != "win32":  # which does not remove what is open
                path.unlink(missing_ok=True)


def is_x_display(name: str) -> bool:
    """Return whether a display of this name is an X server's; a Wayland compositor's is called as its socket is."""
    return ":" in name


def own_display() -> str | None:
    """Return the display of the session that we are in; None where there is none."""
    if os.environ.get(WAYLAND):
        from screenagent.desktop.wayland.session import own_session

        if (session := own_session()) is not None:
            return session.name
    return os.environ.get("DISPLAY")


def named(display: str | None) -> str:
    """Return the shortest name of a display, without its screen: ":0.0", ":00" and "unix:0" are ":0"."""
    if not display:
        return "desktop"
    if found := re.fullmatch(r"(?:unix/)?(?:unix)?:(\d+)(?:\.\d+)?", display, re.ASCII):
        return f":{int(found[1])}"
    return re.sub(r"(:\d+)\.\d+$", r"\1", display)


def drivers(display: str | None = None) -> list[Driver]:
    """Who of this user drives this desktop, or any, by the list; what has been left behind there is removed."""
    found: list[Driver | None] = []
    folder = lock_folder()
    for path in sorted(folder.glob("*.lock")):
        with suppress(OSError, BadFile):  # it has just been removed, or is no lock of ours
            if (file := locked_file(path, create=False)) is None:
                found.append(_read(path))
            else:
                with file:
                    path.unlink(missing_ok=True)
    return [driver for driver in found if driver and display in (None, driver.display)]


def driver_from(said: bytes) -> Driver | None:
    """Return who drives, as it says itself; None if that cannot be read."""
    try:
        return Driver.model_validate_json(said)
    except ValidationError:
        return None


def lock_folder() -> Path:
    """Return the folder of this user's locks. Raise `NoDesktop` if it is a link or somebody else's."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where the session has no folder for it, platformdirs says which one it takes
        folder = user_runtime_path("screenagent")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not is_ours(folder):
        raise NoDesktop(f"{folder} is not a folder of yours, so nobody can tell who drives a desktop; remove it")
    return folder


def locked_file(path: Path, *, create: bool = True) -> IO[bytes] | None:
    """Return the file, locked and emptied, or None if somebody else has it locked."""
    while True:
        opened = os.open(path, _LOCK_FILE | (os.O_CREAT if create else 0), 0o600)
        with ExitStack() as stack:
            file = stack.enter_context(os.fdopen(opened, "rb+", buffering=0))
            _check_ours(path, os.fstat(opened))
            if not takes_lock(opened):
                return None
            if is_file_at(path, file):
                file.truncate()
                stack.pop_all()
                return file
        # Whoever had it locked has just removed it, so there is another file now, or none.


def takes_lock(opened: int) -> bool:
    """Lock an open file; return whether nobody else has it locked."""
    if sys.platform == "win32":
        from filelock import lock_descriptor

        return lock_descriptor(opened, blocking=False)
    import fcntl

    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _check_ours(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode) or (user() is not None and found.st_uid != user()):
        raise BadFile(f"{path} is not a file of yours, so nobody can tell who drives a desktop; remove it")


def is_file_at(path: Path, file: IO[bytes]) -> bool:
    """Return whether an open file still has this name."""
    with suppress(FileNotFoundError):
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    return False


def _read(path: Path) -> Driver | None:
    """Return who has the file locked, or None if it is just being written or removed."""
    with suppress(FileNotFoundError), open_inside(path.parent, path.name) as file:
        file.seek(len(UNREADABLE))
        return driver_from(file.read(LONGEST))
    return None
