"""What the terminal can show, as it says itself when it is asked before anything is drawn."""

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

# Whether it knows kitty's graphics, how large a cell is, in pixels, and last what it is, which every terminal says.
QUESTIONS: Final = b"\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b[16t\x1b[c"
KIND: Final = re.compile(rb"\x1b\[\?([\d;]+)c")
CELL: Final = re.compile(rb"\x1b\[6;(\d+);(\d+)t")
KITTY: Final = b"\x1b_Gi=31;OK"
SIXEL: Final = b"4"
ANSWER_SECONDS: Final = 0.5  # over a slow line; who does not know a question says nothing to it


class Terminal(Value):
    """How it shows pictures, and the size of its cells in pixels."""

    pictures: GraphicsKind = "blocks"
    cell: Size = Size(width=10, height=20)


BLOCKS: Final = Terminal()


def choose_terminal(setting: Literal["auto"] | GraphicsKind) -> Terminal:
    """The one that we are in, with pictures as the setting says, or as it can."""
    if setting == "blocks":
        return BLOCKS
    found = understood(_answer(), cell=_cell())
    return found if setting == "auto" else found.model_copy(update={"pictures": setting})


def understood(answer: bytes, *, cell: Size | None = None) -> Terminal:
    """Sixel comes first: some say that they know kitty's graphics and do not know how they stand among text.

    `cell` is how large one is where the terminal does not say so itself.
    """
    kind, said = KIND.search(answer), CELL.search(answer)
    size = Size(width=max(1, int(said[2])), height=max(1, int(said[1]))) if said else cell
    if size is None:
        return BLOCKS
    if kind is not None and SIXEL in kind[1].split(b";"):
        return Terminal(pictures="sixel", cell=size)
    return Terminal(pictures="kitty" if KITTY in answer else "blocks", cell=size)


def _answer() -> bytes:
    """What it says; Textual reads stdin and draws on stderr, and so do we."""
    if os.name != "posix" or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return b""
    ears, mouth = sys.stdin.fileno(), sys.stderr.fileno()
    said = b""
    with _unechoed(ears):
        os.write(mouth, QUESTIONS)
        deadline = time.monotonic() + ANSWER_SECONDS
        while not KIND.search(said):
            ready, _, _ = select.select([ears], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                break
            said += os.read(ears, 4096)
    return said


def _cell() -> Size | None:
    """By the size that the system knows of the terminal, in pixels and in cells; some leave the pixels out."""
    if os.name != "posix" or not sys.stderr.isatty():
        return None
    import fcntl  # noqa: PLC0415 - Windows has none, nor such a size
    import termios  # noqa: PLC0415

    rows, columns, width, height = struct.unpack("HHHH", fcntl.ioctl(sys.stderr, termios.TIOCGWINSZ, bytes(8)))
    if not (rows and columns and width >= columns and height >= rows):
        return None
    return Size(width=width // columns, height=height // rows)


@contextlib.contextmanager
def _unechoed(descriptor: int) -> Iterator[None]:
    """Meanwhile what is typed is neither shown nor kept for the end of its line."""
    import termios  # noqa: PLC0415 - Windows has none, nor these questions
    import tty  # noqa: PLC0415

    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor, termios.TCSANOW)
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSANOW, before)
