"""Where live runs are met: a folder of this user's with a socket for each, and a locked file that says what it is.

The lock ends with the process of the run, however that ends, so the file of a run that is gone is known, and removed.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import socket
import stat
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Final

from pydantic import ValidationError

from screenagent.errors import WrongUsage
from screenagent.runs.log import run_name
from screenagent.sessions.attachment import NotGranted
from screenagent.sessions.messages import About
from screenagent.sessions.runtime_folder import WrongOwner, open_runtime_folder, peer_user, runtime_folder

if sys.platform != "win32":
    import fcntl

FOLDER: Final = "runs"
PRIVATE_FOLDER: Final = 0o700
PRIVATE_FILE: Final = 0o600
LONGEST_NAME: Final = 72
"""Bytes: with the way through /proc a socket's address has at most 107."""
LONGEST_ABOUT: Final = 1 << 20
"""Bytes of a file that are read."""
CONNECT_SECONDS: Final = 2.0
_NEW: Final = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


class NoLiveRun(WrongUsage):
    """No run is under way that is meant by what the user said; the text names those that are."""

    code = "no_live_run"


class GoneRun(NotGranted):
    """The process of the run is gone, or does not answer."""

    code = "gone_run"


@dataclass(frozen=True)
class LiveRun:
    """A run that is under way, and the name of its files."""

    about: About
    name: str

    def is_alive(self) -> bool:
        """Whether the process of the run is still there."""
        return any(run.name == self.name and run.about.pid == self.about.pid for run in live_runs())

    def connect(self) -> socket.socket:
        """Return a connection to the run's socket. Raise `GoneRun` if it is gone, or not of this user."""
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(CONNECT_SECONDS)
            with _opened() as folder:
                connection.connect(_address(folder, self.name))
            if peer_user(connection) != os.getuid():
                raise GoneRun(f"the socket of {self.about.run} is another user's; nothing was sent")
        except OSError as error:
            connection.close()
            raise GoneRun(f"the run {self.about.run} does not answer: {error.strerror or error}") from error
        except GoneRun:
            connection.close()
            raise
        return connection


@contextmanager
def published(about: About) -> Iterator[tuple[About, socket.socket]]:
    """Meanwhile the run can be met at the socket, which listens. Its id has a number if a live run has the same."""
    with ExitStack() as stack:
        folder = stack.enter_context(_opened(create=True))
        about, name = _claimed(stack, folder, about)
        listener = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        _remove(folder, f"{name}.sock")  # of a run of that name that is gone
        listener.bind(_address(folder, name))
        stack.callback(_remove, folder, f"{name}.sock")
        os.chmod(f"{name}.sock", PRIVATE_FILE, dir_fd=folder)
        listener.listen()
        yield about, listener


def live_runs() -> list[LiveRun]:
    """Return the runs of this user that are under way, the newest last; what those that are gone left is removed."""
    found = []
    with suppress(FileNotFoundError, WrongOwner), _opened() as folder:
        names = sorted(name.removesuffix(".json") for name in os.listdir(folder) if name.endswith(".json"))
        found = [run for name in names if (run := _met(folder, name)) is not None]
    return sorted(found, key=lambda run: run.name)


def live_run(said: str) -> LiveRun:
    """Return the run of this id, or the only one whose id, folder or process is said. Raise `NoLiveRun`."""
    runs = live_runs()
    if exact := [run for run in runs if said == run.about.run]:
        return exact[0]
    folder = os.path.abspath(said)
    meant = [run for run in runs if said in run.about.run or said == str(run.about.pid) or folder == run.about.folder]
    if len(meant) == 1:
        return meant[0]
    listed = ", ".join(run.about.run for run in meant or runs)
    if meant:
        raise NoLiveRun(f"{said!r} may be any of these runs: {listed}")
    raise NoLiveRun(f"no run {said!r} is under way; " + (f"these are: {listed}" if listed else "none is"))


