"""What makes a label another one than was asked for: a negation, an opposite, or a word that narrows or extends it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import product
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


def contradicts(said: str, label: str) -> bool:
    """Return whether `label` denies what was `said`, or says the opposite."""
    asked, shown = words_of(said), words_of(label)
    added, missed = [word for word in shown if word not in asked], [word for word in asked if word not in shown]
    if numbers_in(said) and numbers_in(label) and not set(numbers_in(said)) <= set(numbers_in(label)):
        return True
    if any(map(is_negation, added)) or any(map(is_negation, missed)):
        return True
    return any(are_opposite(one, other) for one, other in product(missed or asked, added))


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
    return any(
        stem(one) == stem(other) and not one.endswith("ing") and not _is_plural(*sorted((one, other), key=len))
        for one, other in product(asked, [word for word in shown if word not in asked])
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
def are_opposite(one: str, other: str) -> bool:
    """Return whether two words are opposites, or one is the other with a prefix such as "un"."""
    short, long = sorted((one, other), key=len)
    if len(short) >= SHORTEST and any(long == prefix + short for prefix in PREFIXES):
        return True
    return other in _OPPOSITE.get(one, frozenset())


def words_of(text: str) -> Sequence[str]:
    return [word.replace("’", "'") for word in _WORD.findall(text.casefold())]
