"""The words that say little about a target, and those that mean the same one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz import fuzz

from screenagent.perception.similarity import stem

_EMPTY = frozenset(
    """a an and are as at be by for from how in into is it its my new of on or that the their this to which with
    your""".split()  # words read better as words
)
_WEAK = frozenset(
    """all app application article change choose chapter display entry enable file go item open page program section
    select service set show switch topic turn use view window""".split()
)
_SAME = (
    {"about", "information", "info"},
    {"delete", "remove", "trash"},
    {"preference", "setting", "option", "configure"},
    {"search", "find"},
    {"surname", "last"},
    {"directory", "folder"},
    {"picture", "image", "photo"},
    {"quit", "exit", "close"},
    {"ok", "yes", "confirm", "accept"},
    {"email", "mail"},
    {"edit", "modify"},
    {"color", "colour"},
    {"create", "new", "add"},
    {"one", "1"},
    {"two", "2"},
    {"three", "3"},
    {"plus", "+"},
    {"minus", "-"},
    {"equal", "="},
    {"percent", "%"},
    {"division", "divide", "/", "÷"},
    {"times", "multiply", "*", "×"},
)

_WORD = re.compile(r"[^\W_]+(?:[.'’@-][^\W_]+)*%?|[+*/=×÷%-]")
_VALUES = (
    ({"clock", "time"}, r"(?:\w+ \d+,? )?\d{1,2}[:.]\d\d(?:[:.]\d\d)?(?: ?[ap]\.?m\.?)?"),
    ({"date"}, r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|[A-Z][a-z]+ \d{1,2}(?:, \d{4})?"),
    (
        {"location", "address", "path", "url"},
        r"(?:~|/|[a-z]+:/|[A-Z]:\\|www\.)\S*|[\w.-]+\.(?:com|org|net|html?)(?:/\S*)?",
    ),
    ({"color", "colour", "hex"}, r"#[0-9a-f]{3,8}"),
    ({"percentage", "zoom", "scale"}, r"\d+ ?%"),
    ({"email", "mail"}, r"[^\s@]+@[^\s@]+"),
)
"""What a value tells of itself: whoever asks for the address bar means what an address stands in."""


class WeightedStem(NamedTuple):
    """A word by its stem; `weight` is how much it tells."""

    stem: str
    weight: float


@lru_cache(maxsize=4096)
def tokens(text: str) -> tuple[WeightedStem, ...]:
    words = _WORD.findall(re.sub(r"['’]s\b", "", text.casefold()))
    return tuple(WeightedStem(stem(word), 0.1 if word in _EMPTY else 0.4 if word in _WEAK else 1.0) for word in words)


_SAME_STEMS = tuple(frozenset(map(stem, words)) for words in _SAME)


@lru_cache(maxsize=16384)
def alike(one: str, other: str) -> float:
    """How surely two stems mean the same, a letter read wrong allowed."""
    if one == other:
        return 1.0
    if any(one in same and other in same for same in _SAME_STEMS):
        return 0.8
    return 0.9 if min(len(one), len(other)) >= 5 and fuzz.ratio(one, other) > 80 else 0.0


_VALUE_STEMS = tuple((frozenset(map(stem, words)), re.compile(value, re.I)) for words, value in _VALUES)


def is_value(stems: Iterable[str], text: str) -> bool:
    """Whether `text` is a value of a sort that one of the words names."""
    return any(not words.isdisjoint(stems) and value.fullmatch(text) for words, value in _VALUE_STEMS)
