"""The keyboard of Windows or macOS, and what a person does there with it and with the mouse, by pynput. Unproven."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import Any, Final

from pynput import keyboard, mouse

from screenagent.actions import Button, Direction
from screenagent.desktop import NoDesktop
from screenagent.desktop.input_listener import Ears
from screenagent.desktop.keyboard import Stroke
from screenagent.desktop.user_input import UserInputMonitor
from screenagent.geometry import Pixel
from screenagent.keys import NAMED

PYNPUT: Final = {"escape": "esc", "super": "cmd"} | {name: name for name in NAMED - {"escape", "super"}}
NAMES: Final = {
    "esc": "escape",
    **{f"{name}{side}": name for name in ("ctrl", "shift", "alt") for side in ("_l", "_r")},
    **dict.fromkeys(("cmd", "cmd_l", "cmd_r"), "super"),
}
BUTTONS: Final[tuple[Button, ...]] = ("left", "middle", "right")
JOIN_SECONDS: Final = 1.0  # pynput waits for ever for what ended a listener


class PynputKeys:
    is_sure = False

    def __init__(self) -> None:
        self._controller = keyboard.Controller()

    def named(self, name: str) -> Stroke | None:
        key = getattr(keyboard.Key, PYNPUT[name], None)
        return Stroke(key, hash(key)) if key is not None else None

    def find(self, character: str) -> Stroke | None:
        return Stroke(keyboard.KeyCode.from_char(character), ord(character))

    chord_key = find

    def send(self, stroke: Stroke, *, pressed: bool) -> None:
        (self._controller.press if pressed else self._controller.release)(stroke.key)


class PynputListener:
    """Between `start` and `stop`, threads of pynput's tell `ears` of each event."""

    def __init__(self, ears: Ears) -> None:
        self._ears = ears
        self._listeners: tuple[Any, ...] = (
            keyboard.Listener(on_press=self._pressed, on_release=self._released),
            mouse.Listener(on_click=self._clicked, on_scroll=self._scrolled),
        )

    def start(self) -> None:
        for listener in self._listeners:
            listener.start()
        for listener in self._listeners:
            listener.wait()

    def stop(self) -> None:
        for listener in self._listeners:
            listener.stop()
        for listener in self._listeners:
            listener.join(JOIN_SECONDS)

    def check(self) -> None:
        """Raise what ended a listener before its time."""
        for listener in self._listeners:
            if not listener.is_alive():
                listener.join(JOIN_SECONDS)
                raise NoDesktop("the display has ended while it was listened to")

    def _pressed(self, key: Any) -> None:
        if name := _name(key):
            self._ears.pressed([name])

    def _released(self, key: Any) -> None:
        if name := _name(key):
            self._ears.released(name)

    def _clicked(self, x: float, y: float, button: Any, pressed: bool) -> None:
        if button.name in BUTTONS:
            self._ears.button(button.name, Pixel(x=round(x), y=round(y)), pressed)

    def _scrolled(self, x: float, y: float, dx: int, dy: int) -> None:
        turned: Direction = ("up" if dy > 0 else "down") if dy else ("right" if dx > 0 else "left")
        self._ears.wheel(turned, Pixel(x=round(x), y=round(y)))


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


def hot_key(keys: tuple[str, ...]) -> str:
    """Return keys that are pressed together as pynput writes them."""
    return "+".join(f"<{PYNPUT[key]}>" if key in PYNPUT else key for key in keys)


def listen_by_pynput(stack: ExitStack, monitor: UserInputMonitor) -> None:
    """Tell `monitor` what the user does, until the stack is closed. Only Windows tells what was injected, so only there
    a touch is known."""
    tells = sys.platform == "win32"

    def moved(x: int, y: int, injected: bool) -> None:
        monitor.moved(Pixel(x=int(x), y=int(y)), by_user=tells and not injected)

    def pressed(key: object, injected: bool) -> None:  # noqa: ARG001 - which key it was is nobody's business
        if tells and not injected:
            monitor.touched("keyboard")

    listeners: list[Any] = [mouse.Listener(on_move=moved), keyboard.Listener(on_press=pressed)]
    hot_keys = {hot_key(keys): hears for keys, hears in monitor.chords() if keys}
    if hot_keys:
        listeners.append(keyboard.GlobalHotKeys(hot_keys))
    for listener in listeners:
        listener.start()
        stack.callback(listener.stop)
