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
from screenagent.desktop.wayland.codes import BUTTONS, DEAF_SECONDS, LENT, SPARE_CODES
from screenagent.desktop.wayland.connection import CompositorConnection, memory_file, milliseconds
from screenagent.desktop.wayland.send_clock import SendClock
from screenagent.desktop.wayland.session import WaylandSession
from screenagent.geometry import Pixel

WHEEL_BUTTONS: Final = {4: (0, -1), 5: (0, 1), 6: (1, -1), 7: (1, 1)}
"""The axis of the wheel, and which way it turns."""
NOTCH: Final = 15.0  # how far a program scrolls for one notch, in the protocol's units
WHEEL: Final = 0

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

AT_ONCE: Final = len(SPARE_CODES) // 2
"""So many characters are put on keys in one go."""
HIGHEST: Final = 0xFFFF
"""Chromium cuts what a key means to 16 bits, so that what is beyond would arrive as another character."""

F_KEYS: Final = "".join(f"key <FK{number}> {{ [ F{number} ] }};" for number in range(13, 21))
KEYMAP: Final = """xkb_keymap {{ xkb_keycodes "text" {{ include "evdev+aliases(qwerty)" {codes} }};
xkb_types "text" {{ include "complete" }}; xkb_compat "text" {{ include "complete" }};
xkb_symbols "text" {{ include "pc+us" {symbols} }}; }};"""


