"""What makes a label another one than was asked for: a negation, an opposite, or a word that narrows or extends it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from screenagent.grounding.vocabulary import EXTENDS, HARMLESS, OPPOSITES, PREFIXES
from screenagent.perception.similarity import numbers_in, stem
from screenagent.perception.text_edges import is_negation

_WORD: Final = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_COUNT: Final = re.compile(r"[(\[]\d+[)\]]")  # how many there are: "Inbox (3)"
_SIDES: Final = (*OPPOSITES, *((those, these) for these, those in OPPOSITES))
_OPPOSITE: Final = {
    word: frozenset().union(*(others for words, others in _SIDES if word in words))
    for words, _ in _SIDES
    for word in words
}
PARTICLES: Final = frozenset(("in", "out", "up", "down", "on", "off", "over", "back", "away"))
SHORTEST: Final = 3  # letters of a word whose opposite may be made by a prefix


@lru_cache(4096)
def contradicts(said: str, label: str) -> bool:
    """Return whether `label` denies what was `said`, or says the opposite."""
    asked, shown = frozenset(words_of(said)), frozenset(words_of(label))
    added, missed = shown - asked, asked - shown
    numbers = numbers_in(label)
    if numbers and numbers_in(said) and not set(numbers_in(said)) <= set(numbers):
        return True
    if any(map(is_negation, added)) or any(map(is_negation, missed)):
        return True
    return any(not _opposites_of(word).isdisjoint(missed or asked) for word in added)


def extends(rest: Iterable[str]) -> bool:
    """Return whether words that a label has beyond the name make another command of it: "Save As…", "Yes to all"."""
    text = " ".join(word for word in rest if not _COUNT.fullmatch(word))
    return bool(numbers_in(text)) or any(word in EXTENDS or is_negation(word) for word in words_of(text))


def is_harmless(rest: Iterable[str]) -> bool:
    """Return whether words that a label has beyond the name leave its meaning as it is: "Save changes"."""
    text = " ".join(word for word in rest if not _COUNT.fullmatch(word))
    return not numbers_in(text) and all(word in HARMLESS for word in words_of(text))


def inflects(said: str, label: str) -> bool:
    """Return whether the label has another form of a word that was said: "Saved" is not Save. The plural may stand for
    it, and so may "edit" for "editing"."""
    asked, shown = words_of(said), words_of(label)
    stems: dict[str, list[str]] = {}
    for word in asked:
        stems.setdefault(stem(word), []).append(word)
    return any(
        not one.endswith("ing") and not _is_plural(*sorted((one, other), key=len))
        for other in shown
        if other not in asked
        for one in stems.get(stem(other), ())
    )


def differs_in_small_words(name: str, label: str) -> bool:
    """Return whether a small word or a sign of the name is not on the label, or the other way round: "Sign up" is not
    "Sign in", nor is C++ C, nor "Save" "Save As"."""
    missed = set(words_of(name)) ^ set(words_of(label))
    return bool(missed & (PARTICLES | EXTENDS)) or _signs(name) != _signs(label)


def _signs(text: str) -> list[str]:
    return [letter for letter in text if letter in "+#"]


def _is_plural(one: str, many: str) -> bool:
    return len(one) > SHORTEST and many in (f"{one}s", f"{one}es", f"{one[:-1]}ies")


@lru_cache(16384)
def _opposites_of(word: str) -> frozenset[str]:
    """Return the opposites of a word, and what it becomes with a prefix such as "un", or without."""
    longer = [prefix + word for prefix in PREFIXES] if len(word) >= SHORTEST else []
    bare = [word.removeprefix(prefix) for prefix in PREFIXES if word.startswith(prefix)]
    return _OPPOSITE.get(word, frozenset()).union(longer, (rest for rest in bare if len(rest) >= SHORTEST))


@lru_cache(4096)
def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text in small letters."""
    return tuple(word.replace("’", "'") for word in _WORD.findall(text.casefold()))
