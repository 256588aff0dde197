"""The words that say little about a target, and those that mean the same one."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz import fuzz

_EMPTY = frozenset(
    """a all an and are as at be by for from how in into is it its my new of on or that the their this to which with
    your""".split()  # words read better as words
)
_WEAK = frozenset(
    """app application change choose display entry enable file go item open page program section select set show
    switch turn use view window""".split()
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


class Token(NamedTuple):
    """A word by its stem; `weight` is how much it tells."""

    stem: str
    weight: float


@lru_cache(maxsize=4096)
def tokens(text: str) -> tuple[Token, ...]:
    words = _WORD.findall(re.sub(r"['’]s\b", "", text.casefold()))
    return tuple(Token(stem(word), 0.1 if word in _EMPTY else 0.4 if word in _WEAK else 1.0) for word in words)


def stem(word: str) -> str:
    """The word without its ending, so that "opening" and "open", "contacts" and "contact" meet."""
    for suffix in ("ings", "ing", "ies", "ed", "es", "s"):
        if word.endswith(suffix) and len(word) - len(suffix) >= 3 and not word.endswith("ss"):
            word = word[: -len(suffix)] + ("y" if suffix == "ies" else "")
            break
    return word[:-1] if word.endswith("e") and len(word) > 3 else word


_SAME_STEMS = tuple(frozenset(map(stem, words)) for words in _SAME)


@lru_cache(maxsize=16384)
def alike(one: str, other: str) -> float:
    """How surely two stems mean the same, a letter read wrong allowed."""
    if one == other:
        return 1.0
    if any(one in same and other in same for same in _SAME_STEMS):
        return 0.8
    return 0.9 if min(len(one), len(other)) >= 5 and fuzz.ratio(one, other) > 80 else 0.0
