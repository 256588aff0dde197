"""Which keys an X server's keyboard has, and which characters they make."""

from __future__ import annotations

from typing import Final

from Xlib import XK, X

from screenagent.desktop import NoDesktop
from screenagent.desktop.x11.connection import connect_display, disconnect_display
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


class KeyboardLayout:
    """Which key of this display's keyboard makes a character."""

    def __init__(self, display: str | None = None) -> None:
        self._display = connect_display(display)

    def close(self) -> None:
        disconnect_display(self._display)

    def changed(self) -> bool:
        """Whether the keyboard has got another layout since the last time."""
        changed = False
        while self._display.pending_events():
            told = self._display.next_event()
            if told.type == X.MappingNotify:
                self._display.refresh_keyboard_mapping(told)
                changed = True
        return changed

    def find(self, character: str) -> tuple[int, int, bool] | None:
        """Its keysym, the code of its key, and whether Shift is needed; `None` where no key makes it that way."""
        point = ord(character)
        keysym = point if point <= LATIN_1 else UNICODE_KEYSYMS + point
        code, level = next(iter(self._display.keysym_to_keycodes(keysym)), (0, 0))
        return (keysym, code, level == 1) if code and level <= 1 else None

    def codes(self, key: str) -> frozenset[int]:
        """The keys that count as `key`, by its name here: for a modifier the left one and the right one."""
        keysyms = [XK.string_to_keysym(name) for name in KEYSYMS.get(key, (key,))]
        found = [code for keysym in keysyms for code, _ in self._display.keysym_to_keycodes(keysym)]
        if not found:
            raise NoDesktop(f"this keyboard has no {key!r} key; choose others with the setting stop_keys")
        return frozenset(found)

    def code(self, keysym: int, name: str) -> int:
        code: int = self._display.keysym_to_keycode(keysym)
        if not code:
            raise Retry(f"this keyboard has no {name!r} key", "no_key")
        return code
