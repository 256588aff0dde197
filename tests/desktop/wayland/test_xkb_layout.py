"""Which key of a keymap makes a character, held against layouts as xkeyboard-config has them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from screenagent.desktop.wayland.xkb_layout import LEVEL_3_KEYSYM, KeyPlace, XkbLayout

KEYMAP = """xkb_keymap {{
    xkb_keycodes {{ include "evdev+aliases(qwerty)" }};
    xkb_types {{ include "complete" }};
    xkb_compat {{ include "complete" }};
    xkb_symbols {{ include "pc+{symbols}+inet(evdev)" }};
}};"""


def layout(symbols: str) -> XkbLayout:
    return XkbLayout(KEYMAP.format(symbols=symbols).encode())


@pytest.fixture
def us_de() -> Iterator[XkbLayout]:
    with closing(layout("us+de:2")) as found:
        yield found


def test_characters_are_keys_alone_or_with_shift(us_de: XkbLayout) -> None:
    assert us_de.find("a") == KeyPlace(30)
    assert us_de.find("A") == KeyPlace(30, shifted=True)
    assert us_de.find("*") == KeyPlace(9, shifted=True)  # not the keypad's
    assert us_de.find("z") == KeyPlace(44)


def test_the_layout_in_use_decides(us_de: XkbLayout) -> None:
    assert us_de.groups == 2
    assert us_de.find("z", group=1) == KeyPlace(21)
    assert us_de.find("ß", group=1) == KeyPlace(12)
    assert us_de.find("@", group=1) == KeyPlace(16, level_3=True)
    assert us_de.find("€", group=1) == KeyPlace(18, level_3=True)


def test_what_no_key_makes_is_none(us_de: XkbLayout) -> None:
    assert us_de.find("ß") is None
    assert us_de.find("你") is None
    assert us_de.find("é", group=1) is None  # a dead key and a letter


def test_cyrillic_letters_are_keys_by_their_old_keysyms() -> None:
    with closing(layout("ru")) as russian:
        assert russian.find("ф") == KeyPlace(30)
        assert russian.find("v") is None


def test_keys_are_found_by_their_names(us_de: XkbLayout) -> None:
    named = {name: us_de.named(name) for name in ("ctrl", "shift", "enter", "page_up", "super", "caps_lock", "f5")}
    assert named == {"ctrl": 29, "shift": 42, "enter": 28, "page_up": 104, "super": 125, "caps_lock": 58, "f5": 63}
    assert us_de.named(LEVEL_3_KEYSYM) is not None
    assert us_de.named("no_such_key") is None


def test_what_is_no_keymap_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        XkbLayout(b"")
