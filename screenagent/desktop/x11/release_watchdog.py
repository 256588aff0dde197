"""A process that outlives the agent by a moment: it lifts the keys and buttons that a killed agent left pressed.

It reads what goes down and comes up, a JSON line each ({"direction": "down", "kind": "key", "code": 38}), and acts at
the end of its input, and while the agent is suspended. It opens the display at once, for when time is short.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any, Final

from Xlib import X, display, error
from Xlib.ext import xtest

RELEASE: Final = {"key": X.KeyRelease, "button": X.ButtonRelease}
LOOK_SECONDS: Final = 0.02  # so often it is looked whether the agent is suspended while it holds something

Stroke = tuple[str, int]


def still_down(lines: Iterable[bytes], down: Iterable[Stroke] = ()) -> list[Stroke]:
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
    try:  # the command stands in brackets and may hold blanks and brackets of its own
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[:1] == ["T"]
    except OSError:
        return False


def watch(server: Any, told: IO[bytes], agent: int) -> None:
    """Keep the list until the input ends; lift what is on it then, and whenever the agent is found suspended."""
    down: list[Stroke] = []
    rest = b""
    while True:
        ready, _, _ = select.select([told], [], [], LOOK_SECONDS if down else None)
        if not ready:
            if is_suspended(agent):
                lift(server, down)
                down = []
            continue
        read = os.read(told.fileno(), 1 << 16)
        if not read:
            return lift(server, down)
        *lines, rest = (rest + read).split(b"\n")
        down = still_down(lines, down)


def lift(server: Any, down: list[Stroke]) -> None:
    for kind, code in reversed(down):
        xtest.fake_input(server, RELEASE[kind], code)
    if down:
        server.sync()


def main(name: str, told: IO[bytes]) -> None:
    agent = os.getppid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        server = display.Display(name)
        watch(server, told, agent)
        server.close()
    except (error.DisplayError, error.ConnectionClosedError):
        return  # the display went with the agent, and with it everything held on it


if __name__ == "__main__":
    main(sys.argv[1], sys.stdin.buffer)
