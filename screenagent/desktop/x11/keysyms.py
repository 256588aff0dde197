"""Keysyms: their names, and the characters that they stand for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Final

LATIN_1: Final = 0xFF  # up to here a keysym is the character's code point, beyond it that plus an offset
UNICODE: Final = 0x01000000
GROUPS: Final = (
    *("latin1", "latin2", "latin3", "latin4", "cyrillic", "greek", "hebrew", "arabic", "thai", "katakana"),
    *("publishing", "special", "technical", "miscellany", "xkb"),
)
PAGES: Final = {
    **{1: "iso8859_2", 2: "iso8859_3", 3: "iso8859_4", 5: "iso8859_6", 6: "koi8_u", 7: "iso8859_7", 0xC: "iso8859_8"},
    **{0xD: "tis_620", 0x13: "iso8859_15"},
}
"""The alphabet of each group of older keysyms; their last byte is the character's place in it."""
OTHERS: Final[Mapping[int, str]] = {
    **dict(zip(range(0x6A1, 0x6B0), "ђѓёєѕіїјљњћќґўџ", strict=True)),
    **dict(zip(range(0x6B1, 0x6C0), "ЂЃЁЄЅІЇЈЉЊЋЌҐЎЏ", strict=True)),
    **dict(zip((0x7A1, 0x7A2, 0x7A3, 0x7A4, 0x7A5, 0x7A7, 0x7A8, 0x7A9, 0x7AB), "ΆΈΉΊΪΌΎΫΏ", strict=True)),
    **dict(zip((*range(0x7B1, 0x7BC), 0x7F2, 0x7F3), "άέήίϊΐόύϋΰώσς", strict=True)),
    **dict(zip((0xAA9, 0xAAA, 0xAAE, 0xAD0, 0xAD1, 0xAD2, 0xAD3, 0xAFD, 0xAFE), "—–…‘’“”‚„", strict=True)),
    **{0x8BC: "≤", 0x8BD: "≠", 0x8BE: "≥", 0x6B0: "№", 0xFF80: " "},
    **{0xFFB0 + digit: str(digit) for digit in range(10)},
    **dict(zip(range(0xFFAA, 0xFFB0), "*+,-./", strict=True)),
    **{0xFFBD: "="},
}
"""Those that are not at that place, and those of the keypad."""
CURRENCY: Final = 0x20
NEWER: Final = {"EuroSign": 0x20AC, "OE": 0x13BC, "oe": 0x13BD, "Ydiaeresis": 0x13BE}
"""Keysyms whose names Xlib does not have."""


def character_of(keysym: int) -> str:
    """Return the character that a keysym stands for; empty if it stands for none that is known here."""
    page, place = divmod(keysym, 0x100)
    if keysym in OTHERS:
        return OTHERS[keysym]
    if keysym >= UNICODE:
        return chr(keysym - UNICODE) if keysym - UNICODE <= 0x10FFFF else ""
    if page == CURRENCY:
        return chr(keysym)
    if keysym <= LATIN_1:
        character = chr(keysym)
    else:
        character = bytes([place]).decode(PAGES[page], "ignore") if page in PAGES and place >= 0xA0 else ""
    return character if character.isprintable() else ""


@cache
def names() -> Mapping[str, int]:
    """Return all keysyms by their names."""
    groups = (vars(import_module(f"Xlib.keysymdef.{group}")) for group in GROUPS)
    known = {name[3:]: keysym for group in groups for name, keysym in group.items() if name.startswith("XK_")}
    return {**known, **NEWER}


def keysym_called(name: str) -> int:
    """Return the keysym of that name, also of one by its code point as in "U20AC"; 0 if it is not known."""
    if (keysym := names().get(name)) is not None:
        return keysym
    try:
        point = int(name[1:], 16) if name[:1] == "U" and len(name) > 4 else 0
    except ValueError:
        return 0
    return point if 0 < point <= LATIN_1 else point and point + UNICODE
