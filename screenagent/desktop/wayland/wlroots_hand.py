"""Mouse and keyboard of our own on a wlroots compositor: virtual devices, opened once and held for the whole run.

A program binds a seat's mouse and keyboard only once the seat has some, and what is sent before that is lost; a virtual
keyboard that ends takes the seat's with it. So both are there before the first program, and until the end.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from screenagent.desktop.frames import MonitorPlace
from screenagent.desktop.keyboard import Stroke
from screenagent.desktop.wayland.connection import Connection, memory_file, milliseconds
from screenagent.desktop.wayland.send_clock import SendClock
from screenagent.desktop.wayland.session import WaylandSession
from screenagent.geometry import Pixel

BUTTONS: Final = {1: 0x110, 2: 0x112, 3: 0x111}
"""What Linux calls the buttons, by the numbers that X gives them."""
WHEEL_BUTTONS: Final = {4: (0, -1), 5: (0, 1), 6: (1, -1), 7: (1, 1)}
"""The axis of the wheel, and which way it turns."""
NOTCH: Final = 15.0  # how far a program scrolls for one notch, in the protocol's units
WHEEL: Final = 0

US: Final = """xkb_keymap { xkb_keycodes { include "evdev+aliases(qwerty)" }; xkb_types { include "complete" };
xkb_compat { include "complete" }; xkb_symbols { include "pc+us+inet(evdev)" }; };"""
"""The layout of chords. A program acts on what a key means, so the user's own layout does not matter."""
ROWS: Final = (("1234567890-=", 2), ("qwertyuiop[]", 16), ("asdfghjkl;'`", 30), ("\\zxcvbnm,./", 43), (" ", 57))
SHIFTED: Final = dict(zip('!@#$%^&*()_+{}:"~|<>?', "1234567890-=[];'`\\,./", strict=True))
NAMED_CODES: Final = {
    **{
        "ctrl": 29,
        "shift": 42,
        "alt": 56,
        "super": 125,
        "escape": 1,
        "enter": 28,
        "tab": 15,
        "backspace": 14,
        "space": 57,
    },
    **{"delete": 111, "insert": 110, "home": 102, "end": 107, "left": 105, "right": 106, "up": 103, "down": 108},
    **{"page_up": 104, "page_down": 109, "caps_lock": 58, "num_lock": 69, "scroll_lock": 70, "print_screen": 99},
    **{"pause": 119, "menu": 127, "f11": 87, "f12": 88},
    **{f"f{number}": 58 + number for number in range(1, 11)},
    **{f"f{number}": 170 + number for number in range(13, 21)},
}
CHARACTER_CODES: Final = {letter: start + at for row, start in ROWS for at, letter in enumerate(row)}
MODIFIERS: Final = {"shift": 1, "ctrl": 4, "alt": 8, "super": 64}
CAPS_LOCK: Final = 2

TEXT_CODES: Final = (*range(2, 12), *range(16, 26), *range(30, 39), *range(44, 51), *range(120, 245))
"""The keys that a text's characters are put on; never Escape, Return or a modifier, which the compositor may take."""
HIGHEST: Final = 0xFFFF
"""Chromium cuts what a key means to 16 bits, so that what is beyond would arrive as another character."""
TEXT: Final = 0x10000
"""What a text's characters are held by: their code points, from here on; a key of a chord is below it."""


