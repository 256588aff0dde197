"""Starts and stops the warm process of this user and display, and says how it is."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

from pydantic import AwareDatetime

from screenagent.geometry import Value
from screenagent.sessions.runtime_folder import WrongOwner, open_runtime_folder, runtime_folder
from screenagent.warm.asked import counted
from screenagent.warm.client import connect_warm, line_from, request, send_request
from screenagent.warm.place import first_environment, place_name, socket_address
from screenagent.warm.process import READY, NoWarmProcess

START_SECONDS: Final = 30.0
ANSWER_SECONDS: Final = 5.0
END_SECONDS: Final = 5.0
POLL_SECONDS: Final = 0.02
Found = TypeVar("Found")

PASSED_ON: Final = ("PATH", "DISPLAY", "XDG_RUNTIME_DIR")


class WarmStatus(Value):
    """A warm process as it says itself, and the memory that it has."""

    pid: int
    since: AwareDatetime
    version: str
    display: str | None
    served: int
    idle_seconds: float
    is_current: bool
    """Whether it has what a command would load, and may be used by it."""

    memory_mb: int


def warm_status() -> WarmStatus | None:
    """Return how the warm process is; None if there is none."""
    return _asked("status")


def start_warm(command: list[str]) -> tuple[WarmStatus, bool]:
    """Return the warm process, and whether it was started now; `command` serves. One of another version is replaced."""
    if (found := warm_status()) is not None and found.is_current:
        return found, False
    if found is not None:
        stop_warm()
    with subprocess.Popen(
        command, env=_environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True, text=True
    ) as started:
        assert started.stdout is not None
        is_ours = started.stdout.readline().strip() == READY
        started.returncode = 0 if is_ours else started.wait()  # it goes on without us
    if _awaited(lambda: warm_status() or _is_free(), START_SECONDS) and (now := warm_status()):
        return now, is_ours
    raise NoWarmProcess("the warm process did not start")


def _environment() -> dict[str, str]:
    """Return what the warm process needs of the environment that we were started with: no secret is among it."""
    given = first_environment()
    return counted(given) | {name: given[name] for name in PASSED_ON if name in given}


def stop_warm() -> WarmStatus | None:
    """End the warm process; what it has begun for somebody goes on. Return what it was, None if there was none."""
    found = _asked("stop")
    if not _awaited(_is_free, END_SECONDS):
        _kill()
    return found


def _asked(kind: str) -> WarmStatus | None:
    with suppress(OSError, WrongOwner):
        folder = open_runtime_folder()
        try:
            connection = connect_warm(socket_address(folder), patience=ANSWER_SECONDS)
        finally:
            os.close(folder)
        with connection:
            send_request(connection, request(kind))
            current, _, said = line_from(connection).partition(" ")
        if said.startswith("{"):
            return WarmStatus.model_validate_json(f'{{"is_current": {str(current == "current").lower()}, {said[1:]}')
    return None


def _hold() -> Path:
    return Path(runtime_folder()) / f"{place_name()}.hold"


def _is_free() -> bool:
    try:
        hold = os.open(_hold(), os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(hold, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(hold)
    return True


def _kill() -> None:
    """End one that does not answer: the lock, which it holds, says which process it is."""
    with suppress(OSError, ValueError):
        os.kill(int(_hold().read_text()), signal.SIGKILL)
    _awaited(_is_free, END_SECONDS)


def _awaited(find: Callable[[], Found], seconds: float) -> Found:
    """Return what is found as soon as it is something, or what there is when the time is over."""
    until = time.monotonic() + seconds
    while not (found := find()) and time.monotonic() < until:
        time.sleep(POLL_SECONDS)
    return found
