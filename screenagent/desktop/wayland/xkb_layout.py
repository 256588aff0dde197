"""Which key of a keymap makes a character, by libxkbcommon, which every Wayland desktop has."""

from __future__ import annotations

import ctypes
import ctypes.util
from collections.abc import Mapping
from functools import cache
from typing import Any, Final, NamedTuple

from screenagent.desktop.x11.input_devices import KEYSYMS

EVDEV: Final = 8  # a key has this much less to the kernel than to XKB
LAST_OF_X: Final = 255  # of the keys beyond this one, programs of X hear nothing
TEXT_FORMAT: Final = 1
KEYPAD: Final = range(0xFF80, 0xFFC0)  # programs treat these keys in their own ways
LEVEL_3_KEYSYM: Final = "ISO_Level3_Shift"
LIBRARY: Final = "libxkbcommon.so.0"
NO_INDEX: Final = 0xFFFFFFFF


class KeyPlace(NamedTuple):
    """A key by the kernel's number, and what is held with it."""

    code: int
    shifted: bool = False
    level_3: bool = False


class XkbLayout:
    """A keymap as the compositor hands it out."""

    def __init__(self, text: bytes) -> None:
        self._xkb = _library()
        self._context = self._xkb.xkb_context_new(0)
        self._keymap = self._xkb.xkb_keymap_new_from_string(self._context, text.rstrip(b"\0") + b"\0", TEXT_FORMAT, 0)
        if not self._keymap:
            self._xkb.xkb_context_unref(self._context)
            raise ValueError("the compositor's keymap cannot be read")
        self._known: dict[int, Mapping[str, KeyPlace]] = {}
        self._named = self._named_keys()

    def close(self) -> None:
        self._xkb.xkb_keymap_unref(self._keymap)
        self._xkb.xkb_context_unref(self._context)

    def find(self, character: str, *, group: int = 0) -> KeyPlace | None:
        """Return the key that makes a character in one of the layouts, alone, with Shift or with AltGr.

        None where no key makes it so; Caps Lock is taken to be off.
        """
        if group not in self._known:
            self._known[group] = self._characters(group)
        return self._known[group].get(character)

    def named(self, name: str) -> int | None:
        """Return the key with one of our names, or with the name of a keysym; of a modifier's two, the left one."""
        keysyms = (self._xkb.xkb_keysym_from_name(each.encode(), 0) for each in KEYSYMS.get(name, (name,)))
        return next((self._named[keysym] for keysym in keysyms if keysym in self._named), None)

    @property
    def groups(self) -> int:
        """How many layouts there are to switch between."""
        return int(self._xkb.xkb_keymap_num_layouts(self._keymap))

    def _codes(self) -> range:
        first, last = self._xkb.xkb_keymap_min_keycode(self._keymap), self._xkb.xkb_keymap_max_keycode(self._keymap)
        return range(max(first, EVDEV), min(last, LAST_OF_X) + 1)

    def _modifier(self, name: str) -> int:
        index = self._xkb.xkb_keymap_mod_get_index(self._keymap, name.encode())
        return 0 if index == NO_INDEX else 1 << index

    def _characters(self, group: int) -> dict[str, KeyPlace]:
        """Return the first key for each character, those without modifiers before the others."""
        shift, level_3 = self._modifier("Shift"), self._modifier("Mod5")
        has_level_3 = self.named(LEVEL_3_KEYSYM) is not None
        found: dict[str, KeyPlace] = {}
        state = self._xkb.xkb_state_new(self._keymap)
        for with_level_3 in (False, True) if has_level_3 else (False,):
            for shifted in (False, True):
                held = (shift if shifted else 0) | (level_3 if with_level_3 else 0)
                self._xkb.xkb_state_update_mask(state, held, 0, 0, 0, 0, group)
                for code in self._codes():
                    if self._xkb.xkb_state_key_get_one_sym(state, code) in KEYPAD:
                        continue
                    if point := self._xkb.xkb_state_key_get_utf32(state, code):
                        found.setdefault(chr(point), KeyPlace(code - EVDEV, shifted, with_level_3))
        self._xkb.xkb_state_unref(state)
        return found

    def _named_keys(self) -> dict[int, int]:
        """Return the first key of each keysym that one makes without modifiers."""
        state = self._xkb.xkb_state_new(self._keymap)
        found: dict[int, int] = {}
        for code in self._codes():
            if keysym := self._xkb.xkb_state_key_get_one_sym(state, code):
                found.setdefault(keysym, code - EVDEV)
        self._xkb.xkb_state_unref(state)
        return found


@cache
def _library() -> Any:
    library = ctypes.CDLL(ctypes.util.find_library("xkbcommon") or LIBRARY)
    pointer, number, text = ctypes.c_void_p, ctypes.c_uint32, ctypes.c_char_p
    for name, result, arguments in (
        ("xkb_context_new", pointer, (ctypes.c_int,)),
        ("xkb_context_unref", None, (pointer,)),
        ("xkb_keymap_new_from_string", pointer, (pointer, text, ctypes.c_int, ctypes.c_int)),
        ("xkb_keymap_unref", None, (pointer,)),
        ("xkb_keymap_min_keycode", number, (pointer,)),
        ("xkb_keymap_max_keycode", number, (pointer,)),
        ("xkb_keymap_num_layouts", number, (pointer,)),
        ("xkb_keymap_mod_get_index", number, (pointer, text)),
        ("xkb_keysym_from_name", number, (text, ctypes.c_int)),
        ("xkb_state_new", pointer, (pointer,)),
        ("xkb_state_unref", None, (pointer,)),
        ("xkb_state_update_mask", ctypes.c_int, (pointer, *[number] * 6)),
        ("xkb_state_key_get_one_sym", number, (pointer, number)),
        ("xkb_state_key_get_utf32", number, (pointer, number)),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library
