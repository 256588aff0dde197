"""What the warm process is asked for, read from a connection that anybody of this user may have opened."""

from __future__ import annotations

import os
import re
import resource
import socket
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final, Literal

from pydantic import ValidationError

from screenagent.geometry import Value
from screenagent.warm.place import process_status, standing

LONGEST: Final = 4 << 20
"""Bytes of a request; the environment of a process is smaller."""
PATIENCE: Final = 2.0
"""Seconds that a client may take to say what it wants."""
DESCRIPTORS: Final = 4
"""The standard streams, and the folder that the command works in."""
COUNTED: Final = re.compile(
    r"(?:_?PYTHON|LD_|MALLOC_|GLIBC_|OMP_|OPENBLAS|GOTO_|MKL_|NUMEXPR|NPY_|NUMPY|ORT_|OPENCV|CV_|PILLOW_|PYDANTIC|"
    r"RAPIDFUZZ|LC_|FONTCONFIG|XDG_CONFIG_|XDG_DATA_|XDG_CACHE_).*|LANG|LANGUAGE|TZ|HOME|TMPDIR|TEMP|TMP|ANDROID_DATA"
)
"""Environment variables that are read when modules and libraries are loaded, so they are those of the warm process."""


OF_MEMORY: Final = ("RLIMIT_AS", "RLIMIT_DATA")
"""What is loaded already counts, too, so a command may fail here that would not elsewhere."""


class WarmRequest(Value):
    """What a client wants, and all that its command could know of its process."""

    kind: Literal["run", "status", "stop"]
    code: str
    standing: Sequence[str]
    words: Sequence[str]
    variables: Mapping[str, str]
    umask: int
    ignored: int
    """A bit for each signal that is ignored, that of number 1 first."""
    niceness: int
    cores: Sequence[int]
    limits: Mapping[str, tuple[int, int]]


class NotServed(Exception):
    """The request is not one, or cannot be carried out as the client would; the text says why."""


def received_request(connection: socket.socket) -> tuple[WarmRequest, list[int]]:
    """Return what a client asks for, and its descriptors."""
    until = time.monotonic() + PATIENCE
    head, descriptors = _part(connection, 4, until)
    length = int.from_bytes(head, "big")
    if length > LONGEST:
        raise NotServed("too long")
    message, more = _part(connection, length, until)
    try:
        return WarmRequest.model_validate_json(message), descriptors + more
    except ValidationError as error:
        raise NotServed("no request") from error


def _part(connection: socket.socket, length: int, until: float) -> tuple[bytes, list[int]]:
    part, found = b"", list[int]()
    while len(part) < length:
        connection.settimeout(max(0.001, until - time.monotonic()))
        try:
            more, descriptors, _, _ = socket.recv_fds(connection, length - len(part), DESCRIPTORS)
        except TimeoutError as error:
            raise NotServed("too slow") from error
        found += descriptors
        if not more:
            raise NotServed("cut off")
        part += more
    return part, found


def check_alike(asked: WarmRequest, variables: Mapping[str, str], code: str) -> None:
    """Raise `NotServed` if the client's process differs from this one, started with `variables`, in what stays."""
    if asked.code != code:
        raise NotServed("other version")
    if list(asked.standing) != standing(process_status()):
        raise NotServed("other rights")
    if counted(asked.variables) != counted(variables):
        raise NotServed("other environment")


def counted(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that are read when things are loaded."""
    return {name: value for name, value in variables.items() if COUNTED.fullmatch(name)}


def take_limits(asked: WarmRequest) -> None:
    """Give this process the client's limits; raise `NotServed` if it may not have them."""
    try:
        for name, limits in asked.limits.items():
            if name in OF_MEMORY and limits != resource.getrlimit(getattr(resource, name)):
                raise NotServed("other limits")
            resource.setrlimit(getattr(resource, name), limits)
        os.sched_setaffinity(0, asked.cores)
        if os.getpriority(os.PRIO_PROCESS, 0) != asked.niceness:
            os.setpriority(os.PRIO_PROCESS, 0, asked.niceness)
    except (AttributeError, OSError, ValueError) as error:
        raise NotServed("other limits") from error
    os.umask(asked.umask)


def close_all(descriptors: Sequence[int]) -> None:
    for descriptor in descriptors:
        with suppress(OSError):
            os.close(descriptor)
