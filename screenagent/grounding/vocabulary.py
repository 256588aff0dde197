"""The words that say little about a target, and those that mean the same one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from rapidfuzz.distance import Prefix

from screenagent.geometry import Value
from screenagent.perception.similarity import is_misread, stem
from screenagent.yaml_file import read_packaged

DERIVED: Final = 0.7  # of the longer word, what two forms of one word share at the beginning


class Vocabulary(Value):
    """Words and values by what they tell, from `vocabulary.yaml`."""

    empty: str
    weak: str
    same: tuple[str, ...]
    signs: dict[str, str]
    dots: str
    bars: str
    values: dict[str, str]
    opposites: tuple[tuple[str, str], ...]
    prefixes: str
    extends: str
    harmless: str


_READ: Final = read_packaged(Path(__file__).with_name("vocabulary.yaml"), Vocabulary)
_EMPTY, _WEAK = frozenset(_READ.empty.split()), frozenset(_READ.weak.split())
_GROUPS = tuple(frozenset(map(stem, words.split())) for words in _READ.same)
SAME: Final = {
    word: frozenset().union(*(group for group in _GROUPS if word in group)) for word in frozenset().union(*_GROUPS)
}
"""The stems that mean the same as each."""
SIGNS: Final = {word: tuple(signs.split()) for word, signs in _READ.signs.items()}
_DOTS: Final = re.compile(_READ.dots, re.I)
_BARS: Final = re.compile(_READ.bars, re.I)
_VALUES = tuple((frozenset(map(stem, key.split())), re.compile(value, re.I)) for key, value in _READ.values.items())
OPPOSITES: Final = tuple((frozenset(these.split()), frozenset(those.split())) for these, those in _READ.opposites)
PREFIXES: Final = tuple(_READ.prefixes.split())
EXTENDS: Final = frozenset(_READ.extends.split())
HARMLESS: Final = frozenset(_READ.harmless.split())
_WORD = re.compile(r"[^\W_]+(?:[.'’@-][^\W_]+)*%?|[+*/=×÷%-]")


class WeightedStem(NamedTuple):
    """A word by its stem; `weight` is how much it tells."""

    stem: str
    weight: float


@lru_cache(maxsize=4096)
def tokens(text: str) -> tuple[WeightedStem, ...]:
    words = _WORD.findall(re.sub(r"['’]s\b", "", text.casefold()))
    return tuple(WeightedStem(stem(word), 0.1 if word in _EMPTY else 0.4 if word in _WEAK else 1.0) for word in words)


@lru_cache(maxsize=16384)
def alike(one: str, other: str) -> float:
    """How surely two stems mean the same, a letter read wrong allowed."""
    if one == other:
        return 1.0
    if other in SAME.get(one, ()):
        return 0.8
    return 0.9 if is_misread(one, other) or _is_derived(one, other) else 0.0


def _is_derived(one: str, other: str) -> bool:
    """Return whether both are forms of one word, as "annotation" and "annotate" are."""
    shared = Prefix.similarity(one, other)
    return shared >= 5 and shared >= DERIVED * max(len(one), len(other))


def is_value(stems: Iterable[str], text: str) -> bool:
    """Whether `text` is a value of a sort that one of the words names."""
    return any(not words.isdisjoint(stems) and value.fullmatch(text) for words, value in _VALUES)


def is_dots(name: str) -> bool:
    """Return whether the name is what people call the button of a menu that bears three dots."""
    return bool(_DOTS.fullmatch(name))


def is_bars(name: str) -> bool:
    """Return whether the name, of a menu or a button, is what people call the button with three bars."""
    return bool(_BARS.fullmatch(name))
