"""A secret goes by its name, `{{secret:NAME}}`, everywhere but between the desktop and the keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, Protocol

from pydantic import SecretStr

from screenagent.actions import TypeText
from screenagent.protocols import Retry
from screenagent.screenshot import Window

NAME: Final = r"[A-Za-z0-9][A-Za-z0-9_.@-]*"
_WRITTEN: Final = re.compile(rf"\{{\{{secret:({NAME})\}}\}}")
_PLACEHOLDER: Final = re.compile(rf"(\{{\{{secret:{NAME}\}}\}})")
_WORD: Final = re.compile(r"[^\W_]+")
_MEANT: Final = re.compile(r"\{\{\s*secret\b(?:\s*:\s*([^{}]*?)\s*\}\})?", re.IGNORECASE)


SHORTEST: Final = 4
"""So many letters of a secret are taken to show it."""

MUCH: Final = 0.5
"""A beginning of so much of a secret shows it, also if other letters stand beside it."""

NamedSecret = tuple[str, SecretStr]


class Secrets(Protocol):
    def reveal(self, name: str, window: Window | None) -> SecretStr:
        """The secret's value, to be typed into `window`; `Retry` where it may not go there or is not to be had."""
        ...


class TextPiece(NamedTuple):
    """Text to type as it stands, or the name of a secret."""

    text: str
    is_secret: bool


def placeholder(name: str) -> str:
    return f"{{{{secret:{name}}}}}"


def text_pieces(text: str) -> list[TextPiece]:
    """`text` cut where secrets stand in it; `Retry` where one seems to be meant and is written otherwise."""
    parts = [TextPiece(part, is_secret=bool(number % 2)) for number, part in enumerate(_WRITTEN.split(text)) if part]
    for part in parts:
        if not part.is_secret and _MEANT.search(part.text):
            raise Retry(f"{part.text!r} seems to mean a secret: write {placeholder('NAME')}, without blanks", "secret")
    return parts


def typed_pieces(action: TypeText) -> list[TextPiece]:
    """Return what `action` types, cut where secrets stand in it."""
    return [TextPiece(action.text, is_secret=False)] if action.literal else text_pieces(action.text)


def secrets_meant(text: str) -> list[str]:
    """Return the names of the secrets that `text` seems to mean, however they are written; "" where it says none."""
    return [found[1] or "" for found in _MEANT.finditer(text)]


def with_secrets_named(text: str, secrets: Sequence[NamedSecret]) -> str:
    """Return `text` with `{{secret:NAME}}` for each value, and for what of it says much of it.

    Unlike what is read on a picture, a text is taken by its letter: what is merely like a secret stays.
    """
    for name, value in sorted(secrets, key=lambda named: -len(named[1])):
        if value.get_secret_value().strip():
            text = _with_one_named(text, placeholder(name), value.get_secret_value())
    return text


def _with_one_named(text: str, name: str, secret: str) -> str:
    if len(secret) < SHORTEST:
        return _replaced(rf"(?<!\w){re.escape(secret)}(?!\w)", name, text)
    text = _replaced(r"\s+".join(map(re.escape, secret.split())), name, text)
    least = max(SHORTEST, round(len(secret) * MUCH))
    beginnings = [re.escape(secret[:length]) for length in range(len(secret) - 1, least - 1, -1)]
    text = _replaced("|".join(beginnings), name, text) if beginnings else text  # as in a title that is cut off
    return _outside_names(
        text, lambda piece: _WORD.sub(lambda word: name if _is_part(word[0], secret) else word[0], piece)
    )


def _replaced(pattern: str, name: str, text: str) -> str:
    return _outside_names(text, lambda piece: re.sub(pattern, lambda _: name, piece, flags=re.IGNORECASE))


def _outside_names(text: str, change: Callable[[str], str]) -> str:
    """Return the text, changed where it does not name a secret already."""
    pieces = _PLACEHOLDER.split(text)
    pieces[::2] = map(change, pieces[::2])
    return "".join(pieces)


def _is_part(word: str, secret: str) -> bool:
    return len(word) >= SHORTEST and word.lower() in secret.lower()
