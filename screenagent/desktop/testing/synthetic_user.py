"""A hand that is not the agent's, for benches and tests: it presses keys and moves the mouse of an X display.

As a process of its own it does a line at a time ("tap ctrl shift escape", "move 10 20") and says when each began.
"""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import closing
from typing import Final, Self

from Xlib import X
from Xlib.ext import xtest

from screenagent.desktop.x11.connection import connect_display, disconnect_display
from screenagent.desktop.x11.keyboard_layout import KeyboardLayout

ACTS: Final = ("tap", "down", "up", "move", "click")


class SyntheticUser:
    def __init__(self, display: str) -> None:
        self._server = connect_display(display)
        with closing(KeyboardLayout(display)) as layout:
            self._codes = {key: min(layout.codes(key)) for key in ("ctrl", "shift", "alt", "escape", "a", "b", "y")}

    def close(self) -> None:
        disconnect_display(self._server)

    def down(self, *keys: str) -> None:
        self._send(*((X.KeyPress, self._codes[key]) for key in keys))

    def up(self, *keys: str) -> None:
        self._send(*((X.KeyRelease, self._codes[key]) for key in reversed(keys)))

    def tap(self, *keys: str) -> None:
        """Keys pressed together and released."""
        self.down(*keys)
        self.up(*keys)

    def move(self, x: str | int, y: str | int) -> None:
        xtest.fake_input(self._server, X.MotionNotify, x=int(x), y=int(y))
        self._server.sync()

    def click(self) -> None:
        self._send((X.ButtonPress, 1), (X.ButtonRelease, 1))

    def codes(self, *keys: str) -> frozenset[int]:
        return frozenset(self._codes[key] for key in keys)

    def _send(self, *strokes: tuple[int, int]) -> None:
        for stroke in strokes:
            xtest.fake_input(self._server, *stroke)
        self._server.sync()


class SyntheticPerson:
    """A hand in a process of its own."""

    def __init__(self, display: str) -> None:
        self._display = display

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "screenagent.desktop.testing.synthetic_user", self._display],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._line()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def does(self, *words: str) -> float:
        """Have it done, and give when it began, by the monotonic clock."""
        assert self._process.stdin is not None  # it was opened with pipes
        self._process.stdin.write(" ".join(words) + "\n")
        self._process.stdin.flush()
        return float(self._line())

    def _line(self) -> str:
        assert self._process.stdout is not None  # it was opened with pipes
        line = self._process.stdout.readline()
        if not line:
            raise EOFError(f"the hand on display {self._display} has ended (status {self._process.wait()})")
        return line


def main() -> None:
    with closing(SyntheticUser(sys.argv[1])) as hand:
        print("ready", flush=True)
        for line in sys.stdin:
            act, *words = line.split()
            if act not in ACTS:
                raise SystemExit(f"unknown act {act!r}; there are {', '.join(ACTS)}")
            began = time.monotonic()
            getattr(hand, act)(*words)
            print(began, flush=True)


if __name__ == "__main__":
    main()
