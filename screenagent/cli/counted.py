"""How far a long command has come: in place on a terminal, line by line and not too often in a log."""

from __future__ import annotations

import math
import sys
import time
from dataclasses import dataclass
from typing import Final

from screenagent.cli.output import Painted, echo

LINE_SECONDS: Final = 10.0
"""Where there is no terminal, so long is between two lines; the first and the last are always there."""


@dataclass
class Counted:
    """Says "3 of 50" on stderr each time that it is called."""

    said_at: float = -math.inf

    def __call__(self, number: int, total: int) -> None:
        if sys.stderr.isatty():
            echo(Painted(f"\r{number} of {total}"), err=True, nl=number == total)
        elif number == total or time.monotonic() >= self.said_at + LINE_SECONDS:
            self.said_at = time.monotonic()
            echo(f"{number} of {total}", err=True)
