"""A process that outlives the agent by a moment: it lifts the keys and buttons that a killed agent left pressed.

It reads what goes down and comes up, a JSON line each ({"direction": "down", "kind": "key", "code": 38}), and acts at
the end of its input. It opens the display at once, for when time is short.
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterable
from typing import IO

from Xlib import X, display, error
from Xlib.ext import xtest

RELEASE = {"key": X.KeyRelease, "button": X.ButtonRelease}


def still_down(lines: Iterable[str]) -> list[tuple[str, int]]:
    """Return what went down and did not come up, the last pressed first."""
    down: list[tuple[str, int]] = []
    for line in lines:
        told = json.loads(line)
        stroke = (told["kind"], told["code"])
        if stroke in down:
            down.remove(stroke)
        if told["direction"] == "down":
            down.append(stroke)
    return down[::-1]


def main(name: str, lines: IO[str]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        server = display.Display(name)
        if left := still_down(lines):
            for kind, code in left:
                xtest.fake_input(server, RELEASE[kind], code)
            server.sync()
            server.close()
    except (error.DisplayError, error.ConnectionClosedError):
        return  # the display went with the agent, and with it everything held on it


if __name__ == "__main__":
    main(sys.argv[1], sys.stdin)
