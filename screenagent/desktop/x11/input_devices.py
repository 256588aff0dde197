"""The keyboard of an X display, by the characters that its keys make, and its mouse, moved through XTEST."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache
from typing import Final, NamedTuple

from Xlib import XK, X
from Xlib.ext import xtest

from screenagent.desktop.keyboard import LEVEL_3, Stroke
from screenagent.desktop.x11.connection import GONE, connect_display, disconnect_display, pointer
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


LEVEL_3_KEYSYM: Final = 0xFE03  # AltGr, as a keysym
LEVELS: Final = {0: (False, False), 1: (True, False), 4: (False, True), 5: (True, True)}
"""Where a keysym of the first layout stands in a key's list: whether it takes Shift, and whether AltGr."""

ACCENTS: Final = {
    "DOUBLE ACUTE": "doubleacute",
    "DOT ABOVE": "abovedot",
    "RING ABOVE": "ring",
    **{name.upper(): name for name in ("acute", "grave", "circumflex", "diaeresis", "caron", "cedilla", "ogonek")},
    **{name.upper(): name for name in ("tilde", "macron", "breve", "stroke")},
}
SIGNS: Final = {"€": 0x20AC, "ı": 0x2B9, "œ": 0x13BD, "Œ": 0x13BC}
OLD_GROUPS: Final = ("latin2", "latin3", "latin4")
LEND_SECONDS: Final = 0.15  # until the programs have heard of a key that was given a character


class LayoutKey(NamedTuple):
    keysym: int
    code: int
    shifted: bool
    level_3: bool = False


class KeyboardLayout:
    """Which key of this display's keyboard makes a character."""

    def __init__(self, display: str | None = None) -> None:
        self._display = connect_display(display)
        self._lent: dict[int, int] = {}  # keysyms by the codes of keys that mean nothing otherwise

    def close(self) -> None:
        with suppress(*GONE):
            self._take_back()
        disconnect_display(self._display)

    def follow(self) -> bool:
        """Take over another layout that the keyboard has got since the last time, and return whether it has."""
        told = [self._display.next_event() for _ in range(self._display.pending_events())]
        changes = [event for event in told if event.type == X.MappingNotify]
        for change in changes:
            self._display.refresh_keyboard_mapping(change)
        return bool(changes)

    def find(self, character: str) -> LayoutKey | None:
        """Return the key that makes a character, alone or with Shift or AltGr; None where no key makes it that way."""
        for keysym in keysyms_of(character):
            for code, level in self._display.keysym_to_keycodes(keysym):
                shifted, level_3 = LEVELS.get(level, (False, None))
                if level_3 is not None and (not level_3 or self._display.keysym_to_keycode(LEVEL_3_KEYSYM)):
                    return LayoutKey(keysym, code, shifted, level_3)
        return None

    def lend(self, characters: Iterable[str], wait: Callable[[float], None]) -> None:
        """Let keys that mean nothing make those of `characters` that no key makes, until this closes.

        A program may look at the layout long after a key was pressed. `Retry` if there are too few such keys.
        """
        lacking = [character for character in dict.fromkeys(characters) if self.find(character) is None]
        codes = self._spare_codes()
        if len(codes) < len(lacking):
            raise Retry(f"this keyboard has too few keys to lend for {''.join(lacking)!r}", "no_key")
        for code, character in zip(reversed(codes), lacking, strict=False):
            self._lent[code] = keysyms_of(character)[0]
            self._assign(code, self._lent[code])
        if lacking:
            wait(LEND_SECONDS)

    def _take_back(self) -> None:
        """Let the keys that were lent mean nothing again, unless the user has got another layout since."""
        for code, keysym in self._lent.items():
            if self._display.get_keyboard_mapping(code, 1)[0][0] == keysym:
                self._assign(code, X.NoSymbol)

    def _spare_codes(self) -> list[int]:
        info = self._display.display.info
        first, count = info.min_keycode, info.max_keycode - info.min_keycode + 1
        mapping = self._display.get_keyboard_mapping(first, count)
        return [first + number for number, keysyms in enumerate(mapping) if not any(keysyms)]

    def _assign(self, code: int, keysym: int) -> None:
        self._display.change_keyboard_mapping(code, [(keysym, keysym)])
        self._display.sync()

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


def keysyms_of(character: str) -> list[int]:
    """Return the keysyms that stand for a character: by its code point, and by the name that older layouts use."""
    point = ord(character)
    named = SIGNS.get(character) or _old_keysym(_old_name(character))
    by_point = point if point <= LATIN_1 else UNICODE_KEYSYMS + point
    return [by_point, named] if named and named != by_point else [by_point]


@cache
def _old_keysym(name: str) -> int:
    """Return the keysym of that name, or 0; Xlib knows those of a script only once they are loaded."""
    for group in OLD_GROUPS:
        XK.load_keysym_group(group)
    found: int = XK.string_to_keysym(name)
    return found


def _old_name(character: str) -> str:
    """Return what layouts call a letter with an accent, as in "aogonek"; empty if it has no such name."""
    letter = re.fullmatch(r"LATIN (SMALL|CAPITAL) LETTER (\w+) WITH ([\w ]+)", unicodedata.name(character, ""))
    if letter is None or letter[3] not in ACCENTS:
        return ""
    base = letter[2].lower() if letter[1] == "SMALL" else letter[2]
    return base + ACCENTS[letter[3]]


class XKeys:
    """Sends keys to one display, whatever the environment calls the session's, through XTEST.

    A message to one window would reach it too, but terminals and global shortcuts ignore those.
    """

    is_sure = True

    def __init__(self, display: str, layout: KeyboardLayout) -> None:
        self._layout = layout
        self._connection = connect_display(display)

    def close(self) -> None:
        disconnect_display(self._connection)

    def named(self, name: str) -> Stroke:
        """Return the key of that name; of a modifier's two, the left one."""
        keysym = LEVEL_3_KEYSYM if name == LEVEL_3 else XK.string_to_keysym(KEYSYMS.get(name, (name,))[0])
        code = self._layout.code(keysym, name)
        return Stroke(code, code)

    def find(self, character: str) -> Stroke | None:
        found = self._layout.find(character)
        return found and Stroke(found.code, found.code, found.shifted, found.level_3)

    chord_key = find

    def send(self, stroke: Stroke, *, pressed: bool) -> None:
        xtest.fake_input(self._connection, X.KeyPress if pressed else X.KeyRelease, stroke.code)
        self._connection.sync()


class XPointer:
    """Sends motions and buttons to one display, whatever the environment calls the session's."""

    deaf_seconds = 0.0
    is_told = True

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
