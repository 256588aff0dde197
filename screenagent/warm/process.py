"""The warm process itself: waits for clients, and forks a keeper for each. It reads nothing that a client sends."""

from __future__ import annotations

import atexit
import fcntl
import json
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NoReturn

import screenagent
from screenagent.desktop.front import let_go_of_terminal
from screenagent.errors import UserError
from screenagent.sessions.runtime_folder import WrongOwner, open_runtime_folder, runtime_folder
from screenagent.warm.asked import WarmRequest, counted
from screenagent.warm.keeper import SERVED, UNSERVED, Warm, keep
from screenagent.warm.place import code_in_use, place_name, process_status

MOST_AT_ONCE: Final = 16
BACKLOG: Final = 16
LOOK_SECONDS: Final = 30.0
LOCK_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
READY: Final = "ready"


class NoWarmProcess(UserError):
    """There is no warm process, or none can be started; the text says why."""

    code = "no_warm_process"


def serve(modules: Sequence[str], run: Callable[[], object], *, idle_seconds: float) -> None:
    """Be the warm process of this user and display, with `modules` loaded. In what is forked for a client, `run`."""
    ending = QuickEnd()
    atexit.register(ending.leave)  # the first that is registered is the last that is done
    _wait_for_client(modules, idle_seconds)
    with ending:
        run()


class QuickEnd:
    """How a run ends: by then everything is closed, and taking down what was only loaded would take as long again."""

    code: int | None = None

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, SystemExit) and isinstance(error.code, int | None):
            self.code = error.code or 0

    def leave(self) -> None:
        if self.code is not None:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(self.code)


def _wait_for_client(modules: Sequence[str], idle_seconds: float) -> None:
    """Fork what carries a command out for a client; this returns there alone."""
    variables, code = dict(os.environ), code_in_use()
    place = WarmPlace.taken()
    from screenagent.warm.loaded import load  # once it is known which place is ours

    load(modules)
    loaded = {name: value for name, value in os.environ.items() if variables.get(name) != value}
    listener = place.listener()
    print(READY, flush=True)
    let_go_of_terminal()
    waiting = Waiting(listener, place, WarmStart(code, variables, loaded), idle_seconds)
    waiting.serve()


@dataclass(frozen=True)
class WarmStart:
    """How the warm process was started."""

    code: str
    variables: dict[str, str]
    loaded: dict[str, str]
    since: datetime = field(default_factory=lambda: datetime.now().astimezone())


@dataclass
class WarmPlace:
    """The open folder that the socket is in, and the lock that whoever has the place holds."""

    folder: int
    lock: int
    inode: int = 0
    """The socket's own number."""

    @classmethod
    def taken(cls) -> WarmPlace:
        """Take the place. Raise `NoWarmProcess` if another process has it."""
        os.makedirs(runtime_folder(), mode=0o700, exist_ok=True)
        try:
            folder = open_runtime_folder()
        except (OSError, WrongOwner) as error:
            raise NoWarmProcess(f"{runtime_folder()} is not a folder of yours alone; remove it") from error
        lock = os.open(f"{place_name()}.hold", LOCK_FLAGS, 0o600, dir_fd=folder)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise NoWarmProcess("another warm process waits for this display already") from error
        os.ftruncate(lock, 0)
        os.write(lock, str(os.getpid()).encode())
        return cls(folder, lock)

    def listener(self) -> socket.socket:
        """Listen where clients look; what has the name is replaced, be it a link."""
        listener = socket.socket(socket.AF_UNIX)
        name, made = f"{place_name()}.sock", f"{place_name()}.{os.getpid()}"
        before = os.umask(0o177)
        try:
            listener.bind(f"/proc/self/fd/{self.folder}/{made}")
        finally:
            os.umask(before)
        listener.listen(BACKLOG)
        self.inode = os.stat(made, dir_fd=self.folder).st_ino
        os.replace(made, name, src_dir_fd=self.folder, dst_dir_fd=self.folder)
        return listener

    def is_ours(self) -> bool:
        """Whether clients still come here; the folder or the socket may have been removed or replaced."""
        with suppress(OSError):
            here, there = os.fstat(self.folder), os.stat(runtime_folder())
            name = os.stat(f"{place_name()}.sock", dir_fd=self.folder, follow_symlinks=False)
            return os.path.samestat(here, there) and name.st_ino == self.inode
        return False

    def leave(self) -> None:
        with suppress(FileNotFoundError):
            os.unlink(f"{place_name()}.sock", dir_fd=self.folder)

    def close(self) -> None:
        os.close(self.folder)
        os.close(self.lock)


