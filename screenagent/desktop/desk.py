"""The agent's desks: virtual desktops that stay between runs, each held by a process of its own.

A file of each desk in this user's runtime folder says where it is. Its holder has it locked, so a file that is not
locked is of a desk that has ended.
"""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

from pydantic import AwareDatetime, ValidationError

from screenagent.control import Control, until
from screenagent.desktop import NoDesktop
from screenagent.desktop.json_lines import without_secrets
from screenagent.desktop.lock import is_file_at, lock_folder, locked_file, process_table, takes_lock
from screenagent.desktop.session_folder import remove_session
from screenagent.desktop.x11.xvfb import remove_x_socket
from screenagent.errors import BadFile, WrongUsage
from screenagent.files import is_ours, open_inside
from screenagent.geometry import Size, Value

DEFAULT_NAME: Final = "desk"
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}", re.ASCII)
SUFFIX: Final = ".desk"
LONGEST: Final = 1 << 18
"""Bytes of a desk's file that are read; most of it is the environment of its programs."""

READY: Final = "ready"
TAKEN: Final = "taken"
"""What a holder says of its start."""

START_SECONDS: Final = 60.0
END_SECONDS: Final = 10.0
LOOKED_SECONDS: Final = 0.5
"""Whoever only looks whether there is a desk has let go of its file by then."""
FREED_SECONDS: Final = 2.0
"""The kernel has taken the lock from a holder that was killed by then."""


class Desk(Value):
    """A desk that is there: its display and folder, the environment of its programs, and the process that holds it."""

    name: str
    display: str
    size: Size
    since: AwareDatetime
    shared: Path
    folder: Path
    environment: dict[str, str]
    holder: int
    server: int
    process_table: str = ""

    def __str__(self) -> str:
        size = f"{self.size.width}x{self.size.height}"
        return f"{self.name} on {self.display}, {size}, since {self.since:%Y-%m-%d %H:%M:%S}, shares {self.shared}"


class NoDesk(NoDesktop):
    """There is no desk of that name."""

    code = "no_desk"


class DeskTaken(NoDesktop):
    """Another process holds the desk of that name."""

    code = "desk_taken"


def checked_name(name: str) -> str:
    """Return the name of a desk. Raise `WrongUsage` if it cannot be one."""
    if not NAME.fullmatch(name):
        raise WrongUsage(
            f"{name!r} cannot be the name of a desk; use at most 32 of the letters a to z, digits, '.', '_' and '-', "
            "the first a letter or a digit"
        )
    return name


def desks() -> list[Desk]:
    """Return this user's desks. What is left of those that have ended is removed."""
    found = []
    for path in sorted(_folder().glob(f"*{SUFFIX}")):
        with suppress(OSError, BadFile):  # it has just been removed, or is not a file of ours
            found.append(_living(path))
    return [desk for desk in found if desk]


def find_desk(name: str) -> Desk:
    """Return the desk of that name. Raise `NoDesk` if there is none."""
    if desk := _found(name):
        return desk
    others = ", ".join(desk.name for desk in desks())
    there = f"; there is {others}" if others else ""
    raise NoDesk(f"there is no desk {name!r}{there}; `screenagent desk start {name}` starts it")


