"""What a process that outlives the agent by a moment knows: which keys and buttons the agent left down.

It reads what goes down and comes up, a JSON line each ({"direction": "down", "kind": "key", "code": 38}), and lifts at
the end of its input, and while the agent is suspended.
"""

from __future__ import annotations

import json
import os
import select
import signal
from collections.abc import Callable, Iterable
from typing import IO, Final

from screenagent.desktop.process_stat import stat_fields

LOOK_SECONDS: Final = 0.02  # so often it is looked whether the agent is suspended while it holds something

LeftDown = tuple[str, int]
"""A key or a button, and its code."""


def still_down(lines: Iterable[bytes], down: Iterable[LeftDown] = ()) -> list[LeftDown]:
    """Return what was `down` or went down after that, and did not come up, the first pressed first."""
    left = list(down)
    for line in lines:
        told = json.loads(line)
        stroke = (told["kind"], told["code"])
        if stroke in left:
            left.remove(stroke)
        if told["direction"] == "down":
            left.append(stroke)
    return left


def is_suspended(pid: int) -> bool:
    return stat_fields(pid)[:1] == ["T"]


def watch_over(agent: int, told: IO[bytes], lift: Callable[[list[LeftDown]], None]) -> None:
    """Keep the list until the input ends; `lift` what is on it then, and whenever the agent is found suspended."""
    down: list[LeftDown] = []
    rest = b""
    while True:
        ready, _, _ = select.select([told], [], [], LOOK_SECONDS if down else None)
        if not ready:
            if is_suspended(agent):
                lift(down)
                down = []
            continue
        read = os.read(told.fileno(), 1 << 16)
        if not read:
            return lift(down)
        *lines, rest = (rest + read).split(b"\n")
        down = still_down(lines, down)


def outlive_the_agent() -> int:
    """Let signals of the terminal end the agent alone; return its process number."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    return os.getppid()