@dataclass
class Waiting:
    """Forks a keeper for each client, until nobody has come for a while."""

    listener: socket.socket
    place: WarmPlace
    started: WarmStart
    idle_seconds: float
    served: int = 0
    last: float = field(default_factory=time.monotonic)
    keepers: dict[int, int] = field(default_factory=dict)
    """The process of each keeper, by the descriptor that tells of its end."""

    def serve(self) -> None:
        signal.signal(signal.SIGTERM, self._leave)
        poll = select.poll()
        poll.register(self.listener, select.POLLIN)
        while self.keepers or (self.place.is_ours() and time.monotonic() < self.last + self.idle_seconds):
            left = max(0.0, self.last + self.idle_seconds - time.monotonic())
            for descriptor, _ in poll.poll(min(LOOK_SECONDS, left) * 1000 if not self.keepers else None):
                if descriptor in self.keepers:
                    poll.unregister(descriptor)
                    self._reap(descriptor)
                elif self._kept(poll):
                    return
        self._leave()

    def _leave(self, *_: object) -> NoReturn:
        self.place.leave()
        os._exit(0)

    def _reap(self, descriptor: int) -> None:
        _, status = os.waitpid(self.keepers.pop(descriptor), 0)
        os.close(descriptor)
        if os.waitstatus_to_exitcode(status) == SERVED:
            self.served += 1
            self.last = time.monotonic()

    def _kept(self, poll: select.poll) -> bool:
        """Take the next client; return whether this is now the run that was forked for it."""
        if (connection := self._admitted()) is None:
            return False
        with connection:
            warm, keeper = self._said(), _forked()
            if keeper == 0:
                return self._keep(connection, warm) is not None
            if keeper is not None:
                watched = os.pidfd_open(keeper)
                self.keepers[watched] = keeper
                poll.register(watched, select.POLLIN)
        return False

    def _admitted(self) -> socket.socket | None:
        """Return the next client's connection; None if it has left, is another user, or is one too many."""
        with suppress(OSError):
            connection, _ = self.listener.accept()
            if _user(connection) == os.getuid() and len(self.keepers) < MOST_AT_ONCE:
                return connection
            with connection:
                connection.send(f"this process serves user {os.getuid()}, {MOST_AT_ONCE} times at once\n".encode())
        return None

    def _keep(self, connection: socket.socket, warm: Warm) -> WarmRequest:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        self.listener.close()
        self.place.close()
        for watched in self.keepers:
            os.close(watched)
        os.setsid()
        if (asked := keep(connection, warm)) is None:
            os._exit(UNSERVED)
        return asked

    def _said(self) -> Warm:
        started = self.started
        status = {
            "pid": os.getpid(),
            "since": started.since.isoformat(timespec="seconds"),
            "version": screenagent.__version__,
            "display": os.environ.get("DISPLAY"),
            "served": self.served,
            "idle_seconds": self.idle_seconds,
            "memory_mb": int(process_status()["VmRSS"].split()[0]) >> 10,
        }
        return Warm(os.getpid(), started.code, counted(started.variables), started.loaded, json.dumps(status))


def _forked() -> int | None:
    """Return what `os.fork` does; None if there is no room for another process."""
    with suppress(OSError):
        return os.fork()
    return None


def _user(connection: socket.socket) -> int:
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    return int.from_bytes(credentials[4:8], sys.byteorder)
