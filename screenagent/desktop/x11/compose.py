"""What dead keys and the Compose key make of the keys after them, by the table of the user's locale."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from screenagent.desktop.x11.keysyms import character_of, keysym_called

LOCALES: Final = Path("/usr/share/X11/locale")
USUAL: Final = "en_US.UTF-8"
LINE: Final = re.compile(r'^\s*((?:<\w+>\s*)+):\s*"((?:[^"\\]|\\.)*)"')
INCLUDE: Final = re.compile(r'^\s*include\s+"([^"]+)"')
DEEPEST: Final = 4  # files that include one another
MULTI_KEY: Final = 0xFF20
DEAD: Final = range(0xFE50, 0xFE94)
ACCENTS: Final[Mapping[int, str]] = dict(
    zip(
        range(0xFE50, 0xFE63),
        "\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u030a\u030b\u030c\u0327\u0328\u0345\u3099\u309a\u0323\u0309\u031b",
        strict=True,
    )
)
"""The combining character of each of the common dead keys, for sequences that no table has."""
DISMISSING: Final = (0xFF08, 0xFF1B)  # Backspace and Escape end a sequence that was begun, and do nothing else

Sequences = Mapping[tuple[int, ...], str]


def read_sequences(table: Path | None = None) -> Sequences:
    """Return what each sequence of keysyms makes, by `table` or else by the user's own or the locale's."""
    found = table or _own_table() or _locale_table()
    return dict(_sequences(found, DEEPEST))


def _own_table() -> Path | None:
    named = os.environ.get("XCOMPOSEFILE")
    own = Path(named) if named else Path.home() / ".XCompose"
    return own if own.is_file() else None


def _locale_table() -> Path:
    locale = next(filter(None, map(os.environ.get, ("LC_ALL", "LC_CTYPE", "LANG"))), "")
    with suppress(OSError):
        for line in (LOCALES / "compose.dir").read_text("utf-8", "replace").splitlines():
            table, _, name = line.replace(":", " ").partition(" ") if ":" in line else line.partition("\t")
            if name.strip() == locale and locale not in ("C", "POSIX"):
                return LOCALES / table.strip()
    return LOCALES / USUAL / "Compose"


def _sequences(table: Path, deepest: int) -> Iterator[tuple[tuple[int, ...], str]]:
    try:
        lines = table.read_text("utf-8", "replace").splitlines()
    except OSError:
        return
    for line in lines:
        if (included := INCLUDE.match(line)) and deepest:
            named = included[1].replace("%L", str(LOCALES / USUAL / "Compose")).replace("%H", str(Path.home()))
            yield from _sequences(Path(named.replace("%S", str(LOCALES))), deepest - 1)
        elif made := LINE.match(line):
            keysyms = tuple(keysym_called(name) for name in re.findall(r"<(\w+)>", made[1]))
            if all(keysyms):
                yield keysyms, re.sub(r"\\(.)", r"\1", made[2])


class Composer:
    """Takes the keysyms that are pressed, one by one; those of modifiers are left out."""

    def __init__(self, sequences: Sequences) -> None:
        self._sequences = sequences
        self._begun = {keys[:length] for keys in sequences for length in range(1, len(keys))}
        self._pressed: tuple[int, ...] = ()

    def take(self, keysym: int) -> str | None:
        """Return the text that the keysym makes together with those before it: nothing as long as more is needed for a
        sequence or if there is none such, None for a key that is just itself."""
        pressed = (*self._pressed, keysym)
        self._pressed = ()
        if len(pressed) == 1 and not (keysym == MULTI_KEY or keysym in DEAD or pressed in self._begun):
            return None
        if (made := self._sequences.get(pressed)) is not None:
            return made
        if pressed in self._begun or len(pressed) == 1:
            self._pressed = pressed
            return ""
        if keysym in DISMISSING:
            return ""
        return _accented(pressed)


def _accented(pressed: tuple[int, ...]) -> str | None:
    """Return the letter with the accents of the dead keys before it, if there is such a letter."""
    *dead, last = pressed
    letter = character_of(last)
    if not letter:
        return None
    accents = "".join(ACCENTS.get(keysym, "") for keysym in dead)
    made = unicodedata.normalize("NFC", letter + accents)
    return made if accents and len(made) == 1 else ""
