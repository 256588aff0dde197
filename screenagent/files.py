"""Opens files that somebody else may have put there: looked at first, without waiting for ever, with a limit."""

from __future__ import annotations

import os
import select
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final
from uuid import uuid4

from screenagent.errors import BadFile

LARGEST: Final = 16_000_000
"""Bytes; a file that is read as a whole is smaller."""

WRITTEN_BY_HAND: Final = 1_000_000
"""Bytes; a file that a person wrote is smaller."""

PATIENCE: Final = 5.0
"""Seconds that a pipe may take to hand over all it has."""

_BESIDE: Final = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_NONBLOCK", 0)
_NO_LINK: Final = getattr(os, "O_NOFOLLOW", 0)
_BINARY: Final = getattr(os, "O_BINARY", 0)
_PIECE: Final = 1 << 16


def read_whole(path: Path, *, most: int = LARGEST, seconds: float = PATIENCE) -> bytes:
    """Return the contents of a file, or of a pipe that says all it has to say within `seconds`.

    Raise `BadFile` if it is larger than `most` bytes, or neither a file nor a pipe that answers.
    """
    descriptor = os.open(path, os.O_RDONLY | _BESIDE | _BINARY)
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        is_plain = stat.S_ISREG(os.fstat(descriptor).st_mode)
        deadline, read = time.monotonic() + seconds, b""
        while is_plain or _is_readable(path, file, deadline):
            piece = file.read(_PIECE)
            if not piece:
                return read
            read += piece
            if len(read) > most:
                raise BadFile(f"{path} has more than {most} bytes; at most {most} are read")
        why = f"a pipe or a device that did not end within {seconds:g} s"
        raise BadFile(f"{path} is not a file that can be read to its end: {why}")


def _is_readable(path: Path, file: IO[bytes], deadline: float) -> bool:
    if not hasattr(select, "poll"):
        raise BadFile(f"{path} is not a file")
    poll = select.poll()
    poll.register(file, select.POLLIN)
    left = deadline - time.monotonic()
    return left > 0 and bool(poll.poll(left * 1000))


def is_ours(path: Path) -> bool:
    """Return whether a folder is one itself, not a link to one, and belongs to this user."""
    found = path.lstat()
    return stat.S_ISDIR(found.st_mode) and (not hasattr(os, "getuid") or found.st_uid == os.getuid())


@contextmanager
def folder_inside(folder: Path, *names: str) -> Iterator[int | None]:
    """Open the folder that `names` lead to from `folder`, none of them a link; None where the system cannot."""
    if os.open not in os.supports_dir_fd:
        yield None
        return
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for name in names:
            inner = os.open(_plain(name), os.O_RDONLY | os.O_DIRECTORY | _NO_LINK, dir_fd=opened)
            os.close(opened)
            opened = inner
        yield opened
    finally:
        os.close(opened)


def open_inside(folder: Path, *names: str) -> IO[bytes]:
    """Open a file below `folder` to be read: a plain one of the folder's owner, and no link on the way to it."""
    *inner, name = names
    with _named(folder.joinpath(*names)), folder_inside(folder, *inner) as parent:
        place = _plain(name) if parent is not None else folder.joinpath(*map(_plain, names))
        descriptor = os.open(place, os.O_RDONLY | _BESIDE | _NO_LINK | _BINARY, dir_fd=parent)
    file = os.fdopen(descriptor, "rb")
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_uid != folder.stat().st_uid:
        file.close()
        raise BadFile(f"{folder.joinpath(*names)} is not a file of the folder's owner; remove it")
    return file


def write_inside(folder: Path, name: str, content: bytes, *, mode: int = 0o666) -> Path:
    """Write a file into `folder`. What had the name before, be it a link, is replaced and never written through."""
    part = f".{_plain(name)}.{uuid4().hex}.part"
    with _named(folder / name), folder_inside(folder) as parent:
        inside = Path() if parent is not None else folder
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK | _BINARY
        try:
            with os.fdopen(os.open(inside / part, flags, mode, dir_fd=parent), "wb") as file:
                file.write(content)
            os.replace(inside / part, inside / name, src_dir_fd=parent, dst_dir_fd=parent)
        except OSError:
            with suppress(OSError):
                os.unlink(inside / part, dir_fd=parent)
            raise
    return folder / name


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Let an error of the file system name the whole path; it names none, or the last part of it."""
    try:
        yield
    except OSError as error:
        error.filename, error.filename2 = str(path), None
        raise


def _plain(name: str) -> str:
    """Return a name that leads to nowhere else; raise `FileNotFoundError` for one that would."""
    if name in ("", ".", "..") or any(sign in name for sign in "/\\\0"):
        raise FileNotFoundError(2, "no name of a file inside a folder", name)
    return name
