"""Keeps one run for one client: starts it, hands on the client's signals, says how it ended.

A keeper is forked for each connection, so that nothing that a client sends can harm the warm process. It forks the run
in turn, which thereby has one parent that does nothing else.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from io import BufferedReader, BufferedWriter, FileIO, TextIOWrapper
from typing import Final, TextIO

from screenagent.desktop.front import stand_behind
from screenagent.warm.asked import (
    PATIENCE,
    NotServed,
    WarmRequest,
    check_alike,
    close_all,
    received_request,
    take_limits,
)
from screenagent.warm.client import FORWARDED, GO

SERVED: Final = 3
"""The exit code of a keeper that carried out a command."""
UNSERVED: Final = 0
HANDED_ON: Final = {int(getattr(signal, name)) for name in FORWARDED}
AS_IT_IS: Final = {signal.SIGTSTP: signal.SIGSTOP}
"""A process that no shell looks after does not heed SIGTSTP."""
SET_DEATH_SIGNAL: Final = 1  # from sys/prctl.h
LARGEST_IGNORED: Final = 64


@dataclass(frozen=True)
class Warm:
    """What a keeper knows of the warm process."""

    pid: int
    code: str
    variables: Mapping[str, str]
    """The environment that it was started with."""
    loaded: Mapping[str, str]
    """What loading has added to it."""
    status: str
    """What it says of itself, as JSON in one line."""


def keep(connection: socket.socket, warm: Warm) -> WarmRequest | None:
    """Do what the client asks for. This returns in the forked run alone, unless there is none to carry out."""
    client = peer(connection)
    try:
        asked, descriptors = received_request(connection)
        if asked.kind != "run":
            _answer(connection, asked, warm)
            return None
        check_alike(asked, warm.variables, warm.code)
        if len(descriptors) != 4:
            raise NotServed("no descriptors")
        take_limits(asked)
    except NotServed as why:
        _say(connection, str(why))
        return None
    _say(connection, "ready")
    early = _told_to_go(connection)
    if early is None:
        return None
    if (run := os.fork()) == 0:
        connection.close()
        stand_behind(client)
        _become(asked, descriptors, warm)
        return asked
    close_all(descriptors)
    _look_after(run, connection, early, _hang_up(asked))
    os._exit(SERVED)


def peer(connection: socket.socket) -> int:
    """Return the process at the other end."""
    return int.from_bytes(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)[:4], sys.byteorder)


def _answer(connection: socket.socket, asked: WarmRequest, warm: Warm) -> None:
    if asked.kind == "stop":
        os.kill(warm.pid, signal.SIGTERM)
    current = asked.code == warm.code and _is_alike(asked, warm)
    _say(connection, f"{'current' if current else 'other'} {warm.status}")


def _is_alike(asked: WarmRequest, warm: Warm) -> bool:
    with suppress(NotServed):
        check_alike(asked, warm.variables, warm.code)
        return True
    return False


def _say(connection: socket.socket, line: str) -> None:
    with suppress(OSError):
        connection.settimeout(PATIENCE)
        connection.sendall(line.encode() + b"\n")


def _told_to_go(connection: socket.socket) -> bytes | None:
    """Wait for the word, and return the signals that came with it; None if the client has left."""
    heard = b""
    connection.settimeout(PATIENCE)
    with suppress(OSError):
        while GO not in heard:
            if not (more := connection.recv(64)):
                return None
            heard += more
        return heard
    return None


def _become(asked: WarmRequest, descriptors: list[int], warm: Warm) -> None:
    """Make this process what the client's would have been."""
    ctypes.CDLL(None).prctl(SET_DEATH_SIGNAL, _hang_up(asked))
    os.setpgid(0, 0)
    for number, descriptor in enumerate(descriptors[:3]):
        os.dup2(descriptor, number)
    os.fchdir(descriptors[3])
    close_all(descriptors)
    for number in range(1, LARGEST_IGNORED):
        _set_signal(number, ignored=_ignores(asked, number))
    os.environ.clear()
    os.environ.update({**asked.variables, **warm.loaded})
    time.tzset()  # the machine may have another time zone by now
    sys.argv = ["screenagent", *asked.words]
    sys.stdin = _stream(0, sys.stdin)
    sys.stdout = _stream(1, sys.stdout)
    sys.stderr = _stream(2, sys.stderr)


def _hang_up(asked: WarmRequest) -> signal.Signals:
    """Return the signal by which a run hears that its terminal has gone, or that its client has."""
    return signal.SIGTERM if _ignores(asked, signal.SIGHUP) else signal.SIGHUP


def _ignores(asked: WarmRequest, number: int) -> bool:
    return bool(asked.ignored >> (number - 1) & 1)


def _set_signal(number: int, *, ignored: bool) -> None:
    usual = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
    with suppress(OSError, ValueError):  # some cannot be set
        signal.signal(number, signal.SIG_IGN if ignored else usual)


def _stream(number: int, like: TextIO) -> TextIO:
    """Return a standard stream as Python opens it."""
    assert isinstance(like, TextIOWrapper)
    bare = FileIO(number, "rb" if number == 0 else "wb", closefd=False)
    lines = number == 2 or os.isatty(number)
    return TextIOWrapper(
        (BufferedReader if number == 0 else BufferedWriter)(bare),
        encoding=like.encoding,
        errors=like.errors,
        newline=None,
        line_buffering=lines,
    )


def _look_after(run: int, connection: socket.socket, early: bytes, hang_up: signal.Signals) -> None:
    """Hand on signals until the run has ended, and say how. If the client goes, the run hears that its terminal has."""
    ended = os.pidfd_open(run)
    poll = select.poll()
    poll.register(ended, select.POLLIN)
    poll.register(connection, select.POLLIN)
    _hand_on(run, early)
    while ended not in (ready := [descriptor for descriptor, _ in poll.poll()]):
        if connection.fileno() in ready and not _heard(run, connection):
            poll.unregister(connection)
            for number in (hang_up, signal.SIGCONT):
                os.kill(run, number)
    _, status = os.waitpid(run, 0)
    code = os.waitstatus_to_exitcode(status)
    _say(connection, f"exit {code}" if code >= 0 else f"killed {-code}")


def _heard(run: int, connection: socket.socket) -> bool:
    """Hand on what the client says; return whether it is still there."""
    try:
        said = connection.recv(64)
    except OSError:
        return False
    _hand_on(run, said)
    return bool(said)


def _hand_on(run: int, numbers: bytes) -> None:
    for number in numbers:
        if number in HANDED_ON:
            os.kill(run, AS_IT_IS.get(signal.Signals(number), number))
