"""What another process says, a JSON line at a time, read with patience but not without end."""

from __future__ import annotations

import json
import os
import select
import time
from collections import deque
from typing import IO, Any


class Lines:
    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self._rest = b""
        self._said: deque[dict[str, Any]] = deque()

    def next(self, seconds: float) -> dict[str, Any] | None:
        """The next line, or `None` if none came in time; `EOFError` where none can come any more."""
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
