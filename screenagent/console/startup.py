"""Tunes the process before the console opens."""

from __future__ import annotations

import gc
import os
import sys


def look_no_more_for_garbage() -> None:
    """Among what is there already: to search it all again and again holds up every thread, a stop among them."""
    gc.collect()
    gc.freeze()


def quick_escape() -> None:
    """Before Textual is imported: it waits 100 ms whether Esc begins the code of another key, and so would a stop. Nor
    is the thread that reads keys to wait 5 ms whenever another one, which draws or types, has its turn."""
    os.environ.setdefault("ESCDELAY", "10")
    sys.setswitchinterval(0.001)
