"""Hands a command over to the warm process, and stands in for it at the terminal until it has ended.

Imports next to nothing. Whatever is not as it should be, the command is carried out here instead, as without a warm
process; once the warm process has been told to go on, never.
"""

from __future__ import annotations

import os
import sys

from screenagent.sessions.runtime_folder import WrongOwner, open_runtime_folder, peer_user
from screenagent.warm.place import code_in_use, first_environment, process_status, socket_address, standing

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence
    from types import FrameType

COMMANDS = ("run", "ground", "see")
WITHOUT_CONSOLE = ("--plain", "--json", "--dry-run")
DETACHING = ("--detach", "--detached")
PATIENCE = 1.0
"""Seconds. A warm process that does not answer within is done without."""
GO = 0
"""No signal has this number: with it the warm process is told to carry the command out."""
FORWARDED = "SIGINT SIGTERM SIGHUP SIGQUIT SIGUSR1 SIGCONT SIGTSTP SIGWINCH".split()
CRASHED = 1
STOPPED = 130


class Unanswered(Exception):
    """The warm process does not carry this command out; the text says why."""


def answered(words: Sequence[str]) -> None:
    """End this process as the command does, if the warm process carries it out; return if it does not.

    One of another version is replaced when this command has ended.
    """
    if not _is_for_warm(words):
        return
    try:
        connection = _handed_over(words)
    except Unanswered as why:
        if str(why) == "other version":
            leave_warm_process()
        return
    except WrongOwner as place:
        os.write(2, f"screenagent: {place} is not yours alone, so no warm process is used\n".encode())
        return
    except (OSError, ValueError):  # there is none, or it is of no use
        return
    except KeyboardInterrupt:
        os.write(2, b"stopped\n")
        os._exit(STOPPED)
    os._exit(_stood_in(connection))


def _is_for_warm(words: Sequence[str]) -> bool:
    """Whether a warm process may carry the command out just as we would."""
    if sys.platform != "linux" or not words or words[0] not in COMMANDS:
        return False
    if any("/dev/fd/" in word or "/proc/" in word for word in words):  # these are ours, and not those of the other
        return False
    if any(word in DETACHING for word in words):  # the process that carries it out is to have no terminal
        return False
    if words[0] == "run" and not any(word in WITHOUT_CONSOLE for word in words) and os.isatty(0) and os.isatty(2):
        return False
    return not os.isatty(0) or _has_terminal()  # the other process would read what is typed to the shell


def _has_terminal() -> bool:
    """Whether what is typed at the terminal on stdin is for us."""
    try:
        return os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return False


def _handed_over(words: Sequence[str]) -> socket.socket:
    """Return the connection to the process that begins with the command."""
    folder = open_runtime_folder()
    try:
        address = socket_address(folder)
        for number in range(3):
            os.fstat(number)
        connection = connect_warm(address)
    finally:
        os.close(folder)
    here = os.open(".", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        send_request(connection, request("run", words), [0, 1, 2, here])
    finally:
        os.close(here)
    if (said := line_from(connection)) != "ready":
        raise Unanswered(said)
    forward(connection)
    connection.sendall(bytes([GO]))
    return connection


def connect_warm(address: str, *, patience: float = PATIENCE) -> socket.socket:
    """Connect to the process at the address. Raise `WrongOwner` if it is another user's."""
    import socket

    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(patience)
    connection.connect(address)
    if (user := peer_user(connection)) != os.getuid():
        raise WrongOwner(f"the process of user {user}")
    return connection


def request(kind: str, words: Sequence[str] = ()) -> bytes:
    """Return what asks the warm process for something; all that a command can know of its process is in it."""
    import json
    import resource

    status = process_status()
    limits = {name: resource.getrlimit(getattr(resource, name)) for name in dir(resource) if name.startswith("RLIMIT_")}
    return json.dumps(
        {
            "kind": kind,
            "code": code_in_use(),
            "standing": standing(status),
            "words": list(words),
            "variables": dict(os.environ),
            "umask": int(status["Umask"], 8),
            "ignored": int(status["SigIgn"], 16),
            "niceness": os.getpriority(os.PRIO_PROCESS, 0),
            "cores": sorted(os.sched_getaffinity(0)),
            "limits": limits,
        }
    ).encode()


def send_request(connection: socket.socket, message: bytes, descriptors: Sequence[int] = ()) -> None:
    """Send a request after its length, and with its first byte the descriptors."""
    import socket

    head = len(message).to_bytes(4, "big")
    socket.send_fds(connection, [head], descriptors) if descriptors else connection.sendall(head)
    connection.sendall(message)


def line_from(connection: socket.socket) -> str:
    """Return the next line that is said, without its end; "" if none comes any more."""
    said = b""
    while not said.endswith(b"\n") and (more := connection.recv(1)):
        said += more
    return said.decode("ascii", "replace").rstrip("\n")


def forward(connection: socket.socket) -> None:
    """From here on hand on what this process is told by signals, and stop with the other one."""
    import signal

    def tell(number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGCONT:
            _wait_for_terminal()
        try:
            connection.send(bytes([number]))
        except OSError:
            return  # it has just ended
        if number == signal.SIGTSTP:
            os.kill(os.getpid(), signal.SIGSTOP)

    for name in FORWARDED:
        number = getattr(signal, name)
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, tell)


def _wait_for_terminal() -> None:
    """Stay stopped while the terminal is another's: the process that works for us would read what is typed there."""
    import signal

    while os.isatty(0) and not _has_terminal():
        os.kill(os.getpid(), signal.SIGSTOP)


def _stood_in(connection: socket.socket) -> int:
    """Return the exit code of the command when it has ended."""
    connection.settimeout(None)
    try:
        said = line_from(connection)
    except OSError:
        said = ""
    kind, _, number = said.partition(" ")
    if kind == "exit" and number.isdigit():
        return int(number)
    how = f"was ended by signal {number}" if kind == "killed" else "has gone"
    os.write(2, f"screenagent: the warm process that carried this out {how}; what was begun is not finished\n".encode())
    return CRASHED


def leave_warm_process() -> None:
    """When this process ends, start a warm one for the next; what is in its place and of no use is replaced."""
    import atexit

    atexit.register(_start)


def _start() -> None:
    import subprocess

    command = [sys.executable, "-m", "screenagent", "warm", "start"]
    nowhere = subprocess.DEVNULL
    subprocess.Popen(
        command, env=first_environment(), stdin=nowhere, stdout=nowhere, stderr=nowhere, start_new_session=True
    )
