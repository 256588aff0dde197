"""A hand that is not the agent's, for benches and tests: it presses keys and moves the mouse of an X display."""

from __future__ import annotations

import sys
from contextlib import closing

from Xlib import X
from Xlib.ext import xtest

from screenagent.desktop.json_lines import module_command
from screenagent.desktop.testing.person import Person, serve_acts
from screenagent.desktop.x11.connection import connect_display, disconnect_display
from screenagent.desktop.x11.input_devices import KeyboardLayout


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


class SyntheticPerson(Person):
    """A hand on an X display, in a process of its own."""

    def __init__(self, display: str) -> None:
        super().__init__(module_command("screenagent.desktop.testing.synthetic_user", display), f"display {display}")


def main() -> None:
    with closing(SyntheticUser(sys.argv[1])) as hand:
        serve_acts(hand.tap, hand.down, hand.up, hand.move, hand.click)


if __name__ == "__main__":
    main()
