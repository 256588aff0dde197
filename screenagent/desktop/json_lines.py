"""Child processes that are told, and say, a JSON line at a time."""

from __future__ import annotations

import json
import os
import re
import select
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any, Final

MEANWHILE_SECONDS: Final = 0.02  # how often `meanwhile` is called: how long a stop may have to wait for us


class Lines:
    """What another process says on `source`, read with patience but not without end."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self._rest = b""
        self._said: deque[dict[str, Any]] = deque()

    def next(self, seconds: float) -> dict[str, Any] | None:
        """Return the next line, or None if none comes in time. Raise `EOFError` if none can come any more."""
        deadline = time.monotonic() + seconds
        while not self._said:
            ready, _, _ = select.select([self._source], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                return None
            self._read()
        return self._said.popleft()

    def _read(self) -> None:
        read = os.read(self._source.fileno(), 1 << 16)
        if not read:
            raise EOFError("the process has ended")
        *lines, self._rest = (self._rest + read).split(b"\n")
        self._said.extend(json.loads(line) for line in lines)


NEEDED: Final = re.compile(
    r"PATH|HOME|USER|LOGNAME|SHELL|PWD|TZ|TMPDIR|TEMP|TMP|LANG|LANGUAGE|LC_\w+|DISPLAY|XAUTHORITY|XDG_RUNTIME_DIR"
    r"|PYTHON\w+|VIRTUAL_ENV|LD_LIBRARY_PATH|NIX_\w+|SYSTEMROOT|COVERAGE_\w+",
    re.IGNORECASE,
)
"""The environment variables that a helper process of ours needs."""

SECRET: Final = re.compile(r"KEY|TOKEN|SECRET|PASS|CREDENTIAL|(?:^|_)(?:AUTH|PW|PIN)$|_DSN$", re.IGNORECASE)
"""Names of variables that may hold a secret."""

PASSWORD: Final = re.compile(r"\w://[^/\s]*@")
"""In a value: a password in an address, such as a proxy's."""


def needed_environment() -> dict[str, str]:
    """Return as much of our environment as a helper process of ours needs."""
    return {name: value for name, value in os.environ.items() if NEEDED.fullmatch(name)}


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for an application: without what seems to be a secret."""
    return {name: value for name, value in environment.items() if not (SECRET.search(name) or PASSWORD.search(value))}


class Child:
    """A process of ours, from its start on, with the environment that it needs.

    Signals of the terminal, such as Ctrl-C, do not reach it if `detached`. It has none of our descriptors, so that
    whoever reads our output waits for no child.
    """

    def __init__(
        self, command: Sequence[str], *, environment: Mapping[str, str] | None = None, detached: bool = False
    ) -> None:
        self._process = subprocess.Popen(
            command,
            env=needed_environment() if environment is None else environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=detached,
        )
        assert self._process.stdin is not None  # both were opened as pipes
        assert self._process.stdout is not None
        self._mouth, self._ear = self._process.stdin, self._process.stdout
        self._lines = Lines(self._ear)

    def say(self, **words: object) -> None:
        self._mouth.write(json.dumps(words).encode() + b"\n")
        self._mouth.flush()

    def hear(self, seconds: float, *, meanwhile: Callable[[], None] | None = None) -> dict[str, Any] | None:
        """Return the next line that it says, or None if none comes in time. Call `meanwhile` often as it waits.

        Raise `EOFError` if the process has ended.
        """
        if meanwhile is None:
            return self._lines.next(seconds)
        deadline, said = time.monotonic() + seconds, None
        while said is None and (left := deadline - time.monotonic()) > 0:
            said = self._lines.next(min(left, MEANWHILE_SECONDS))
            meanwhile()
        return said

    def end(self) -> None:
        """Close its input, by which it knows that it is to end, and wait until it has."""
        self._mouth.close()
        self._process.wait()
        self._ear.close()

    def kill(self) -> None:
        self._process.kill()
        self.end()


def module_command(module: str, *arguments: str) -> list[str]:
    """Return the command that runs a module of ours."""
    return [sys.executable, "-m", module, *arguments]
