"""The folder that a session of our own lives in: its guard removes it, with all that runs there, when we have ended."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from importlib.resources import files
from pathlib import Path
from typing import Final

from screenagent.control import until
from screenagent.desktop.json_lines import needed_environment
from screenagent.desktop.lock import takes_lock
from screenagent.errors import BadFile
from screenagent.files import is_ours, open_inside

GUARD_SECONDS: Final = 3.0
GONE_SECONDS: Final = 1.0  # what the guard has killed is gone by then
PREFIX: Final = "screenagent-desktop-"
LOCK: Final = "guard.lock"
LEFT_SECONDS: Final = 60.0  # a folder of that age without a lock has no desktop: one is locked as soon as it is made


def open_session_folder(stack: ExitStack, started: Sequence[subprocess.Popen[bytes]]) -> Path:
    """Make the folder of a session, which is gone once `stack` is left, with all that was `started` in it."""
    remove_left_behind()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    stack.callback(_take_down, start_guard(folder), started)
    for private in ("home", "run", "log", "tmp"):
        (folder / private).mkdir(mode=0o700)
    return folder


@contextmanager
def guarded_folder() -> Iterator[Path]:
    """Make a folder that is gone when this is left, or when we are killed; its guard has a file of its own in it."""
    remove_left_behind()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    guard = start_guard(folder)
    try:
        yield folder
    finally:
        guard.communicate()


def start_guard(folder: Path) -> subprocess.Popen[bytes]:
    """Start a process that ends what runs on the desktop and removes its folder when we have ended."""
    script = files("screenagent.desktop").joinpath("guard.sh").read_text()
    with (folder / LOCK).open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the guard inherits it, and holds it for as long as it lives
        return subprocess.Popen(
            ["sh", "-c", script, "guard", str(folder)],
            env=needed_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[lock.fileno()],
            start_new_session=True,
        )


def remove_left_behind() -> None:
    """Remove the folders whose guard was killed, as when a machine goes down, and those that a straggler made anew."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError, BadFile):  # its guard lives, or it is not ours: anybody may make such a name there
            if is_ours(folder):
                _remove_if_left(folder)


def remove_session(folder: Path) -> None:
    """Remove what is left of a session whose process was killed, once its guard has had the time to do that."""
    with suppress(OSError, BadFile):  # it is gone, or is not ours
        if folder.name.startswith(PREFIX) and is_ours(folder):
            until(lambda: not folder.exists() or _is_unguarded(folder), seconds=GUARD_SECONDS)
            start_guard(folder).communicate()


def _is_unguarded(folder: Path) -> bool:
    with open_inside(folder, LOCK) as held:
        return takes_lock(held.fileno())


def _remove_if_left(folder: Path) -> None:
    try:
        held = open_inside(folder, LOCK)
    except FileNotFoundError:
        if folder.lstat().st_mtime < time.time() - LEFT_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)
        return
    with held:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)


def _take_down(guard: subprocess.Popen[bytes], processes: Sequence[subprocess.Popen[bytes]]) -> None:
    guard.communicate()
    if guard.returncode < 0:  # it was killed, and has taken nothing down
        for process in processes:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    for process in processes:
        try:
            process.wait(GONE_SECONDS)
        except subprocess.TimeoutExpired:
            # Without an environment to be known by, as a process has that is just ending, the guard passed it over.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
