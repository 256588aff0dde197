"""Ends a supervised run in one line while its libraries are still loaded: they hear no stop and need memory."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import wraps
from typing import Any, Final

from screenagent.cli.output import echo
from screenagent.errors import UserError

STOPPING: Final = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP", "SIGQUIT") if hasattr(signal, name))
"""Ctrl-C is an exception of Python's, which ends a command anyway."""
STOPPED: Final = 130
LEAST_MEMORY: Final = 700 << 20
"""Bytes of address space. With less, the libraries that read the screen end the process while they are loaded."""


class MemoryLimit(UserError):
    """The limit on memory is too small for the libraries that read the screen."""

    code = "memory_limit"


def safely_started(command: Callable[..., Any]) -> Callable[..., Any]:
    """Let a command refuse too little memory, and heed signals that mean stop, before its run does so itself."""

    @wraps(command)
    def start(*arguments: object, **values: object) -> Any:
        check_memory()
        with _signals_heeded():
            return command(*arguments, **values)

    return start


def check_memory() -> None:
    """Raise `MemoryLimit` if the limit on this process's memory is below `LEAST_MEMORY`."""
    if sys.platform == "win32":
        return
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY and limit < LEAST_MEMORY:
        raise MemoryLimit(
            f"the limit on memory, {limit >> 20} MB, is too small for what reads the screen; raise it to 1500 MB or "
            "more (`ulimit -v 1500000`)"
        )


@contextmanager
def uncollected() -> Iterator[None]:
    """Meanwhile look for no garbage: what is being loaded stays, and to look through it takes a tenth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def _signals_heeded() -> Iterator[None]:
    """Meanwhile leave at once at a signal that means stop. Nothing is open yet that would have to be closed."""

    def leave(_number: int, _frame: object) -> None:
        with suppress(OSError):
            echo("stopped", err=True)
        os._exit(STOPPED)

    usual = [number for number in STOPPING if signal.getsignal(number) is signal.SIG_DFL]
    for number in usual:
        signal.signal(number, leave)
    try:
        yield
    finally:
        for number in usual:
            signal.signal(number, signal.SIG_DFL)
