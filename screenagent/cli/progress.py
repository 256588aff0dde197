"""Says on stderr how far a command is that takes longer than a moment."""

from __future__ import annotations

import math
import sys
import time
from types import TracebackType
from typing import Final, Self

from screenagent.cli.output import Painted, echo
from screenagent.showing import visible

SILENT_SECONDS: Final = 1.0
"""What is over by then says nothing."""
TERMINAL_SECONDS: Final = 0.2
FILE_SECONDS: Final = 10.0
"""Between two lines where nobody watches, so that a log file stays short."""
CLEARED: Final = "\r\x1b[K"


class Ticker:
    """One line that is written over on a terminal, and a line now and then elsewhere; none in the `silent` seconds."""

    def __init__(self, *, silent: float | None = None) -> None:
        self._on_terminal = sys.stderr.isatty()
        self._next = time.monotonic() + (SILENT_SECONDS if silent is None else silent)
        self._is_open = False

    def __call__(self, said: str) -> None:
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + (TERMINAL_SECONDS if self._on_terminal else FILE_SECONDS)
        self._is_open = self._on_terminal
        echo(Painted(f"{CLEARED}{visible(said)}") if self._on_terminal else said, err=True, nl=not self._on_terminal)

    def count(self, number: int, total: int) -> None:
        """Say "3 of 50"; the last one, too, since a log is read later."""
        if number == total and not self._on_terminal:
            self._next = -math.inf
        self(f"{number} of {total}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        if self._is_open:
            echo(Painted(CLEARED), err=True, nl=False)
