"""The user's own hand, listened to: what it presses, releases and turns, one touch at a time."""

from __future__ import annotations

import queue
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol, Self

from screenagent.actions import Button, Direction
from screenagent.control import Control
from screenagent.desktop import NoDesktop
from screenagent.desktop.wayland.session import own_session
from screenagent.geometry import Pixel, Value
from screenagent.screenshot import Screenshot


class ButtonDown(Value):
    button: Button
    pixel: Pixel


class ButtonUp(Value):
    button: Button
    pixel: Pixel


class WheelTurned(Value):
    direction: Direction
    pixel: Pixel


class KeyDown(Value):
    """`key` is one of `keys.NAMED`, or the character that the key makes with the modifiers held."""

    key: str


class KeyUp(Value):
    key: str


Touch = ButtonDown | ButtonUp | WheelTurned | KeyDown | KeyUp


@dataclass(frozen=True)
class TimedTouch:
    """One touch: when, by the monotonic clock, and what was on the screen just before it."""

    at: float
    touch: Touch
    seen: Screenshot


POLL_SECONDS: Final = 0.05  # how soon a stop is seen while the hand rests


@dataclass(frozen=True)
class Ears:
    """What a system's listener calls: with the keys' names, and with where the mouse was."""

    pressed: Callable[[Iterable[str]], None]
    released: Callable[[str], None]
    button: Callable[[Button, Pixel, bool], None]
    wheel: Callable[[Direction, Pixel], None]


class Listener(Protocol):
    """Tells of a person's input between `start` and `stop`; `check` raises what ended it before its time."""

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def check(self) -> None: ...


class InputListener:
    """Between entering and leaving, `heard` gives what the hand does on the X display `display` (or the only one).

    `before` is asked at once what was on the screen before a touch at a moment of the monotonic clock. The control is
    told to stop when all of `stop_keys` are down.
    """

    def __init__(
        self,
        before: Callable[[float, Touch], Screenshot],
        *,
        control: Control,
        display: str | None = None,
        stop_keys: Sequence[str] = (),
    ) -> None:
        self._before = before
        self._control = control
        self._stop_keys = frozenset(stop_keys)
        self._down: set[str] = set()
        self._heard: queue.Queue[TimedTouch] = queue.Queue()
        ears = Ears(self._pressed, self._released, self._button, self._wheel)
        self._listener = _system_listener(display, ears)

    def __enter__(self) -> Self:
        self._listener.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.stop()

    def heard(self) -> Iterator[TimedTouch]:
        """What it does until the control says stop; what was meant for our own terminal is left out."""
        while not (self._control.stopped and self._heard.empty()):
            with suppress(queue.Empty):
                yield self._heard.get(timeout=POLL_SECONDS)
            self._listener.check()

    def _pressed(self, names: Iterable[str]) -> None:
        for name in names:
            self._down.add(name)
            if self._stop_keys and self._stop_keys <= self._down:
                self._control.stop()
            self._hear(KeyDown(key=name))

    def _released(self, name: str) -> None:
        self._down.discard(name)
        self._hear(KeyUp(key=name))

    def _button(self, button: Button, pixel: Pixel, pressed: bool) -> None:
        self._hear((ButtonDown if pressed else ButtonUp)(button=button, pixel=pixel))

    def _wheel(self, direction: Direction, pixel: Pixel) -> None:
        self._hear(WheelTurned(direction=direction, pixel=pixel))

    def _hear(self, touch: Touch) -> None:
        at = time.monotonic()
        if self._control.stopped:
            return
        seen = self._before(at, touch)
        if not (seen.window and seen.window.own):
            self._heard.put(TimedTouch(at, touch, seen))


def _system_listener(display: str | None, ears: Ears) -> Listener:
    """Return the listener of the system that we are on."""
    if sys.platform == "linux":
        if display is None and own_session() is not None:
            raise NoDesktop(
                "in a Wayland session no program is told what a person does in the windows of others, so nothing can "
                "be recorded there: log in to an X11 session to record"
            )
        from screenagent.desktop.x11.recorded_input import XRecordedInput

        return XRecordedInput(display, ears)
    from screenagent.desktop.pynput_input import PynputListener

    return PynputListener(ears)