class WlrootsPointer:
    """The mouse. Where it is, is known only as far as we have moved it: no compositor tells that."""

    def __init__(self, session: WaylandSession, sent: SendClock | None = None) -> None:
        self._sent = sent or SendClock()
        self._connection = Connection(session)
        try:
            self._manager = self._connection.bind("zwlr_virtual_pointer_manager_v1")
            self._open()
        except BaseException:
            self._connection.close()
            raise

    def _open(self) -> None:
        seat = self._connection.seat
        self._places: list[MonitorPlace] = []
        self._devices: list[Any] = []
        for output in self._connection.outputs():
            self._places.append(output.place)
            self._devices.append(self._manager.create_virtual_pointer_with_output(seat, output.proxy))
        self._connection.roundtrip()
        self._connection.changed = False
        first = self._places[0]
        self.position = Pixel(x=first.left + first.width // 2, y=first.top + first.height // 2)
        self._device = self._devices[0]

    def close(self) -> None:
        for device in self._devices:
            device.destroy()
        self._connection.close()

    def move(self, pixel: Pixel) -> None:
        self._follow()
        at = next((at for at, place in enumerate(self._places) if _holds(place, pixel)), 0)
        place, self._device = self._places[at], self._devices[at]
        x, y = (min(max(0, to), size - 1) for to, size in _within(place, pixel))
        with self._sending():
            self._device.motion_absolute(milliseconds(), x, y, place.width, place.height)
        self.position = pixel

    def _follow(self) -> None:
        """Open devices anew where the monitors have changed: one is bound to the size that its monitor had."""
        self._connection.take_in()
        if self._connection.changed:
            for device in self._devices:
                device.destroy()
            self._open()

    def button(self, button: int, *, pressed: bool) -> None:
        """Press or release a button where the mouse is."""
        with self._sending():
            self._device.button(milliseconds(), BUTTONS[button], int(pressed))

    def physical(self, button: int) -> int:
        return button  # a virtual mouse has no buttons that are exchanged

    def turn_wheel(self, button: int) -> None:
        axis, way = WHEEL_BUTTONS[button]
        with self._sending():
            self._device.axis_source(WHEEL)
            self._device.axis_discrete(milliseconds(), axis, NOTCH * way, way)

    @contextmanager
    def _sending(self) -> Iterator[None]:
        with self._sent.sending():
            yield
            self._device.frame()
            self._connection.roundtrip()


def _holds(place: MonitorPlace, pixel: Pixel) -> bool:
    return all(0 <= to < size for to, size in _within(place, pixel))


def _within(place: MonitorPlace, pixel: Pixel) -> tuple[tuple[int, int], tuple[int, int]]:
    return (pixel.x - place.left, place.width), (pixel.y - place.top, place.height)


class WlrootsKeys:
    """Two keyboards: one for chords, and one whose keys are given the characters of each text that is typed."""

    is_sure = True

    def __init__(self, session: WaylandSession, sent: SendClock | None = None) -> None:
        self._sent = sent or SendClock()
        self._connection = Connection(session)
        try:
            manager, seat = self._connection.bind("zwp_virtual_keyboard_manager_v1"), self._connection.seat
            self._chords = manager.create_virtual_keyboard(seat)
            self._text = manager.create_virtual_keyboard(seat)
            self._give(self._chords, US)
            self._modifiers, self._locked = 0, 0
            self._wanted: dict[str, None] = {}
            self._on_keys: dict[str, int] = {}
            self._put_on_keys("a")
            self._connection.roundtrip()
        except BaseException:
            self._connection.close()
            raise

    def close(self) -> None:
        for keyboard in (self._chords, self._text):
            keyboard.destroy()
        self._connection.close()

    def named(self, name: str) -> Stroke | None:
        code = NAMED_CODES.get(name)
        return None if code is None else Stroke(name, code)

    def chord_key(self, character: str) -> Stroke | None:
        key = unshifted(character)
        code = CHARACTER_CODES.get(key)
        return None if code is None else Stroke(key, code, shifted=key != character)

    def find(self, character: str) -> Stroke | None:
        """Return what types a character. Up to U+FFFF any printable one can be put on a key."""
        if len(character) != 1 or not character.isprintable() or ord(character) > HIGHEST:
            return None
        self._wanted[character] = None
        return Stroke(character, TEXT + ord(character))

    def send(self, stroke: Stroke, *, pressed: bool) -> None:
        with self._sent.sending():
            if stroke.code < TEXT:
                self._send_chord(stroke, pressed=pressed)
            else:
                self._send_text(stroke.key, pressed=pressed)
            self._connection.roundtrip()

    def _send_chord(self, stroke: Stroke, *, pressed: bool) -> None:
        self._chords.key(milliseconds(), stroke.code, int(pressed))
        if stroke.key == "caps_lock" and pressed:
            self._locked ^= CAPS_LOCK
        bit = MODIFIERS.get(stroke.key, 0)
        self._modifiers = self._modifiers | bit if pressed else self._modifiers & ~bit
        self._chords.modifiers(self._modifiers, 0, self._locked, 0)

    def _send_text(self, character: str, *, pressed: bool) -> None:
        if pressed and character not in self._on_keys:
            self._put_on_keys(character)
        if (code := self._on_keys.get(character)) is not None:  # or its key has been given up, and was lifted then
            self._text.key(milliseconds(), code, int(pressed))

    def _put_on_keys(self, first: str) -> None:
        """Give the text's keyboard this character, and as many of those that were looked for as it has keys for."""
        wanted = [first, *(character for character in self._wanted if character != first)][: len(TEXT_CODES)]
        for character in wanted:
            self._wanted.pop(character, None)
        self._on_keys = dict(zip(wanted, TEXT_CODES, strict=False))
        self._give(self._text, text_keymap(self._on_keys.items()))

    def _give(self, keyboard: Any, keymap: str) -> None:
        content = keymap.encode() + b"\0"
        opened = memory_file(content)
        keyboard.keymap(1, opened, len(content))
        self._connection.flush()
        os.close(opened)


def unshifted(character: str) -> str:
    """Return the character that the same key makes without Shift."""
    return SHIFTED.get(character) or character.lower()


def text_keymap(on_keys: Iterable[tuple[str, int]]) -> str:
    """Return a layout with each character on its key, and nothing else."""
    keys: Sequence[tuple[str, int]] = tuple(on_keys)
    keycodes = "".join(f"<T{code}> = {code + 8};" for _, code in keys)
    symbols = "".join(f"key <T{code}> {{ [ U{ord(character):04X} ] }};" for character, code in keys)
    return (
        f'xkb_keymap {{ xkb_keycodes "text" {{ minimum = 8; maximum = 255; {keycodes} }}; '
        f'xkb_types "text" {{ include "complete" }}; xkb_compat "text" {{ include "complete" }}; '
        f'xkb_symbols "text" {{ {symbols} }}; }};'
    )
