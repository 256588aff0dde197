"""Names the keys that a person presses on an X display, and the characters that they make together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from screenagent.desktop.x11.compose import Composer
from screenagent.desktop.x11.keysyms import character_of, keysym_called
from screenagent.desktop.x11.xkb_map import XkbMap

NAMED_KEYSYMS: Final = {
    **dict.fromkeys(("Control_L", "Control_R"), "ctrl"),
    **dict.fromkeys(("Shift_L", "Shift_R"), "shift"),
    **dict.fromkeys(("Alt_L", "Alt_R", "Meta_L", "Meta_R"), "alt"),
    **dict.fromkeys(("Super_L", "Super_R"), "super"),
    **dict.fromkeys(("Return", "KP_Enter"), "enter"),
    **dict.fromkeys(("Tab", "KP_Tab", "ISO_Left_Tab"), "tab"),
    **dict.fromkeys(("Prior", "Page_Up", "KP_Prior", "KP_Page_Up"), "page_up"),
    **dict.fromkeys(("Next", "Page_Down", "KP_Next", "KP_Page_Down"), "page_down"),
    **{f"{pad}{name.title()}": name for name in ("up", "down", "left", "right", "home", "end") for pad in ("", "KP_")},
    **{f"{pad}{name.title()}": name for name in ("delete", "insert") for pad in ("", "KP_")},
    **{name.title(): name for name in ("caps_lock", "num_lock", "scroll_lock", "pause", "menu", "escape")},
    **{"BackSpace": "backspace", "Print": "print_screen", "space": "space", "KP_Space": "space"},
    **{f"F{number}": f"f{number}" for number in range(1, 21)},
}
MODIFYING: Final = (range(0xFFE1, 0xFFEF), range(0xFE01, 0xFE14), range(0xFF7E, 0xFF80))
"""Shift and the like, those that choose a level or a layout, and Num Lock: no sequence of keys ends with them."""
COMMANDING: Final = 1 << 2 | 1 << 3 | 1 << 6  # Ctrl, Alt and Super
ASCII: Final = 0x7F


class HeardKeys:
    """Each key press comes with the state of modifiers, locks and layout that the server tells with it."""

    def __init__(self, composer: Composer) -> None:
        self._composer = composer
        self._names = {keysym_called(name): key for name, key in NAMED_KEYSYMS.items()}
        self._down: dict[int, str] = {}

    def pressed(self, code: int, state: int, keys: XkbMap) -> Iterable[str]:
        """Return the names and characters that this press makes: mostly one, none for a dead key."""
        keysym, caps = keys.keysym(code, state)
        if any(keysym in kind for kind in MODIFYING):
            made = [self._names[keysym]] if keysym in self._names else []
        elif state & COMMANDING:
            made = self._command(keys.keysyms(code, state))
        else:
            made = self._text(keysym, caps=caps)
        if len(made) == 1:
            self._down[code] = made[0]
        return made

    def released(self, code: int) -> str | None:
        """Return what the press of this key was called."""
        return self._down.pop(code, None)

    def _command(self, meanings: Iterable[int]) -> list[str]:
        """Programs take a letter of another alphabet for the Latin one on its key where it gives a command."""
        found = [name for keysym in meanings if (name := self._names.get(keysym) or character_of(keysym))]
        plain = [name for name in found if len(name) > 1 or ord(name) <= ASCII]
        return [*plain, *found][:1]

    def _text(self, keysym: int, *, caps: bool) -> list[str]:
        text = self._composer.take(keysym)
        if text is not None:
            return list(text)
        if keysym in self._names:
            return [self._names[keysym]]
        character = character_of(keysym)
        return [character.upper() if caps and len(character.upper()) == 1 else character] if character else []