def new_run_id(task: str) -> str:
    """Return an id for a run that is not recorded, of the same kind as the names of those that are."""
    return run_name(datetime.now(), task)


@contextmanager
def _opened(*, create: bool = False) -> Iterator[int]:
    """Open the folder of live runs, which nobody else can open; raise `WrongOwner` if others could write to it."""
    if sys.platform != "linux":
        raise FileNotFoundError("live runs are met on Linux alone")
    if create:
        os.makedirs(runtime_folder(), mode=PRIVATE_FOLDER, exist_ok=True)
    outer = open_runtime_folder()
    try:
        if create:
            with suppress(FileExistsError):
                os.mkdir(FOLDER, PRIVATE_FOLDER, dir_fd=outer)
        inner = os.open(FOLDER, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=outer)
    finally:
        os.close(outer)
    try:
        found = os.fstat(inner)
        if found.st_uid != os.getuid() or found.st_mode & 0o022:
            raise WrongOwner(os.path.join(runtime_folder(), FOLDER))
        yield inner
    finally:
        os.close(inner)


def _address(folder: int, name: str) -> str:
    return f"/proc/self/fd/{folder}/{name}.sock"


def _claimed(stack: ExitStack, folder: int, about: About) -> tuple[About, str]:
    """Keep a locked file that says what the run is, as long as `stack` lasts; return its name."""
    for number in count(1):
        run = about.run if number == 1 else f"{about.run}-{number}"
        name = _file_name(run)
        claimed = about.model_copy(update={"run": run})
        if _met(folder, name, starting=True) is None and _kept(stack, folder, name, claimed):
            return claimed, name
    raise AssertionError("numbers have no end")


def _kept(stack: ExitStack, folder: int, name: str, about: About) -> bool:
    """Write and lock the file before it has its name, so that nobody reads a part of it or takes it for left behind."""
    draft = f".{name}.{secrets.token_hex(4)}"
    with ExitStack() as undo:
        file = os.open(draft, _NEW, PRIVATE_FILE, dir_fd=folder)
        undo.callback(os.close, file)
        undo.callback(_remove, folder, draft)
        fcntl.flock(file, fcntl.LOCK_EX)
        os.write(file, about.model_dump_json().encode("utf-8", "surrogatepass"))
        try:
            os.link(draft, f"{name}.json", src_dir_fd=folder, dst_dir_fd=folder)
        except FileExistsError:
            return False
        _remove(folder, draft)
        stack.callback(undo.pop_all().close)
        stack.callback(_remove, folder, f"{name}.json")
    return True


def _file_name(run: str) -> str:
    """Return the name of a run's files: its id, shortened where a socket's address would be too long for it."""
    if len(run.encode("utf-8", "surrogatepass")) <= LONGEST_NAME and "/" not in run and not run.startswith("."):
        return run
    digest = hashlib.sha256(run.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{run[:19].encode('ascii', 'replace').decode().replace('/', '-').replace('?', '-')}_{digest}"


def _met(folder: int, name: str, *, starting: bool = False) -> LiveRun | None:
    """Return the run of this name if its process lives; else remove what it left. One that is `starting` counts too."""
    try:
        file = os.open(f"{name}.json", _READ, dir_fd=folder)
    except OSError:
        return None
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode) or os.fstat(file).st_uid != os.getuid():
            return None
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(folder, file, name, starting=starting)
    else:
        _remove(folder, f"{name}.sock")
        _remove(folder, f"{name}.json")
        return None
    finally:
        os.close(file)


def _read(folder: int, file: int, name: str, *, starting: bool) -> LiveRun | None:
    with suppress(ValidationError, FileNotFoundError):
        about = About.model_validate_json(os.read(file, LONGEST_ABOUT))
        if not starting:
            os.stat(f"{name}.sock", dir_fd=folder, follow_symlinks=False)
        return LiveRun(about, name)
    return None


def _remove(folder: int, name: str) -> None:
    with suppress(OSError):
        os.unlink(name, dir_fd=folder)
