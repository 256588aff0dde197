"""A hand that is not the agent's, for benches and tests: it presses keys and moves the mouse of an X display.

As a process of its own it does what a JSON line says ({"act": "tap", "words": ["ctrl", "shift", "escape"]}) and answers
when it began.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any, Final, Self

from Xlib import X
from Xlib.ext import xtest

from screenagent.desktop.json_lines import Child, module_command
from screenagent.desktop.x11.connection import connect_display, disconnect_display
from screenagent.desktop.x11.input_devices import KeyboardLayout

ANSWER_SECONDS: Final = 60.0  # an overloaded machine may take its time to start a process


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


class SyntheticPerson:
    """A hand in a process of its own."""

    def __init__(self, display: str) -> None:
        self._display = display

    def __enter__(self) -> Self:
        self._child = Child(module_command("screenagent.desktop.testing.synthetic_user", self._display))
        self._answer()
        return self

    def __exit__(self, *_: object) -> None:
        self._child.end()

    def does(self, act: str, *words: str) -> float:
        """Have it done, and return when it began, by the monotonic clock."""
        self._child.say(act=act, words=words)
        return float(self._answer()["began"])

    def _answer(self) -> dict[str, Any]:
        if answer := self._child.hear(ANSWER_SECONDS):
            return answer
        raise TimeoutError(f"the hand on display {self._display} did not answer within {ANSWER_SECONDS:g} s")


def main() -> None:
    with closing(SyntheticUser(sys.argv[1])) as hand:
        listed: list[Callable[..., None]] = [hand.tap, hand.down, hand.up, hand.move, hand.click]
        acts = {act.__name__: act for act in listed}
        _say(began=time.monotonic())
        for line in sys.stdin:
            told = json.loads(line)
            if told["act"] not in acts:
                raise SystemExit(f"unknown act {told['act']!r}; there are {', '.join(acts)}")
            began = time.monotonic()
            acts[told["act"]](*told["words"])
            _say(began=began)


def _say(**words: object) -> None:
    print(json.dumps(words), flush=True)


if __name__ == "__main__":
    main()
