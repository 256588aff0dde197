"""The keyboard of an X display, by the characters that its keys make, and its mouse, moved through XTEST."""

from __future__ import annotations

import threading
from typing import Final, NamedTuple

from Xlib import XK, X
from Xlib.ext import xtest

from screenagent.desktop.x11.connection import connect_display, disconnect_display, pointer
from screenagent.desktop.x11.key_focus import physical_button
from screenagent.geometry import Pixel
from screenagent.protocols import Retry

LATIN_1: Final = 0xFF  # up to here a keysym is the character's code point, beyond it that plus an offset
UNICODE_KEYSYMS: Final = 0x01000000
KEYSYMS: Final = {
    "ctrl": ("Control_L", "Control_R"),
    "shift": ("Shift_L", "Shift_R"),
    "alt": ("Alt_L", "Alt_R", "Meta_L", "Meta_R"),
    "super": ("Super_L", "Super_R"),
    "escape": ("Escape",),
    "enter": ("Return",),
    "backspace": ("BackSpace",),
    "page_up": ("Prior",),
    "page_down": ("Next",),
    "print_screen": ("Print",),
    **{name: (name.title(),) for name in ("tab", "delete", "insert", "up", "down", "left", "right", "home", "end")},
    **{name: (name.title(),) for name in ("caps_lock", "num_lock", "scroll_lock", "pause", "menu")},
    **{f"f{number}": (f"F{number}",) for number in range(1, 21)},
}


class LayoutKey(NamedTuple):
    keysym: int
    code: int
    shifted: bool


class KeyboardLayout:
    """Which key of this display's keyboard makes a character."""

    def __init__(self, display: str | None = None) -> None:
        self._display = connect_display(display)

    def close(self) -> None:
        disconnect_display(self._display)

    def changed(self) -> bool:
        """Whether the keyboard has got another layout since the last time."""
        told = [self._display.next_event() for _ in range(self._display.pending_events())]
        changes = [event for event in told if event.type == X.MappingNotify]
        for change in changes:
            self._display.refresh_keyboard_mapping(change)
        return bool(changes)

    def find(self, character: str) -> LayoutKey | None:
        """Return the key that makes a character, alone or with Shift; None where no key makes it that way."""
        point = ord(character)
        keysym = point if point <= LATIN_1 else UNICODE_KEYSYMS + point
        code, level = next(iter(self._display.keysym_to_keycodes(keysym)), (0, 0))
        return LayoutKey(keysym, code, level == 1) if code and level <= 1 else None

    def codes(self, key: str) -> frozenset[int]:
        """The keys that count as `key`, by its name here: for a modifier the left one and the right one.

        None where this keyboard does not have it.
        """
        keysyms = [XK.string_to_keysym(name) for name in KEYSYMS.get(key, (key,))]
        return frozenset(code for keysym in keysyms for code, _ in self._display.keysym_to_keycodes(keysym))

    def code(self, keysym: int, name: str) -> int:
        code: int = self._display.keysym_to_keycode(keysym)
        if not code:
            raise Retry(f"this keyboard has no {name!r} key", "no_key")
        return code


class XPointer:
    """Sends motions and buttons to one display, whatever the environment calls the session's."""

    def __init__(self, display: str) -> None:
        self._lock = threading.Lock()  # protects the connection: a recording asks where the mouse is in its own thread
        self._connection = connect_display(display)

    def close(self) -> None:
        disconnect_display(self._connection)

    @property
    def position(self) -> Pixel:
        with self._lock:
            return pointer(self._connection)

    def move(self, pixel: Pixel) -> None:
        with self._lock:
            root = self._connection.screen().root
            if not root.query_pointer().same_screen:  # of a server with several, whose motions stay on one
                root.warp_pointer(pixel.x, pixel.y)
            xtest.fake_input(self._connection, X.MotionNotify, x=pixel.x, y=pixel.y)
            self._connection.sync()

    def button(self, button: int, *, pressed: bool) -> None:
        """Press or release a button where the mouse is."""
        with self._lock:
            xtest.fake_input(self._connection, X.ButtonPress if pressed else X.ButtonRelease, button)
            self._connection.sync()

    def physical(self, button: int) -> int:
        with self._lock:
            return physical_button(self._connection, button)

    def turn_wheel(self, button: int) -> None:
        """Turn the wheel by one notch, which X counts as a click of a button of its own."""
        for pressed in (True, False):
            self.button(button, pressed=pressed)
