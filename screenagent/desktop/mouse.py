"""The mouse, by pyautogui, but for the buttons on X: every event is preceded by a look at the control."""

from __future__ import annotations

import importlib
import itertools
import math
import os
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from screenagent.actions import Button, Direction
from screenagent.control import Control
from screenagent.desktop.held_input import HeldInput
from screenagent.desktop.sent_input import SentInput
from screenagent.geometry import Pixel

BUTTONS: Final[dict[Button, int]] = {"left": 1, "middle": 2, "right": 3}
WHEEL: Final[dict[Direction, int]] = {"up": 4, "down": 5, "left": 6, "right": 7}  # buttons, on X
NOTCH: Final = 120 if sys.platform == "win32" else 1  # what one notch of the wheel is to pyautogui
CLICK_SECONDS: Final = 0.04  # between the clicks of a double click: a window manager that is asked faster loses some
DOUBLE_CLICK_SECONDS: Final = 0.5  # two clicks at one place within this are one double click to Windows and KDE
DOUBLE_CLICK_PIXELS: Final = 8
DRAG_PIXELS: Final = 24  # a drag is read from several motions, in a hand's steps and at a hand's pace
DRAG_SECONDS: Final = 0.008
DROP_SECONDS: Final = 0.05  # a drop target answers the last motion before it may be dropped on

# What pyautogui imports and we do not use: where Python lacks tk, mouseinfo ends the process; pyscreeze looks for
# screenshot programs by starting some, and leaves their pipes open.
UNUSED: Final = ("mouseinfo", "pyscreeze")


class Mouse:
    """The mouse of the X display `display`, or of the one screen that Windows and macOS have."""

    _speaking = threading.RLock()  # pyautogui has one display, its module's: each mouse puts its own there to speak

    def __init__(self, *, control: Control, held: HeldInput, ledger: SentInput, display: str | None) -> None:
        self._control = control
        self._ledger = ledger
        self._held = held
        self._pyautogui = _pyautogui(display)
        self._connection = _x11().connect_display(display) if display else None
        self._clicked: tuple[float, Pixel, Button] | None = None

    def close(self) -> None:
        if self._connection:
            _x11().disconnect_display(self._connection)

    @property
    def position(self) -> Pixel:
        with self._own() as pyautogui:
            x, y = pyautogui.position()
        return Pixel(x=int(x), y=int(y))

    def move(self, pixel: Pixel) -> None:
        self._control.check_input()
        self._ledger.motion(pixel)
        with self._own() as pyautogui:
            pyautogui.moveTo(pixel.x, pixel.y)

    def click(self, pixel: Pixel, *, button: Button, count: int) -> None:
        self.move(pixel)
        self._part_from_last_click(pixel, button)
        for again in range(count):
            if again:
                self._control.wait(CLICK_SECONDS)
            with self.pressed(button):
                pass
        self._clicked = time.monotonic(), pixel, button

    def drag(self, path: Sequence[Pixel], *, button: Button) -> None:
        self.move(path[0])
        with self.pressed(button):
            for start, end in itertools.pairwise(path):
                for pixel in _line(start, end):
                    self.move(pixel)
                    self._control.wait(DRAG_SECONDS)
            self._control.wait(DROP_SECONDS)

    def scroll(self, direction: Direction, *, notches: int) -> None:
        if sys.platform == "win32" and direction in ("left", "right"):
            raise NotImplementedError("pyautogui cannot turn the wheel sideways on Windows")
        sign = 1 if direction in ("up", "right") else -1
        for _ in range(notches):
            self._control.check_input()
            for pressed in (True, False):
                self._ledger.stroke("button", WHEEL[direction], pressed=pressed)
            if self._connection:
                _x11().send_button(self._connection, WHEEL[direction], pressed=True)
                _x11().send_button(self._connection, WHEEL[direction], pressed=False)
                continue
            with self._own() as pyautogui:
                turn = pyautogui.vscroll if direction in ("up", "down") else pyautogui.hscroll
                turn(sign * NOTCH)

    @contextmanager
    def pressed(self, button: Button) -> Iterator[None]:
        self._control.check_input()
        code = BUTTONS[button]
        self._held.down("button", code, lambda: self._send(button, pressed=False))
        try:
            self._send(button, pressed=True)
            yield
            self._control.check_input()
        finally:
            self._held.up("button", code)

    def _part_from_last_click(self, pixel: Pixel, button: Button) -> None:
        """Two clicks of the agent are two clicks, however fast it is."""
        if self._clicked is None:
            return
        at, place, last = self._clicked
        near = max(abs(place.x - pixel.x), abs(place.y - pixel.y)) <= DOUBLE_CLICK_PIXELS
        if near and last == button:
            self._control.wait_until(at + DOUBLE_CLICK_SECONDS)

    @contextmanager
    def _own(self) -> Iterator[Any]:
        """pyautogui, speaking to our display."""
        with Mouse._speaking:
            if self._connection:
                self._pyautogui.platformModule._display = self._connection
            yield self._pyautogui

    def _send(self, button: Button, *, pressed: bool) -> None:
        if self._connection:  # before each press pyautogui moves the mouse to where it was a moment ago
            _x11().send_button(self._connection, BUTTONS[button], pressed=pressed)
            return
        with self._own() as pyautogui:
            send = pyautogui.mouseDown if pressed else pyautogui.mouseUp
            send(button=button)


def _pyautogui(display: str | None) -> Any:
    loaded = "pyautogui" in sys.modules
    with environment_display(display), _without(*UNUSED):
        pyautogui: Any = importlib.import_module("pyautogui")
    if display and not loaded:
        pyautogui.platformModule._display.close()  # it opened one as it was imported; each mouse brings its own
    pyautogui.PAUSE = 0  # the loop looks at the screen instead of sleeping
    pyautogui.FAILSAFE = False  # a corner of the screen is a place like any other; stopping is the control's
    return pyautogui


def _x11() -> Any:
    return importlib.import_module("screenagent.desktop.x11.connection")


@contextmanager
def _without(*names: str) -> Iterator[None]:
    """Importing these is an ImportError meanwhile, which pyautogui bears."""
    absent = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type] # None is what says so
    try:
        yield
    finally:
        for name in absent:
            sys.modules.pop(name, None)


@contextmanager
def environment_display(display: str | None) -> Iterator[None]:
    """For libraries that find their display in the environment and take it no other way."""
    before = os.environ.get("DISPLAY")
    if display:
        os.environ["DISPLAY"] = display
    try:
        yield
    finally:
        if display and before is None:
            del os.environ["DISPLAY"]
        elif before is not None:
            os.environ["DISPLAY"] = before


def _line(start: Pixel, end: Pixel) -> Iterator[Pixel]:
    """From beyond `start` to `end`, in steps a toolkit takes for a drag."""
    steps = max(2, math.ceil(math.hypot(end.x - start.x, end.y - start.y) / DRAG_PIXELS))
    for step in range(1, steps + 1):
        yield Pixel(
            x=round(start.x + (end.x - start.x) * step / steps),
            y=round(start.y + (end.y - start.y) * step / steps),
        )
