"""What a person types at the terminal: lines, and the keys of the quiet time before a question takes any."""

from __future__ import annotations

import os
import selectors
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Final, NamedTuple

from screenagent.approval.answers import QuietTime
from screenagent.cli.output import echo

POLL_SECONDS: Final = 0.05
ESCAPE: Final = b"\x1b"
LONGEST_LINE: Final = 4096  # bytes, as many as a terminal lets one type

Waits = Callable[[], bool]


def read_line(prompt: str, *, waits: Waits) -> str | None:
    """Return a line from stdin; None at its end, if it is longer than any answer, and as soon as `waits` says no."""
    echo(prompt, err=True, nl=False)
    if sys.stdin is None or sys.stdin.closed:
        return None
    line = b""
    with _selector() as selector:
        try:
            selector.register(sys.stdin, selectors.EVENT_READ)
        except ValueError:  # a stand-in for stdin that is no file
            return sys.stdin.readline(LONGEST_LINE).rstrip("\n") or None
        while not line.endswith(b"\n") and len(line) < LONGEST_LINE:
            if not waits():
                return None
            if selector.select(timeout=POLL_SECONDS):
                if not (more := _next_byte()):
                    break
                line += more
    return line.decode(errors="replace").rstrip("\r\n") if line and len(line) < LONGEST_LINE else None


def _next_byte() -> bytes:
    """Return one byte, since those after a line are for whoever waits for them; none at the end of stdin."""
    try:
        return os.read(sys.stdin.fileno(), 1)
    except OSError:  # the terminal is gone
        return b""


def _selector() -> selectors.BaseSelector:
    """Return a selector that takes plain files, too, which are always ready."""
    return getattr(selectors, "PollSelector", selectors.DefaultSelector)()


class EarlyAnswer(NamedTuple):
    """A no or a stop of the quiet time, and what was typed after it."""

    is_stop: bool
    typed: str = ""


def wait_until_quiet(quiet: QuietTime, *, waits: Waits, takes_no: bool = True) -> EarlyAnswer | None:
    """Drop the keys of the quiet time, and what was typed before; return a no or a stop that is among them.

    With `takes_no=False` an `n` is a letter like any other. What comes through a pipe is not typed, and waits for
    nothing.
    """
    if not (sys.stdin.isatty() and find_spec("termios")):
        return None
    termios = import_module("termios")
    with _single_keys() as stdin, selectors.DefaultSelector() as selector:
        termios.tcflush(stdin, termios.TCIFLUSH)
        selector.register(stdin, selectors.EVENT_READ)
        while not quiet.is_over and waits():
            if not selector.select(timeout=min(quiet.left, POLL_SECONDS)):
                continue
            match os.read(stdin, 1):
                case b"":
                    return None
                case b"n" | b"N" if takes_no:
                    return EarlyAnswer(is_stop=False, typed=_rest(stdin))
                case key if key == ESCAPE and not _rest(stdin):
                    return EarlyAnswer(is_stop=True)
                case _:
                    quiet.key()
    return None


def read_key(quiet: QuietTime) -> str | None:
    """Return the key that is pressed once the quiet time is over, as it is pressed; None at the end of stdin.

    What was typed before is dropped, and so are the keys of the quiet time and keys that send several characters.
    Where single keys cannot be read it is the first letter of a line.
    """
    if not (sys.stdin.isatty() and find_spec("termios")):
        line = sys.stdin.readline(LONGEST_LINE)
        return (line.strip()[:1] or "\n") if line else None
    termios = import_module("termios")
    with _single_keys() as stdin, selectors.DefaultSelector() as selector:
        termios.tcflush(stdin, termios.TCIFLUSH)
        selector.register(stdin, selectors.EVENT_READ)
        while True:
            selector.select()
            key = os.read(stdin, 1)
            if not key:
                return None
            if not quiet.is_over:
                quiet.key()
            elif not (key == ESCAPE and _rest(stdin)):
                return key.decode(errors="replace")


@contextmanager
def _single_keys() -> Iterator[int]:
    """Hand over each key as it is pressed, and don't show it."""
    termios, tty = import_module("termios"), import_module("tty")
    stdin = sys.stdin.fileno()
    before = termios.tcgetattr(stdin)
    try:
        tty.setcbreak(stdin, termios.TCSANOW)
        yield stdin
    finally:
        termios.tcsetattr(stdin, termios.TCSANOW, before)


def _rest(stdin: int) -> str:
    """What has been typed by now."""
    typed = b""
    with selectors.DefaultSelector() as selector:
        selector.register(stdin, selectors.EVENT_READ)
        while selector.select(timeout=0) and (more := os.read(stdin, 1024)):
            typed += more
    return typed.decode(errors="replace")