class WlrootsPointer:
    """The mouse. Where it is, is known only as far as we have moved it: no compositor tells that."""

    deaf_seconds = DEAF_SECONDS
    is_told = False

    def __init__(self, session: WaylandSession, sent: SendClock | None = None) -> None:
        self._sent = sent or SendClock()
        self._pressed: set[int] = set()
        self._connection = CompositorConnection(session)
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
        self._outputs = self._connection.outputs()  # kept, so that they are told of what becomes of them
        for output in self._outputs:
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
        """Move there, as a hand does, in more than one motion.

        Of a window that the mouse comes to, the first is told as its coming only, and one that leaves it where it is
        not at all. Programs of X11 lose a click that follows: a menu of Qt closes, and a window that has just got
        another place looks for the mouse at the former one.
        """
        self._follow()
        at = next((at for at, place in enumerate(self._places) if _holds(place, pixel)), 0)
        place, self._device = self._places[at], self._devices[at]
        x, y = (min(max(0, to), size - 1) for to, size in _within(place, pixel))
        if not self._pressed:
            self._move_within(place, x - 1 if x else x + 1, y)
        self._move_within(place, x, y)
        self.position = pixel

    def _move_within(self, place: MonitorPlace, x: int, y: int) -> None:
        """Move to the middle of a unit of a monitor: on a scaled one its edge may be rounded to the unit before."""
        with self._sending():
            self._device.motion_absolute(milliseconds(), 2 * x + 1, 2 * y + 1, 2 * place.width, 2 * place.height)

    def _follow(self) -> None:
        """Open devices anew where the monitors have changed: one is bound to the size that its monitor had."""
        self._connection.take_in()
        if self._connection.changed or [output.place for output in self._outputs] != self._places:
            for device in self._devices:
                device.destroy()
            self._open()

    def button(self, button: int, *, pressed: bool) -> None:
        """Press or release a button where the mouse is."""
        (self._pressed.add if pressed else self._pressed.discard)(button)
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
    """A keyboard for the USA, with other characters on keys that mean nothing otherwise.

    A program acts on what a key means, so the user's own layout does not matter. A key keeps its meaning for as long as
    possible: a program of X11 looks up what a key means when it hears of it, which may be long after the key was sent.
    So there is one keyboard only, whose layout is added to.
    """

    is_sure = True

    def __init__(self, session: WaylandSession, sent: SendClock | None = None) -> None:
        self._sent = sent or SendClock()
        self._modifiers, self._locked = 0, 0
        self._wanted: dict[str, None] = {}
        self._lent: dict[str, int] = {}
        self._free = list(reversed(SPARE_CODES))
        self._down: dict[str, int] = {}
        self._connection = CompositorConnection(session)
        try:
            manager = self._connection.bind("zwp_virtual_keyboard_manager_v1")
            self._keyboard = manager.create_virtual_keyboard(self._connection.seat)
            self._give_layout()
            self._connection.roundtrip()
        except BaseException:
            self._connection.close()
            raise

    def close(self) -> None:
        self._keyboard.destroy()
        self._connection.close()

    @property
    def has_caps_lock(self) -> bool:
        """Whether Caps Lock is on, on this keyboard."""
        return bool(self._locked & CAPS_LOCK)

    def named(self, name: str) -> Stroke | None:
        code = NAMED_CODES.get(name)
        return None if code is None else Stroke(name, code)

    def chord_key(self, character: str) -> Stroke | None:
        key = unshifted(character)
        code = CHARACTER_CODES.get(key)
        return None if code is None else Stroke(key, code, shifted=key != character)

    def find(self, character: str) -> Stroke | None:
        """Return what types a character. Up to U+FFFF any printable one can be put on a key."""
        if (stroke := self.chord_key(character)) is not None:
            return stroke
        if len(character) != 1 or not character.isprintable() or ord(character) > HIGHEST:
            return None
        if character not in self._lent:
            self._wanted[character] = None
        return Stroke(character, LENT + ord(character))

    def send(self, stroke: Stroke, *, pressed: bool) -> None:
        with self._sent.sending():
            self._send(self._code(stroke, pressed=pressed), stroke.key, pressed=pressed)
            self._connection.roundtrip()

    def _send(self, code: int, key: str, *, pressed: bool) -> None:
        self._keyboard.key(milliseconds(), code, int(pressed))
        if key == "caps_lock" and pressed:
            self._locked ^= CAPS_LOCK
        bit = MODIFIERS.get(key, 0)
        modifiers = self._modifiers | bit if pressed else self._modifiers & ~bit
        if modifiers != self._modifiers or key == "caps_lock":
            self._modifiers = modifiers
            self._keyboard.modifiers(self._modifiers, 0, self._locked, 0)

    def _code(self, stroke: Stroke, *, pressed: bool) -> int:
        """Return the key that a stroke is of now, or that it was of when it was pressed."""
        if stroke.code < LENT:
            return stroke.code
        if not pressed and stroke.key in self._down:
            return self._down.pop(stroke.key)
        if stroke.key not in self._lent:
            self._lend(stroke.key)
        self._down[stroke.key] = self._lent[stroke.key]
        return self._lent[stroke.key]

    def _lend(self, first: str) -> None:
        """Put this character on a key, and of those that were looked for as many as fit; the oldest give way."""
        wanted = [first, *(character for character in self._wanted if character != first)]
        for character in [character for character in wanted if character not in self._lent][:AT_ONCE]:
            if not self._free:
                self._free.append(self._lent.pop(next(iter(self._lent))))
            self._lent[character] = self._free.pop()
        self._wanted.clear()
        self._give_layout()

    def _give_layout(self) -> None:
        content = layout(self._lent.items()).encode() + b"\0"
        opened = memory_file(content)
        self._keyboard.keymap(1, opened, len(content))
        self._connection.flush()
        os.close(opened)


def unshifted(character: str) -> str:
    """Return the character that the same key makes without Shift."""
    return SHIFTED.get(character) or (character.lower() if character.isascii() else character)


def layout(lent: Iterable[tuple[str, int]]) -> str:
    """Return the layout of the USA with these characters on keys of these codes."""
    keys: Sequence[tuple[str, int]] = tuple(lent)
    codes = "".join(f"override <T{code}> = {code + 8};" for _, code in keys)
    symbols = "".join(f"key <T{code}> {{ [ U{ord(character):04X} ] }};" for character, code in keys)
    return KEYMAP.format(codes=codes, symbols=symbols + F_KEYS)