def start_desk(name: str, command: Sequence[str], control: Control) -> tuple[Desk, bool]:
    """Return the desk of that name, and whether it was started now; `command` holds it."""
    if found := _found(name):
        return found, False
    holder = subprocess.Popen(
        command,
        env=without_secrets(os.environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    found, said = None, ""
    try:
        said = _first_line(holder, control)
        found = _found(name) if said == READY else None
    finally:
        why = _left_alone(holder) if found else _ended(holder)
    if found:
        return found, True
    if said == TAKEN:
        control.until(lambda: _found(name) or not _place(name).exists(), seconds=START_SECONDS)
        if found := _found(name):
            return found, False
        why = "another process was starting it, and has given up"
    raise NoDesktop(f"the desk {name!r} did not start: {why or f'its holder said {said!r}'}")


def stop_desk(desk: Desk) -> None:
    """End a desk, and return once nothing of it is left."""
    if desk.process_table not in ("", process_table()):
        raise NoDesktop(f"the desk {desk.name!r} is held in another container; stop it there")
    path = _place(desk.name)
    for number in (signal.SIGTERM, signal.SIGCONT):  # one that is suspended hears nothing until it goes on
        _signal(desk.holder, number)
    if not until(lambda: not path.exists(), seconds=END_SECONDS):
        _signal(desk.holder, signal.SIGKILL)
    until(lambda: _found(desk.name) is None, seconds=FREED_SECONDS)


@contextmanager
def holding(name: str) -> Iterator[IO[bytes]]:
    """Hold the desk of that name: yield its file, which is to say where the desk is. Raise `DeskTaken`."""
    path = _place(name)
    if (file := _taken(path)) is None:
        raise DeskTaken(f"another process holds the desk {name!r}, or is just starting or ending it")
    with file:
        try:
            yield file
        finally:
            path.unlink(missing_ok=True)


def shared_folder(path: Path) -> Path:
    """Return the absolute path of a folder to share, made for this user alone if it is not there."""
    path = Path(os.path.abspath(path.expanduser()))
    for folder in (*reversed(path.parents), path):
        if not os.path.lexists(folder):
            folder.mkdir(mode=0o700)
    if not is_ours(path):
        raise BadFile(f"{path} is a link, a file or another user's; to share it, name a folder of your own")
    if path.stat().st_mode & 0o002:
        raise BadFile(f"everybody may write into {path}; run `chmod o-w {path}`, or name another folder to share")
    return path


def _taken(path: Path) -> IO[bytes] | None:
    """Return a desk's file, locked by us; None if another process has it locked for longer than a look takes."""
    taken: list[IO[bytes]] = []

    def takes() -> bool:
        if file := locked_file(path):
            taken.append(file)
        return bool(taken)

    try:
        until(takes, seconds=LOOKED_SECONDS)
    except OSError as error:
        raise NoDesktop(f"{path} is not a file of yours; remove it") from error
    return taken[0] if taken else None


def _folder() -> Path:
    folder = lock_folder()
    if folder.stat().st_mode & 0o022:
        raise NoDesktop(f"others may write into {folder}, so nobody can tell whose desks are there; remove it")
    return folder


def _place(name: str) -> Path:
    return _folder() / f"{checked_name(name)}{SUFFIX}"


def _found(name: str) -> Desk | None:
    path = _place(name)
    try:
        return _living(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise NoDesktop(f"{path} is not a file of yours; remove it") from error


def _living(path: Path) -> Desk | None:
    """Return the desk whose file this is; None if it is just being started, or has ended and is now removed."""
    with open_inside(path.parent, path.name) as file:
        desk = _read(file.read(LONGEST), path.name.removesuffix(SUFFIX))
        if not takes_lock(file.fileno()):
            return desk
        if is_file_at(path, file):
            if desk:
                remove_session(desk.folder)
                remove_x_socket(desk.display, desk.server)
            path.unlink(missing_ok=True)
    return None


def _read(said: bytes, name: str) -> Desk | None:
    try:
        desk = Desk.model_validate_json(said)
    except ValidationError:
        return None
    return desk if desk.name == name else None


def _first_line(holder: subprocess.Popen[bytes], control: Control) -> str:
    """Return the first line that a holder says; "" if it ends, or says none in time."""
    assert holder.stdout is not None
    said = holder.stdout
    is_there = control.until(lambda: select.select([said], [], [], 0)[0], seconds=START_SECONDS)
    return said.readline().decode(errors="replace").strip() if is_there else ""


def _left_alone(holder: subprocess.Popen[bytes]) -> str:
    """Let a holder go on without us."""
    for said in (holder.stdout, holder.stderr):
        assert said is not None
        said.close()
    holder.returncode = 0  # so that nothing waits for it any more
    return ""


def _ended(holder: subprocess.Popen[bytes]) -> str:
    """End a holder that does not hold a desk; return the last line that it said of that."""
    holder.terminate()
    _, said = holder.communicate()
    lines = said.decode(errors="replace").strip().splitlines()
    return lines[-1].removeprefix("screenagent: ") if lines else ""


def _signal(process: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(process, number)
