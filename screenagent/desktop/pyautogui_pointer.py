"""The mouse of Windows or macOS, by pyautogui. Unproven."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from screenagent.actions import Button
from screenagent.geometry import Pixel

NAMES: Final[dict[int, Button]] = {1: "left", 2: "middle", 3: "right"}
NOTCH: Final = 120 if sys.platform == "win32" else 1  # what one notch of the wheel is to pyautogui
UP, DOWN, LEFT, RIGHT = 4, 5, 6, 7

# What pyautogui imports and we do not use: where Python lacks tk, mouseinfo ends the process; pyscreeze looks for
# screenshot programs by starting some, and leaves their pipes open.
UNUSED: Final = ("mouseinfo", "pyscreeze")


class PyautoguiPointer:
    """Sends motions, buttons and turns of the wheel to the one screen that the system has."""

    def __init__(self) -> None:
        with _without(*UNUSED):
            import pyautogui
        pyautogui.PAUSE = 0  # the loop looks at the screen instead of sleeping
        pyautogui.FAILSAFE = False  # a corner of the screen is a place like any other; stopping is the control's
        self._pyautogui = pyautogui

    def close(self) -> None:
        pass

    @property
    def position(self) -> Pixel:
        x, y = self._pyautogui.position()
        return Pixel(x=int(x), y=int(y))

    def move(self, pixel: Pixel) -> None:
        self._pyautogui.moveTo(pixel.x, pixel.y)

    def button(self, button: int, *, pressed: bool) -> None:
        send = self._pyautogui.mouseDown if pressed else self._pyautogui.mouseUp
        send(button=NAMES[button])

    def turn_wheel(self, button: int) -> None:
        sideways = button in (LEFT, RIGHT)
        if sys.platform == "win32" and sideways:
            raise NotImplementedError("pyautogui cannot turn the wheel sideways on Windows")
        turn = self._pyautogui.hscroll if sideways else self._pyautogui.vscroll
        turn(NOTCH if button in (UP, RIGHT) else -NOTCH)


@contextmanager
def _without(*names: str) -> Iterator[None]:
    """Meanwhile, let an import of these fail, which pyautogui bears."""
    absent = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type] # None is what says so
    try:
        yield
    finally:
        for name in absent:
            sys.modules.pop(name, None)
