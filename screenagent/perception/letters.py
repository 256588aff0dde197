"""Texts letter by letter, without blanks, which OCR misses and invents: how texts that should be equal are compared."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

_SAME: Final = {"…": "...", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "´": "'", "`": "'",
                **dict.fromkeys("‐‑‒–—−", "-"), **dict.fromkeys("‘’‚", "'")}  # fmt: skip
"""Signs that are typed and drawn in several ways, and mean the same."""

_PAIRS: Final = {"rn": "m", "cl": "d", "vv": "w"}
_MISTAKEN: Final = {**dict.fromkeys("i1|!¹", "l"), "0": "o", "5": "s", "8": "b", "2": "z", "²": "z", "³": "3", "q": "g",
                    "≠": "=", "±": "+", "·": ".", "×": "x", "≤": "<", "≥": ">", "°": "", "÷": "+", "'": ""}  # fmt: skip
"""What the reader may take for each other: letters that look alike, and signs that it does not know."""

_NO_BEGINNING: Final = re.compile(r"^l(?=[bcdfgjkmnpqrstvwxz][a-z]{2})")
_MENDED: Final = re.compile(r"(?<=.)[Il|]")
_MISREAD_DIGIT: Final = re.compile(r"(?<![\w.+-])([^\W\d_]+)[0158]([^\W\d_]+)(?![\w+-]|\.\w)")
PLAIN: Final = 3  # letters of a word that is no code
_DRAWN_ALIKE: Final = "cikopsuvwxz"
"""Letters whose capital has the same shape, or that of an l."""

LATIN_ENDS: Final = "\u024f"
_KNOWN: Final = "–—‘’“”•…€™←↑→↓✓„«»‐‑‒−‚"
"""Signs beyond the Latin letters that the reader of Latin knows, or takes for others of the same meaning."""
_UNKNOWN: Final = "±÷¬¤¦§¨ª¯²³¸¹º¼½¾µ"


class Letter(NamedTuple):
    """`text` is one letter as it is compared; `raw`, what was read; `place`, the number of its word; `first`, if that
    begins with it."""

    text: str
    raw: str
    place: int
    first: bool


class LookAlike(NamedTuple):
    """One letter for all those that may be misread for each other; `start` and `end` are those of the letters read."""

    text: str
    start: int
    end: int


def letters(words: Sequence[str], *, case: bool = False) -> list[Letter]:
    return [
        Letter(text, raw, place, number == 0)
        for place, word in enumerate(words)
        for number, (text, raw) in enumerate(_compared(word, case=case))
    ]


@lru_cache(16384)
def outline(word: str, *, case: bool = False) -> str:
    """Return the word with one letter for all those that may be misread for each other."""
    return "".join(letter.text for letter in look_alikes(letters([word], case=case)))


@lru_cache(16384)
def _compared(word: str, *, case: bool) -> tuple[tuple[str, str], ...]:
    """Return each letter as it is compared and as it was read."""
    read = mended(unicodedata.normalize("NFC", word))
    return tuple((text, raw) for raw in read for text in _form(raw, case=case))


def _form(letter: str, *, case: bool) -> str:
    same = _SAME.get(letter, letter)
    return same if case else same.casefold()


def mended(word: str) -> str:
    """Return the word with an I for an l among capitals or where no word begins with an l, as "lnbox", and an l for an
    I or a stroke among small letters: they are drawn alike."""
    word = _NO_BEGINNING.sub("I", word)
    if not _MENDED.search(word):
        return word
    return word[:1] + "".join(
        _mended(word[:number], word[number], word[number + 1 : number + 2]) for number in range(1, len(word))
    )


def _mended(begun: str, letter: str, after: str) -> str:
    before = begun[-1]
    small = before.islower() or (before.isupper() and len(begun) == 1)
    if letter in "I|" and small and (after.islower() or (before.islower() and not after)):
        return "l"
    if letter in "l|" and before.isupper() and after.isupper():
        return "I"
    return letter


def has_misread_digit(word: str) -> bool:
    """Return whether a digit stands between the small letters of a plain word, as in "Ro0m": it is a letter that was
    misread. Codes such as "a1b2" have real digits."""
    return without_misread_digits(word) != word


def without_misread_digits(text: str) -> str:
    return _MISREAD_DIGIT.sub(lambda word: word[1] + word[2] if _is_plain(word) else word[0], text)


def _is_plain(word: re.Match[str]) -> bool:
    return (word[1][1:] + word[2]).islower() and len(word[1] + word[2]) >= PLAIN


def look_alikes(read: Sequence[Letter]) -> list[LookAlike]:
    """Return the letters with those that are misread for each other made one."""
    found, start = [], 0
    while start < len(read):
        pair = "".join(letter.text for letter in read[start : start + 2])
        if pair in _PAIRS and not read[start + 1].first:
            found.append(LookAlike(_PAIRS[pair], start, start + 2))
            start += 2
            continue
        single = _plain(read[start].text)
        found += [LookAlike(text, start, start + 1) for text in _MISTAKEN.get(single, single)]
        start += 1
    return found


def _plain(letter: str) -> str:
    """Return the letter without its accent, which the reader may miss, and small if it is drawn like the capital."""
    bare = unicodedata.normalize("NFD", letter)[:1]
    return bare.casefold() if bare.casefold() in _DRAWN_ALIKE else bare


def is_told_by_size(text: str) -> bool:
    """Return whether nothing but its size tells a text from the same in small letters or in capitals, as in "v"; a zero
    is drawn like both."""
    plain = [_plain(letter) for letter in text.replace("0", "o") if letter.isalnum()]
    return bool(plain) and all(letter in _DRAWN_ALIKE for letter in plain)


def is_readable(text: str) -> bool:
    """Return whether the reader of Latin letters knows all of the text's letters and signs."""
    return all((letter <= LATIN_ENDS and letter not in _UNKNOWN) or letter in _KNOWN for letter in text)
