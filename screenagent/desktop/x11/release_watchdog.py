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
import time
from collections.abc import Iterable
from typing import IO, Any, Final

from Xlib import X, display, error
from Xlib.ext import xtest

from screenagent.desktop.process_stat import stat_fields

RELEASE: Final = {"key": X.KeyRelease, "button": X.ButtonRelease}
LATE_SECONDS: Final = 0.2  # what a program had sent before it ended is carried out by then
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
    return stat_fields(pid)[:1] == ["T"]


def opened(name: str) -> display.Display:
    """Open the display so that it serves us even while another program has grabbed it."""
    server = display.Display(name)
    xtest.grab_control(server, True)
    server.sync()
    return server


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
    """Release what is down, also while another program has grabbed the server.

    A press that the agent had sent may still wait in a server that is frozen or grabbed. So once the server serves
    everybody again, what is down then is released, too.
    """
    if not down:
        return
    _release(server, down)
    xtest.grab_control(server, False)
    server.sync()  # answered once nobody has grabbed the server
    time.sleep(LATE_SECONDS)
    _release(server, [stroke for stroke in down if _is_down(server, *stroke)])
    xtest.grab_control(server, True)


def _release(server: Any, down: list[Stroke]) -> None:
    for kind, code in reversed(down):
        xtest.fake_input(server, RELEASE[kind], code)
    server.sync()


def _is_down(server: Any, kind: str, code: int) -> bool:
    if kind == "key":
        return bool(server.query_keymap()[code // 8] >> code % 8 & 1)
    return bool(server.screen().root.query_pointer().mask & X.Button1Mask << code - 1)


def main(name: str, told: IO[bytes]) -> None:
    agent = os.getppid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        server = opened(name)
        watch(server, told, agent)
        server.close()
    except (error.DisplayError, error.ConnectionClosedError):
        return  # the display went with the agent, and with it everything held on it


if __name__ == "__main__":
    main(sys.argv[1], sys.stdin.buffer)
