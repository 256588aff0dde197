"""A process that outlives the agent by a moment: it lifts the keys and buttons that a killed agent left pressed
(`left_down`). It opens the display at once, for when time is short."""

from __future__ import annotations

import sys
import time
from functools import partial
from typing import IO, Any, Final

from Xlib import X, display, error
from Xlib.ext import xtest

from screenagent.desktop.left_down import LeftDown, outlive_the_agent, watch_over

RELEASE: Final = {"key": X.KeyRelease, "button": X.ButtonRelease}
LATE_SECONDS: Final = 0.2  # what a program had sent before it ended is carried out by then


def opened(name: str) -> display.Display:
    """Open the display so that it serves us even while another program has grabbed it."""
    server = display.Display(name)
    xtest.grab_control(server, True)
    server.sync()
    return server


def lift(server: Any, down: list[LeftDown]) -> None:
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


def _release(server: Any, down: list[LeftDown]) -> None:
    for kind, code in reversed(down):
        xtest.fake_input(server, RELEASE[kind], code)
    server.sync()


def _is_down(server: Any, kind: str, code: int) -> bool:
    if kind == "key":
        return bool(server.query_keymap()[code // 8] >> code % 8 & 1)
    return bool(server.screen().root.query_pointer().mask & X.Button1Mask << code - 1)


def main(name: str, told: IO[bytes]) -> None:
    agent = outlive_the_agent()
    try:
        server = opened(name)
        watch_over(agent, told, partial(lift, server))
        server.close()
    except (error.DisplayError, error.ConnectionClosedError):
        return  # the display went with the agent, and with it everything held on it


if __name__ == "__main__":
    main(sys.argv[1], sys.stdin.buffer)
