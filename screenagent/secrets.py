"""A secret goes by its name, `{{secret:NAME}}`, everywhere but between the desktop and the keyboard."""

from __future__ import annotations

import re
from typing import Final, NamedTuple, Protocol

from pydantic import SecretStr

from screenagent.actions import TypeText
from screenagent.protocols import Retry
from screenagent.screenshot import Window

NAME: Final = r"[A-Za-z0-9][A-Za-z0-9_.@-]*"
_WRITTEN: Final = re.compile(rf"\{{\{{secret:({NAME})\}}\}}")
_MEANT: Final = re.compile(r"\{\{\s*secret\b(?:\s*:\s*([^{}]*?)\s*\}\})?", re.IGNORECASE)


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
