"""Cuts texts into the pieces that a sentence encoder knows, as the tokenizer of BERT does."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from screenagent.perception.weights import BrokenWeights

LONGEST_WORD: Final = 100  # letters; a longer word is none
_BEFORE: Final = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
_IDEOGRAPHS: Final = (
    (0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F), (0x2B820, 0x2CEAF),
    (0xF900, 0xFAFF), (0x2F800, 0x2FA1F),
)  # fmt: skip


class WordPieces:
    """A word that is no piece of its own falls apart into pieces; those within a word begin with ##."""

    def __init__(self, pieces: Sequence[str]) -> None:
        self._ids = {piece: number for number, piece in enumerate(pieces)}
        self._longest = max(map(len, pieces))
        self._unknown, self._begin, self._end = (self._ids[piece] for piece in _BEFORE[1:])

    @classmethod
    def read(cls, path: Path) -> WordPieces:
        """Read a file with one piece a line."""
        if not path.is_file():
            raise BrokenWeights(path, "are missing")
        pieces = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
        if tuple(pieces[: len(_BEFORE)]) != _BEFORE:
            raise BrokenWeights(path, "are broken")
        return cls(pieces)

    def ids(self, text: str, *, most: int) -> list[int]:
        """Return the numbers of the pieces of `text`, at most `most` with the marks at its ends."""
        ids = [number for word in bare_words(text) for number in self._of_word(word)]
        return [self._begin, *ids[: most - 2], self._end]

    def _of_word(self, word: str) -> list[int]:
        found: list[int] = []
        start = 0
        while start < len(word):
            piece = next(self._starting(word, start), None) if len(word) <= LONGEST_WORD else None
            if piece is None:
                return [self._unknown]
            number, start = piece
            found.append(number)
        return found

    def _starting(self, word: str, start: int) -> Iterator[tuple[int, int]]:
        """Yield the pieces of the word that begin at `start`, the longest first, each with where it ends."""
        mark = "##" if start else ""
        for end in range(min(len(word), start + self._longest), start, -1):
            if (number := self._ids.get(mark + word[start:end])) is not None:
                yield number, end


def bare_words(text: str) -> list[str]:
    """Return the words of `text` in lower case and without accents, and each sign as a word of its own."""
    spaced = "".join(map(_spaced, text))
    bare = "".join(letter for letter in unicodedata.normalize("NFD", spaced) if unicodedata.category(letter) != "Mn")
    return "".join(f" {letter} " if _is_sign(letter) else letter for letter in bare.lower()).split()


def _spaced(letter: str) -> str:
    if letter.isspace():
        return " "
    if letter.isascii() and letter.isprintable():
        return letter
    if unicodedata.category(letter).startswith("C") or letter == "\ufffd":
        return ""
    return f" {letter} " if any(first <= ord(letter) <= last for first, last in _IDEOGRAPHS) else letter


def _is_sign(letter: str) -> bool:
    if letter.isascii():
        return letter.isprintable() and not letter.isalnum() and letter != " "
    return unicodedata.category(letter).startswith("P")
