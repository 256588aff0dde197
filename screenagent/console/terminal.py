"""What the terminal can show. It is asked before anything is drawn."""

from __future__ import annotations

import contextlib
import os
import re
import select
import struct
import sys
import time
from collections.abc import Iterator
from typing import Final, Literal

from screenagent.geometry import Size, Value

GraphicsKind = Literal["kitty", "sixel", "blocks"]

# Does it know kitty's graphics, how large is a cell in pixels, and last, what is it? Every terminal answers the last.
QUESTIONS: Final = b"\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b[16t\x1b[c"
ATTRIBUTES: Final = re.compile(rb"\x1b\[\?([\d;]+)c")
CELL: Final = re.compile(rb"\x1b\[6;(\d+);(\d+)t")
KITTY: Final = b"\x1b_Gi=31;OK"
SIXEL: Final = b"4"
ANSWER_SECONDS: Final = 0.5  # over a slow line; a terminal does not answer a question that it does not know


class Terminal(Value):
    """How the terminal shows pictures, and the size of its cells in pixels."""

    pictures: GraphicsKind = "blocks"
    cell: Size = Size(width=10, height=20)


BLOCKS: Final = Terminal()


def choose_terminal(setting: Literal["auto"] | GraphicsKind) -> Terminal:
    """Return the terminal that the process runs in. It shows pictures as the setting says, or the best way it can."""
    if setting == "blocks":
        return BLOCKS
    found = terminal_from_answer(_ask_terminal(), cell=_cell_size_by_the_system())
    return found if setting == "auto" else found.model_copy(update={"pictures": setting})


def terminal_from_answer(answer: bytes, *, cell: Size | None = None) -> Terminal:
    """Return what the answer says. `cell` is the size of a cell, for a terminal that does not tell.

    Sixels come first: some terminals say that they know kitty's graphics, but don't know its placeholders among text.
    """
    attributes, told = ATTRIBUTES.search(answer), CELL.search(answer)
    size = Size(width=max(1, int(told[2])), height=max(1, int(told[1]))) if told else cell
    if size is None:
        return BLOCKS
    if attributes is not None and SIXEL in attributes[1].split(b";"):
        return Terminal(pictures="sixel", cell=size)
    return Terminal(pictures="kitty" if KITTY in answer else "blocks", cell=size)


def _ask_terminal() -> bytes:
    """Return the terminal's answer. Like Textual, this reads stdin and writes to stderr."""
    if os.name != "posix" or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return b""
    stdin, stderr = sys.stdin.fileno(), sys.stderr.fileno()
    answer = b""
    with _without_echo(stdin):
        os.write(stderr, QUESTIONS)
        deadline = time.monotonic() + ANSWER_SECONDS
        while not ATTRIBUTES.search(answer):
            ready, _, _ = select.select([stdin], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                break
            answer += os.read(stdin, 4096)
    return answer


def _cell_size_by_the_system() -> Size | None:
    """Return the size of a cell by the terminal's size in pixels and in cells; some terminals leave the pixels out."""
    if os.name != "posix" or not sys.stderr.isatty():
        return None
    import fcntl  # noqa: PLC0415 - Windows has none, nor such a size
    import termios  # noqa: PLC0415

    rows, columns, width, height = struct.unpack("HHHH", fcntl.ioctl(sys.stderr, termios.TIOCGWINSZ, bytes(8)))
    if not (rows and columns and width >= columns and height >= rows):
        return None
    return Size(width=width // columns, height=height // rows)


@contextlib.contextmanager
def _without_echo(descriptor: int) -> Iterator[None]:
    """Neither show what is typed nor keep it until the end of its line."""
    import termios  # noqa: PLC0415 - Windows has none, nor these questions
    import tty  # noqa: PLC0415

    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor, termios.TCSANOW)
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSANOW, before)
