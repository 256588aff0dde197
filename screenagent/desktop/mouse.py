"""The mouse: clicks, drags and scrolling, with a look at the control before every event."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, Protocol

from screenagent.actions import Button, Direction
from screenagent.control import Control
from screenagent.desktop.sent_input import HeldInput, SentInput
from screenagent.geometry import Pixel

BUTTONS: Final[dict[Button, int]] = {"left": 1, "middle": 2, "right": 3}
WHEEL: Final[dict[Direction, int]] = {"up": 4, "down": 5, "left": 6, "right": 7}  # buttons, on X
CLICK_SECONDS: Final = 0.04  # between the clicks of a double click: a window manager that is asked faster loses some
DOUBLE_CLICK_SECONDS: Final = 0.5  # two clicks at one place within this are one double click to Windows and KDE
DOUBLE_CLICK_PIXELS: Final = 8
HOVER_SECONDS: Final = 0.03  # between two motions: a toolkit joins those that come at once
DRAG_PIXELS: Final = 24  # a drag is read from several motions, in a hand's steps and at a hand's pace
DRAG_SECONDS: Final = 0.008
DROP_SECONDS: Final = 0.05  # a drop target answers the last motion before it may be dropped on
LONG_PRESS_SECONDS: Final = 0.8  # a list that is also scrolled by dragging lifts an item after 0.3 to 0.7 s
NUDGE_PIXELS: Final = 6  # the motions that begin and end a slow drag: toolkits begin one after 3 to 16 pixels
NUDGES: Final = 4
NUDGE_SECONDS: Final = 0.06  # while a browser or a file manager opens its own drag and drop
SLOW_PIXELS: Final = 12
SLOW_SECONDS: Final = 0.016
SLOW_DROP_SECONDS: Final = 0.3
SLOW_AT_LEAST: Final = 1.6  # from the press to the release, in seconds


class Pointer(Protocol):
    """The mouse of a system: what moves it and presses its buttons, by the numbers that X gives them."""

    deaf_seconds: float
    """For so long after a press, a menu that it opened may take no other."""

    @property
    def is_told(self) -> bool:
        """Whether `position` is where the mouse is; elsewhere it is where we moved it last."""
        ...

    @property
    def position(self) -> Pixel: ...

    def move(self, pixel: Pixel) -> None: ...

    def button(self, button: int, *, pressed: bool) -> None: ...

    def physical(self, button: int) -> int:
        """Return the button to press so that programs get `button`."""
        ...

    def turn_wheel(self, button: int) -> None: ...


class Mouse:
    """Sends what a hand would, in a hand's steps, and enters it in the ledger."""

    def __init__(self, pointer: Pointer, *, control: Control, held: HeldInput, ledger: SentInput) -> None:
        self._pointer = pointer
        self._control = control
        self._ledger = ledger
        self._held = held
        self._clicked: tuple[float, Pixel, Button] | None = None

    @property
    def position(self) -> Pixel:
        return self._pointer.position

    def may_have_come(self, earlier: Pixel) -> bool:
        """Return whether the mouse may be elsewhere than when its position was `earlier`."""
        return earlier != self.position or not self._pointer.is_told

    def move(self, pixel: Pixel) -> None:
        self._control.check_input()
        self._ledger.motion(pixel)
        self._pointer.move(pixel)

    def hover(self, pixel: Pixel) -> None:
        """Move to `pixel` in two motions: a menu takes the first one for its own coming up under the mouse."""
        self.move(Pixel(x=pixel.x - 1 if pixel.x else 1, y=pixel.y))
        self._control.wait(HOVER_SECONDS)
        self.move(pixel)

    def approach(self, pixel: Pixel, *, button: Button) -> None:
        """Move to `pixel`, and wait until a click there would not make a double click with the last one."""
        self.move(pixel)
        self._part_from_last_click(pixel, button)
        if self._clicked is not None:
            self._control.wait_until(self._clicked[0] + self._pointer.deaf_seconds)

    def click(self, pixel: Pixel, *, button: Button, count: int, again: Callable[[], None] = lambda: None) -> None:
        """Click so many times; `again` is asked before each further press, and raises if that may not be sent."""
        self._stay_at(pixel)
        for number in range(count):
            if number:
                self._control.wait(CLICK_SECONDS)
                again()
            with self.pressed(button):
                pass
        self._clicked = time.monotonic(), pixel, button

    def drag(self, path: Sequence[Pixel], *, button: Button, slowly: bool = False) -> None:
        self._stay_at(path[0])
        with self.pressed(button):
            if slowly:
                self._drag_slowly(path)
                return
            for start, end in itertools.pairwise(path):
                for pixel in _line(start, end):
                    self.move(pixel)
                    self._control.wait(DRAG_SECONDS)
            self._control.wait(DROP_SECONDS)

    def _drag_slowly(self, path: Sequence[Pixel]) -> None:
        """Keep still until a long press is over, leave in small steps, and stay over the drop target for a while."""
        began = time.monotonic()
        self._control.wait(LONG_PRESS_SECONDS)
        self._nudge(path[0], path[1])
        for start, end in itertools.pairwise(path):
            for pixel in _line(start, end, step=SLOW_PIXELS):
                self.move(pixel)
                self._control.wait(SLOW_SECONDS)
        self._nudge(path[-1], path[-2])
        self.move(path[-1])
        self._control.wait(SLOW_DROP_SECONDS)
        self._control.wait_until(began + SLOW_AT_LEAST)

    def _nudge(self, place: Pixel, toward: Pixel) -> None:
        """Move a little from `place` toward another, with a pause after each motion."""
        for pixel in itertools.islice(_line(place, toward, step=NUDGE_PIXELS), NUDGES):
            self.move(pixel)
            self._control.wait(NUDGE_SECONDS)

    def scroll(self, direction: Direction, *, notches: int) -> None:
        code = self._pointer.physical(WHEEL[direction])
        for _ in range(notches):
            self._control.check_input()
            for pressed in (True, False):
                self._ledger.stroke("button", code, pressed=pressed)
            self._pointer.turn_wheel(code)

    @contextmanager
    def pressed(self, button: Button) -> Iterator[None]:
        self._control.check_input()
        code = self._pointer.physical(BUTTONS[button])
        self._held.down("button", code, lambda: self._pointer.button(code, pressed=False))
        try:
            self._pointer.button(code, pressed=True)
            yield
            self._control.check_input()
        finally:
            self._held.up("button", code)

    def _stay_at(self, pixel: Pixel) -> None:
        """Move to `pixel`, unless the mouse is there already."""
        if self.position != pixel:
            self.move(pixel)

    def _part_from_last_click(self, pixel: Pixel, button: Button) -> None:
        """Wait until a click at the place of the last one no longer makes a double click with it."""
        if self._clicked is None:
            return
        at, place, last = self._clicked
        near = max(abs(place.x - pixel.x), abs(place.y - pixel.y)) <= DOUBLE_CLICK_PIXELS
        if near and last == button:
            self._control.wait_until(at + DOUBLE_CLICK_SECONDS)


def _line(start: Pixel, end: Pixel, *, step: int = DRAG_PIXELS) -> Iterator[Pixel]:
    """Return the places from beyond `start` to `end`, in steps that a toolkit takes for a drag."""
    steps = max(2, math.ceil(math.hypot(end.x - start.x, end.y - start.y) / step))
    for part in range(1, steps + 1):
        yield Pixel(
            x=round(start.x + (end.x - start.x) * part / steps), y=round(start.y + (end.y - start.y) * part / steps)
        )
