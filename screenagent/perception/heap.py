"""The memory that the C library keeps for this process, where it can be told about it (glibc)."""

from __future__ import annotations

import sys
from functools import cache


@cache
def share_heap() -> None:
    """Have one heap for all threads: with one a thread, each keeps what the largest screen took, and is no faster.

    Threads that have a heap of their own already keep it, so a server calls this before it starts any.
    """
    arena_max = -8  # from malloc.h
    _tell_libc("mallopt", arena_max, 1)


def trim_heap() -> None:
    """Give back to the system what is free, wherever it lies in the heap."""
    _tell_libc("malloc_trim", 0)


def _tell_libc(name: str, *numbers: int) -> None:
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415 -- takes longer to load than the rest of a server's beginning

        if hasattr(libc := ctypes.CDLL(None), name):
            getattr(libc, name)(*numbers)
