"""How well the names of buttons fit a phrase: by their letters, by what they mean, and by the pictures they are of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import exp
from typing import Final, NamedTuple

import numpy as np
from rapidfuzz import fuzz

from screenagent.geometry import PixelBox
from screenagent.grounding.contradictions import contradicts
from screenagent.grounding.phrase import Phrase
from screenagent.grounding.text_match import WordRun, is_another, is_name, matches
from screenagent.grounding.vocabulary import alike, tokens
from screenagent.perception.icon_encoder import IconWords
from screenagent.perception.labels import Label
from screenagent.perception.sentence_encoder import SentenceEncoder
from screenagent.perception.similarity import letters_of

WRITTEN: Final = 0.8  # from this match of letters on, the name is what was said
SAME_LETTERS: Final = 85  # of 100: a word of which a letter was misread, as “Polyaon”; “Invert” is not “Insert”
TELLING: Final = 0.1  # a word that weighs no more says nothing
MOST_LEAD: Final = 3.0  # a lead counts up to this
_CLAUSE: Final = re.compile(r"[.,;:]| (?:to|of|in|on|from|for|with) ")

_BARE: Final = re.compile(r"^(?:the|a|an) |\s(?:icon|button|tool)$", re.I)


class NamedIcon(NamedTuple):
    """A picture, its name, and how well it shows what was said."""

    rect: PixelBox
    name: str
    score: float


class NameSigns(NamedTuple):
    """What speaks for a name; each is about 0 to 1."""

    letters: float
    """How well it matches by its letters."""
    meaning: float
    """How alike both are as sentences."""
    words: float
    """How alike both are as names of icons."""
    begins: float
    """The same for the beginning of the name, up to the first of "of", "in" and the like."""
    common: float
    """How alike it is to many names of icons, which makes it alike to whatever is said."""
    icon: float
    """How well the picture shows what was said."""


class NameWeights(NamedTuple):
    """How much each sign counts for which of several names is meant; then how sure that is, by the fit of the best and
    by its lead over any other."""

    signs: NameSigns
    bias: float
    fit: float
    lead: float

    def fit_of(self, signs: NameSigns) -> float:
        return sum(weight * sign for weight, sign in zip(self.signs, signs, strict=True))

    def likelihood(self, fit: float, lead: float) -> float:
        return 1 / (1 + exp(-(self.bias + self.fit * fit + self.lead * min(lead, MOST_LEAD))))


FITTED: Final = NameWeights(
    signs=NameSigns(letters=0.9, meaning=5.88, words=3.81, begins=3.23, common=-2.23, icon=5.27),
    bias=-2.87,
    fit=0.30,
    lead=0.74,
)
"""On the phrases of `examples/hover.yaml`, as shown by weights that were fitted to all applications but one, in turn:
188 in other words than the tooltips' are found right in 46 %, wrong in 12 %."""
UNKNOWN: Final = 4.0  # the fit of a name that was not told, which the best has to lead over, too


class ChosenName(NamedTuple):
    """The button whose name fits best, and how likely it is meant."""

    icon: NamedIcon
    likely: float


def written_name(target: str, icons: Sequence[NamedIcon]) -> NamedIcon | None:
    """Return the button whose name is the target itself, letter for letter or but for a misread one; None if there is
    none, or if two names are as near."""
    said = _BARE.sub("", target).strip(" '\"“”‘’")
    near = [(_letters_alike(said, icon.name), icon) for icon in icons]
    best, named = max(near, key=lambda one: one[0], default=(0.0, None))
    if named is None or not best:
        return None
    return None if any(alike == best and not _is_same(icon, named) for alike, icon in near) else named


def _letters_alike(said: str, name: str) -> float:
    """Return how alike two texts are of which each word may have a letter misread, from 0 to 1; 0 if they differ."""
    if letters_of(said) == letters_of(name):
        return 1.0
    words = said.casefold().split(), name.casefold().split()
    ratios = [fuzz.ratio(one, other) for one, other in zip(*words, strict=False)]
    misread = len(words[0]) == len(words[1]) and min(ratios, default=0) >= SAME_LETTERS and not contradicts(said, name)
    return min(ratios) / 101 if misread else 0.0


def chosen_name(
    phrase: Phrase, icons: Sequence[NamedIcon], sentences: SentenceEncoder, words: IconWords
) -> ChosenName | None:
    """Return the button whose name fits best; None if that says another thing, as "Save As" does for Save. Of a quoted
    phrase only the letters count."""
    said = " ".join(part for part in (phrase.verb, phrase.name, phrase.about) if part)
    if not icons:
        return None
    signs = name_signs(phrase, said, icons, sentences, words)
    fits = [FITTED.fit_of(one) for one in signs]
    at = int(np.argmax(fits))
    best = icons[at]
    if not _may_mean(phrase, said, best):
        return None
    others = [(fit, icon) for fit, icon in zip(fits, icons, strict=True) if not _is_same(icon, best)]
    if signs[at].letters < WRITTEN and _says_all(said, best) and any(_says_all(said, icon) for _, icon in others):
        return None
    lead = fits[at] - max((UNKNOWN, *(fit for fit, _ in others)))
    return ChosenName(best, FITTED.likelihood(fits[at], lead))


def name_signs(
    phrase: Phrase, said: str, icons: Sequence[NamedIcon], sentences: SentenceEncoder, words: IconWords
) -> list[NameSigns]:
    """Return what speaks for each name."""
    first, *names = sentences.vectors([said, *(icon.name for icon in icons)])
    asked = words.vector([(said, 1.0)])
    signs = []
    for icon, name in zip(icons, names, strict=True):
        begins = words.vector([(_CLAUSE.split(icon.name)[0], 1.0)])
        signs.append(
            NameSigns(
                letters=letters_of_name(phrase, icon),
                meaning=float(name @ first),
                words=float(words.vector([(icon.name, 1.0)]) @ asked),
                begins=float(begins @ asked),
                common=words.commonness(icon.name),
                icon=icon.score,
            )
        )
    return signs


def letters_of_name(phrase: Phrase, icon: NamedIcon) -> float:
    return max((match.score for match in matches(phrase, [_label(icon)])), default=0.0)


def _label(icon: NamedIcon) -> Label:
    return Label([(word, icon.rect) for word in icon.name.split()])


def _says_all(said: str, icon: NamedIcon) -> bool:
    """Return whether a name has all words that were said: "Zoom in" for "zoom", which may mean "Zoom out" as well."""
    there = [token.stem for token in tokens(icon.name)]
    return all(any(alike(token.stem, other) for other in there) for token in tokens(said) if token.weight > TELLING)


def _may_mean(phrase: Phrase, said: str, icon: NamedIcon) -> bool:
    if phrase.quoted:
        return letters_of_name(phrase, icon) >= WRITTEN
    if is_name(phrase):
        return not is_another(phrase, WordRun(_label(icon).words, (), ()))
    return not contradicts(said, icon.name)


def _is_same(one: NamedIcon, other: NamedIcon) -> bool:
    return one.name.casefold() == other.name.casefold()
