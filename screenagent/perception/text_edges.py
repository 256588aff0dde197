"""Whether words that were found in a text stand there as such, or are a part of another word, number, date or name."""

from __future__ import annotations

import re
from enum import IntEnum
from pathlib import Path
from typing import Final

from screenagent.geometry import Value
from screenagent.yaml_file import read_packaged


class Verdict(IntEnum):
    """How far what was found is what was asked for: the smallest of several counts."""

    OTHER = 0
    """Another word or number."""
    DOUBTFUL = 1
    """Perhaps the same; a blank or a sign may have been misread, or a negation stands beside it."""
    WHOLE = 2


class Negations(Value):
    """Words that make the opposite of others, from `negations.yaml`."""

    before: str
    after: str
    answers: str
    joints: str
    prefixes: str
    suffixes: str


_READ: Final = read_packaged(Path(__file__).with_name("negations.yaml"), Negations)
_BEFORE, _AFTER, _ANSWERS = (frozenset(words.split()) for words in (_READ.before, _READ.after, _READ.answers))
_JOINTS, _PREFIXES, _SUFFIXES = (frozenset(words.split()) for words in (_READ.joints, _READ.prefixes, _READ.suffixes))

REACH: Final = 3  # how many words a negation may stand before what it negates
CURRENCIES: Final = "$€£¥₽₹₩₺¢"
_CLAUSE_ENDS: Final = ".,;:!?)]}•|"
_QUALIFIES: Final = "<>≤≥≠~≈±+×*÷^%‰°"  # beside a number, these say something else about it
_BREAKS: Final = "()[]{}\"'«»„.,;:!?•|"  # signs that need no blank beside them
_SIGNED: Final = "-+±"
_IN_NUMBER: Final = re.compile(r"\d[.,'] \d|\d [.,']\d")
_ENDS_IN_NUMBER: Final = re.compile(r"(?<!\d)\d{1,3}$")
_GROUP: Final = re.compile(r"\d{3}(?!\d)")


def edge(inner: str, outer: str, *, after: bool, path: bool = False) -> Verdict:
    """Return whether a word may end at `inner`, its first or last letter, if `outer` stands right beside it without a
    blank, the nearest letter first. `path` if the words that were asked for are a path."""
    if not outer:
        return Verdict.WHOLE
    if not inner.isalnum():
        return _beside_sign(inner, outer, after=after)
    if outer[0].isalnum() or outer[0] == "_":
        # A blank between a letter and a digit is missed easily: "Qty 6".
        return Verdict.DOUBTFUL if inner.isdigit() != outer[0].isdigit() and outer[0] != "_" else Verdict.OTHER
    return _beside_number(outer, after=after) if inner.isdigit() else _beside_word(outer, after=after, path=path)


def _beside_number(outer: str, *, after: bool) -> Verdict:
    if after:
        outer = outer.lstrip(CURRENCIES)
    elif outer[0] in CURRENCIES:
        return Verdict.OTHER if outer.lstrip(CURRENCIES)[:1] == "-" else Verdict.WHOLE
    sign, beyond = outer[:1], outer[1:2]
    if sign == "-":
        return _beside_dash(beyond, after=after)
    if sign in (".", ",", ":", "/", "'") and sign:
        decimal = beyond.isdigit() or (sign == "." and not after and not beyond)
        return Verdict.OTHER if decimal else Verdict.WHOLE
    return Verdict.DOUBTFUL if sign and sign in _QUALIFIES else Verdict.WHOLE


def _beside_dash(beyond: str, *, after: bool) -> Verdict:
    """Before a number, a dash is a minus; between two it makes a date or a code of them."""
    if not beyond and after:
        return Verdict.DOUBTFUL
    return Verdict.DOUBTFUL if beyond.isalpha() else Verdict.OTHER


def _beside_word(outer: str, *, after: bool, path: bool) -> Verdict:
    sign, beyond = outer[0], outer[1:]
    if sign == "-" and beyond[:1].isalnum():
        other = _leading_word(beyond) if after else _leading_word(beyond)[::-1]
        return Verdict.OTHER if other in (_SUFFIXES if after else _PREFIXES) else Verdict.DOUBTFUL
    if sign == "'" and after and _leading_word(beyond) == "t":
        return Verdict.OTHER
    if sign in "/\\" and path and beyond[:1].isalnum():
        return Verdict.OTHER
    if sign == ".":
        return Verdict.DOUBTFUL if beyond[:1].isalnum() or not after else Verdict.WHOLE
    if sign == "@" or (sign in "+#" and after):
        return Verdict.DOUBTFUL
    return Verdict.WHOLE


def _beside_sign(inner: str, outer: str, *, after: bool) -> Verdict:
    first = outer[0]
    if inner in _BREAKS:
        number = first.isdigit() and inner in ".,:'" and not (not after and inner == "'")
        return Verdict.DOUBTFUL if number else Verdict.WHOLE
    if first in _BREAKS and after:
        return Verdict.WHOLE
    if not after and inner in _SIGNED and first.isdigit():
        return Verdict.OTHER  # "10-5" is not -5
    if not after and inner in CURRENCIES and first == "-":
        return Verdict.OTHER
    return Verdict.WHOLE if first in "([\"'" else Verdict.DOUBTFUL


def _leading_word(text: str) -> str:
    return next((text[:end] for end in range(len(text)) if not text[end].isalnum()), text)


def joined(left: str, right: str) -> Verdict:
    """Return whether `left` and `right`, two words, may be one that was read with a blank in it, or the other way
    round: "not able" is not "notable"."""
    if left[-1:].isdigit() and right[:1].isdigit():
        return Verdict.DOUBTFUL
    if left[-1:].isalpha() and right[:1].isalpha():
        pieces = {left, right}
        short = min(len(left), len(right)) == 1
        return Verdict.DOUBTFUL if short or pieces & (_PREFIXES | _BEFORE) else Verdict.WHOLE
    return Verdict.DOUBTFUL if _IN_NUMBER.search(f"{left[-2:]} {right[:2]}") else Verdict.WHOLE


def goes_on(number: str, group: str) -> bool:
    """Return whether `group` may be the next three digits of the number before it."""
    return _ENDS_IN_NUMBER.search(number) is not None and _GROUP.match(group) is not None


def negated_before(words: list[str]) -> bool:
    """Return whether `words`, which stand before others, negate them."""
    for word in reversed(words[-REACH:]):
        bare = bared(word)
        if word[-1:] in _CLAUSE_ENDS or bare in _JOINTS or not bare:
            return False
        if is_negation(bare):
            return True
    return False


def is_negation(word: str) -> bool:
    """Return whether the word, in small letters, negates what follows it."""
    return word in _BEFORE or word.endswith("n't")


def negated_after(last: str, words: list[str]) -> bool:
    """Return whether `words`, which stand after others that end in `last`, negate those: "Paid: no"."""
    if not words:
        return False
    following = bared(words[0])
    if last[-1:] == ":":
        return following in _ANSWERS and len(words) == 1
    return last[-1:] not in _CLAUSE_ENDS and (following in _AFTER or following.endswith("n't"))


def bared(word: str) -> str:
    """Return the word in small letters without the signs round it."""
    return word.casefold().strip("\"'()[]{}<>.,;:!?…-*•|")
