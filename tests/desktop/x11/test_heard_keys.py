"""What a person types is heard as the keyboard makes it: with its layout, its locks, AltGr, dead keys and Compose."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import pytest

from screenagent.desktop.x11.compose import Composer, read_sequences
from screenagent.desktop.x11.heard_keys import HeardKeys
from screenagent.desktop.x11.keysyms import character_of, keysym_called
from screenagent.desktop.x11.xkb_map import HEADER, KeySymbols, KeyType, XkbMap

SHIFT, LOCK, CTRL, NUM, LEVEL_3, SECOND = 1, 1 << 1, 1 << 2, 1 << 4, 1 << 7, 1 << 13

PLAIN = KeyType(0, {})
LETTERS = KeyType(SHIFT | LOCK, {SHIFT: 1, LOCK: 1})
SIGNS = KeyType(SHIFT | LEVEL_3, {SHIFT: 1, LEVEL_3: 2, SHIFT | LEVEL_3: 3})
KEYPAD = KeyType(SHIFT | NUM, {NUM: 1, SHIFT: 1})
SEMI = KeyType(SHIFT | LOCK | LEVEL_3, {SHIFT: 1, LOCK: 1, LEVEL_3: 2, LOCK | LEVEL_3: 2, SHIFT | LEVEL_3: 3})
TYPES = (PLAIN, LETTERS, SIGNS, KEYPAD, SEMI)

KEYS = {
    24: ("q Q at Greek_OMEGA", (4,)),
    26: ("e E EuroSign EuroSign", (4,)),
    38: ("a A", (1,)),
    20: ("ssharp question backslash questiondown", (2,)),
    34: ("udiaeresis Udiaeresis", (1,)),
    21: ("dead_acute dead_grave dead_cedilla dead_ogonek", (2,)),
    39: ("s S Cyrillic_yeru Cyrillic_YERU", (1, 1)),
    79: ("KP_Home KP_7", (3,)),
    135: ("Multi_key", (0,)),
    22: ("BackSpace", (0,)),
    36: ("Return", (0,)),
    50: ("Shift_L", (0,)),
    92: ("ISO_Level3_Shift", (0,)),
    66: ("Caps_Lock", (0,)),
}


def keyboard() -> XkbMap:
    keys = {}
    for code, (named, types) in KEYS.items():
        symbols = tuple(keysym_called(name) for name in named.split())
        keys[code] = KeySymbols(types, 0, len(symbols) // len(types), symbols)
    return XkbMap(TYPES, keys)


TABLE = """
# accents
<dead_acute> <e> : "é" eacute
<dead_acute> <dead_acute> : "´" acute
<Multi_key> <s> <s> : "ß" ssharp
<Multi_key> <a> <e> : "\\"ae\\""
"""


@pytest.fixture
def composer(tmp_path: Path) -> Composer:
    (tmp_path / "Compose").write_text(TABLE)
    return Composer(read_sequences(tmp_path / "Compose"))


def heard(composer: Composer, *pressed: tuple[int, int]) -> list[str]:
    keys, layout = HeardKeys(composer), keyboard()
    return [name for code, state in pressed for name in keys.pressed(code, state, layout)]


@pytest.mark.parametrize(
    ("pressed", "names"),
    [
        ([(24, 0)], ["q"]),
        ([(92, 0), (24, LEVEL_3)], ["@"]),
        ([(26, LEVEL_3)], ["€"]),
        ([(50, 0), (24, SHIFT)], ["shift", "Q"]),
        ([(66, 0), (38, LOCK), (38, LOCK | SHIFT)], ["caps_lock", "A", "a"]),
        ([(24, LOCK | LEVEL_3)], ["@"]),
        ([(34, LOCK), (20, 0)], ["Ü", "ß"]),
        ([(21, 0), (26, 0)], ["é"]),
        ([(21, 0), (50, 0), (26, SHIFT)], ["shift", "É"]),  # the table does not have it, but there is such a letter
        ([(21, 0), (21, 0)], ["´"]),
        ([(135, 0), (39, 0), (39, 0)], ["ß"]),
        ([(135, 0), (38, 0), (26, 0)], ['"', "a", "e", '"']),
        ([(39, SECOND)], ["ы"]),
        ([(39, SECOND | CTRL)], ["s"]),
        ([(24, CTRL)], ["q"]),
        ([(79, NUM)], ["7"]),
        ([(79, 0)], ["home"]),
        ([(36, 0)], ["enter"]),
        ([(99, 0)], []),
    ],
)
def test_keys_are_heard_as_the_keyboard_makes_them(
    composer: Composer, pressed: Sequence[tuple[int, int]], names: list[str]
) -> None:
    assert heard(composer, *pressed) == names


def test_a_sequence_that_makes_nothing_leaves_nothing_behind(composer: Composer) -> None:
    assert heard(composer, (21, 0), (22, 0), (38, 0)) == ["a"]
    assert heard(composer, (135, 0), (24, 0), (38, 0)) == ["a"]


def test_a_key_is_released_by_the_name_that_it_was_pressed_with(composer: Composer) -> None:
    keys = HeardKeys(composer)
    list(keys.pressed(24, LEVEL_3, keyboard()))
    assert keys.released(24) == "@"
    assert keys.released(24) is None


def test_a_layout_that_a_key_does_not_have_is_wrapped_clamped_or_redirected() -> None:
    types = (0, 0, 0)
    assert KeySymbols(types, 0, 1, (1, 2, 3)).group(3) == 0
    assert KeySymbols(types, 0x40, 1, (1, 2, 3)).group(3) == 2
    assert KeySymbols(types, 0x80 | 0x10, 1, (1, 2, 3)).group(3) == 1


@pytest.mark.parametrize(
    ("name", "character"),
    [
        ("a", "a"), ("zabovedot", "ż"), ("lstroke", "ł"), ("EuroSign", "€"), ("Cyrillic_ya", "я"),
        ("Ukrainian_yi", "ї"),
        ("Greek_alphaaccent", "ά"), ("Greek_finalsmallsigma", "ς"), ("hebrew_aleph", "א"), ("Thai_kokai", "ก"),
        ("Arabic_beh", "ب"), ("U1E9E", "ẞ"), ("KP_5", "5"), ("Return", ""), ("dead_acute", ""), ("oe", "œ"),
    ],
)  # fmt: skip
def test_keysyms_stand_for_characters(name: str, character: str) -> None:
    assert character_of(keysym_called(name)) == character


def test_a_reply_of_the_server_is_read() -> None:
    letters = struct.pack("<BBHBBBx", 3, 3, 0, 2, 1, 1) + struct.pack("<BBBBHxx", 1, 1, 1, 1, 0) + bytes(4)
    key = struct.pack("<4sBBH", b"\0\0\0\0", 1, 2, 2) + struct.pack("<II", ord("a"), ord("A"))
    data = HEADER.pack(8, 8, 0, 1, 1, 8, 2, 1) + letters + key
    layout = XkbMap.read(data)
    assert layout.keysym(8, 0) == (ord("a"), False)
    assert layout.keysym(8, SHIFT) == (ord("A"), False)
    assert layout.keysym(9, 0) == (0, False)


def test_tables_include_others(tmp_path: Path) -> None:
    (tmp_path / "Compose").write_text(TABLE)
    (tmp_path / "own").write_text(f'include "{tmp_path / "Compose"}"\n<Multi_key> <a> <a> : "å"\n')
    sequences = read_sequences(tmp_path / "own")
    assert sequences[keysym_called("dead_acute"), keysym_called("e")] == "é"
    assert sequences[keysym_called("Multi_key"), keysym_called("a"), keysym_called("a")] == "å"
