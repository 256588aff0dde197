"""A person at an X display, in a process of its own: moves, presses and types at a person's pace, by XTEST.

usage: python -m tests.person :DISPLAY "click 100 200" "type some words" "press ctrl+s" "drag 1 2 30 40"
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from Xlib import XK, X, display
from Xlib.ext import xtest

from tests.paths import ROOT

for group in ("xkb", "cyrillic"):  # the first has the dead keys, and those that choose a level
    XK.load_keysym_group(group)
PACE = 0.12  # seconds between what a person does, such as two letters
NAMES = {"ctrl": "Control_L", "shift": "Shift_L", "alt": "Alt_L", "enter": "Return", "tab": "Tab", "escape": "Escape"}


def at(name: str, *words: str) -> None:
    """Do it, and come back when it is done."""
    subprocess.run([sys.executable, "-m", "tests.person", name, *words], check=True, cwd=ROOT)


class Person:
    def __init__(self, name: str) -> None:
        self._server = display.Display(name)

    def do(self, words: str) -> None:
        verb, _, rest = words.partition(" ")
        match verb:
            case "click" | "double":
                x, y, *button = map(int, rest.split())
                self._move(x, y)
                for _ in range(2 if verb == "double" else 1):
                    self._button(button[0] if button else 1)
            case "move":
                self._move(*map(int, rest.split()))
            case "drag":
                x, y, *end = map(int, rest.split())
                self._move(x, y)
                self._send(X.ButtonPress, 1)
                self._move(*end)
                self._send(X.ButtonRelease, 1)
            case "scroll":
                notches, x, y = map(int, rest.split())
                self._move(x, y)
                for _ in range(abs(notches)):
                    self._button(5 if notches > 0 else 4)
            case "type":
                for character in rest:
                    self._type(character)
            case "press":
                self._chord(rest.split("+"))
            case "rest":
                time.sleep(float(rest))
            case _:
                raise ValueError(words)
        time.sleep(PACE)

    def _move(self, x: int, y: int) -> None:
        """In a few motions, as a hand does."""
        begin = self._server.screen().root.query_pointer()
        for part in range(1, 6):
            to = (begin.root_x + (x - begin.root_x) * part // 5, begin.root_y + (y - begin.root_y) * part // 5)
            xtest.fake_input(self._server, X.MotionNotify, x=to[0], y=to[1])
            self._server.sync()
            time.sleep(PACE / 4)
        time.sleep(PACE)

    def _button(self, button: int) -> None:
        self._send(X.ButtonPress, button)
        self._send(X.ButtonRelease, button)
        time.sleep(PACE / 3)

    def _type(self, character: str) -> None:
        keysym = XK.string_to_keysym({" ": "space"}.get(character, character)) or ord(character)
        code, level = next(iter(self._server.keysym_to_keycodes(keysym)))
        with self._held(["shift"] if level == 1 else []):
            self._send(X.KeyPress, code)
            self._send(X.KeyRelease, code)
        time.sleep(PACE / 2)

    def _chord(self, keys: list[str]) -> None:
        *modifiers, last = keys
        with self._held(modifiers):
            code = self._code(last)
            self._send(X.KeyPress, code)
            self._send(X.KeyRelease, code)

    @contextmanager
    def _held(self, names: list[str]) -> Iterator[None]:
        for name in names:
            self._send(X.KeyPress, self._code(name))
        yield
        for name in reversed(names):
            self._send(X.KeyRelease, self._code(name))

    def _code(self, name: str) -> int:
        return int(self._server.keysym_to_keycode(XK.string_to_keysym(NAMES.get(name, name))))

    def _send(self, kind: int, detail: int) -> None:
        xtest.fake_input(self._server, kind, detail)
        self._server.sync()


if __name__ == "__main__":
    person = Person(sys.argv[1])
    for words in sys.argv[2:]:
        person.do(words)
