"""Tunes the process for as long as the console is open, so that keys and the agent get their turn at once."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

SWITCH_SECONDS: Final = 0.0005
"""How long one thread may keep another from going on.

With Python's own 5 ms, drawing delays the thread that reads the keys, and the agent, which lets go of the interpreter
at each call to the display.
"""


def shorten_escape_delay() -> None:
    """Wait 10 ms, not 100, for the rest of a key's code after an Esc, which by itself is a stop.

    Call this before Textual is imported, which is when Textual reads the delay.
    """
    os.environ.setdefault("ESCDELAY", "10")


PLAIN_TERMINAL: Final = "\x1b[<u\x1b[?2004l\x1b[?1000l\x1b[?1003l\x1b[?1006l\x1b[?1004l\x1b[?1049l\x1b[?25h"
"""No reports of keys, pastes, mouse and focus, the ordinary screen, and a cursor."""


@contextmanager
def terminal_kept() -> Iterator[Callable[[], None]]:
    """Yield what gives the terminal back as it is now, for a process that leaves without closing the console."""
    if os.name != "posix" or not (sys.stdin.isatty() and sys.stderr.isatty()):
        yield lambda: None
        return
    import termios  # noqa: PLC0415 - Windows has none

    before = termios.tcgetattr(0)

    def restore() -> None:
        os.write(2, PLAIN_TERMINAL.encode())
        termios.tcsetattr(0, termios.TCSANOW, before)

    yield restore


@contextmanager
def responsive_threads() -> Iterator[None]:
    """Switch between threads sooner, and don't search what is already loaded for garbage, which holds up every thread.

    Afterwards both are as they were.
    """
    before = sys.getswitchinterval()
    gc.collect()
    gc.freeze()
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
        gc.unfreeze()
