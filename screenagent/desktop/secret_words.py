"""Words that are a secret's: which of those that are read on a picture, and a text with the secret's name instead."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from pydantic import SecretStr
from rapidfuzz import fuzz

from screenagent.secrets import NAME, placeholder

SHORTEST: Final = 4  # so many letters of a secret are taken to show it
ALIKE: Final = 75  # from this likeness on, of 100, a word is the secret, misread
MUCH: Final = 0.5  # a beginning of so much of a secret shows it, also if other letters stand beside it

NamedSecret = tuple[str, SecretStr]

_PLACEHOLDER: Final = re.compile(rf"(\{{\{{secret:{NAME}\}}\}})")
_WORD: Final = re.compile(r"[^\W_]+")


def is_of(word: str, value: SecretStr) -> bool:
    """Whether a word that was read is the secret, or a part of it that says much of it."""
    secret, read = value.get_secret_value().lower(), word.lower()
    if len(secret) < SHORTEST:
        return read == secret
    return (
        secret in read
        or (len(read) >= SHORTEST and read in secret)
        or fuzz.ratio(read, secret) >= ALIKE
        or (len(read) > len(secret) and fuzz.partial_ratio(secret, read) >= ALIKE)
    )


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
