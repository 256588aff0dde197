"""The user's own hand, listened to by pynput: what it presses, releases and turns, one touch at a time."""

from __future__ import annotations

import queue
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Any, Final, Self

from screenagent.actions import Button, Direction
from screenagent.control import Control
from screenagent.desktop import NoDesktop
from screenagent.desktop.keyboard import opening_pynput
from screenagent.geometry import Pixel, Value
from screenagent.keys import NAMED
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


BUTTONS: Final[tuple[Button, ...]] = ("left", "middle", "right")
NAMES: Final = {
    "esc": "escape",
    **{f"{name}{side}": name for name in ("ctrl", "shift", "alt") for side in ("_l", "_r")},
    **dict.fromkeys(("cmd", "cmd_l", "cmd_r"), "super"),
}
POLL_SECONDS: Final = 0.05  # how soon a stop is seen while the hand rests
JOIN_SECONDS: Final = 1.0  # pynput waits for ever for what ended a listener whose connection was lost


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
        self._display = display
        self._stop_keys = frozenset(stop_keys)
        self._down: set[str] = set()
        self._heard: queue.Queue[TimedTouch] = queue.Queue()
        with opening_pynput(display):
            from pynput import mouse
        self._listeners: tuple[Any, ...] = (
            _keyboard_listener(self._pressed, self._released),
            mouse.Listener(on_click=self._clicked, on_scroll=self._scrolled),
        )

    def __enter__(self) -> Self:
        with opening_pynput(self._display):  # each opens its connection when it starts
            for listener in self._listeners:
                listener.start()
            for listener in self._listeners:
                listener.wait()
        return self

    def __exit__(self, *_: object) -> None:
        for listener in self._listeners:
            with suppress(*_gone()):
                listener.stop()
        # On X pynput asks for the end on the connection that waits for the next event: it would end with that one.
        contexts = [vars(listener).get("_context") for listener in self._listeners]
        if any(context is not None for context in contexts):
            with suppress(NoDesktop, *_gone()):  # with the display, its listeners have ended
                self._disable(contexts)
        for listener in self._listeners:
            with suppress(*_gone()):
                listener.join(JOIN_SECONDS)

    def _disable(self, contexts: Sequence[object]) -> None:
        from screenagent.desktop.x11.connection import connect_display

        with closing(connect_display(self._display)) as server:
            for context in contexts:
                server.record_disable_context(context)
            server.sync()

    def heard(self) -> Iterator[TimedTouch]:
        """What it does until the control says stop; what was meant for our own terminal is left out."""
        while not (self._control.stopped and self._heard.empty()):
            with suppress(queue.Empty):
                yield self._heard.get(timeout=POLL_SECONDS)
            for listener in self._listeners:
                if not listener.is_alive():
                    with suppress(*_gone()):
                        listener.join(JOIN_SECONDS)  # which raises what ended it
                    raise NoDesktop("the display has ended while it was listened to")

    def _pressed(self, names: Iterable[str]) -> None:
        for name in names:
            self._down.add(name)
            if self._stop_keys and self._stop_keys <= self._down:
                self._control.stop()
            self._hear(KeyDown(key=name))

    def _released(self, name: str) -> None:
        self._down.discard(name)
        self._hear(KeyUp(key=name))

    def _clicked(self, x: float, y: float, button: Any, pressed: bool) -> None:
        if button.name in BUTTONS:
            kind = ButtonDown if pressed else ButtonUp
            self._hear(kind(button=button.name, pixel=Pixel(x=round(x), y=round(y))))

    def _scrolled(self, x: float, y: float, dx: int, dy: int) -> None:
        turned: Direction = ("up" if dy > 0 else "down") if dy else ("right" if dx > 0 else "left")
        self._hear(WheelTurned(direction=turned, pixel=Pixel(x=round(x), y=round(y))))

    def _hear(self, touch: Touch) -> None:
        at = time.monotonic()
        if self._control.stopped:
            return
        seen = self._before(at, touch)
        if not (seen.window and seen.window.own):
            self._heard.put(TimedTouch(at, touch, seen))


def _gone() -> tuple[type[Exception], ...]:
    """Return what a call raises when the display has ended: of all systems only X tells."""
    if "Xlib" not in sys.modules:
        return ()
    from screenagent.desktop.x11.connection import GONE

    return GONE


def _keyboard_listener(pressed: Callable[[Iterable[str]], None], released: Callable[[str], None]) -> Any:
    """Return pynput's listener; on X the keys are named by the server's own map of the keyboard."""
    if sys.platform == "linux":
        from screenagent.desktop.x11.key_listener import XKeyListener

        return XKeyListener(pressed, released)
    from pynput import keyboard

    def press(key: Any) -> None:
        pressed([name] if (name := _name(key)) else [])

    def release(key: Any) -> None:
        if name := _name(key):
            released(name)

    return keyboard.Listener(on_press=press, on_release=release)


def _name(key: Any) -> str | None:
    """The key as `keys` spells it, or its character; None for those that no action of ours can press."""
    character: str | None = getattr(key, "char", None)
    if character is None:
        pynput_name = getattr(key, "name", "")
        name = NAMES.get(pynput_name, pynput_name)
        return name if name in NAMED else None
    if len(character) == 1 and ord(character) < 0x20:  # what Ctrl makes of a letter
        return chr(ord(character) + 0x60)
    return character if len(character) == 1 and character.isprintable() else None
