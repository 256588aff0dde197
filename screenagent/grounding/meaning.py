"""Which label says in other words what a phrase describes: "Begin Updating" is what "start the update" means.

Asked only where the letters do not decide. A sentence encoder takes opposites for alike, since they are said in the
same places, so what contradicts the phrase is left out, and what the two share in letters is not counted twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from math import exp
from typing import Final, NamedTuple

import numpy as np

from screenagent.grounding.contradictions import PARTICLES, extends, words_of
from screenagent.grounding.expression import GRAMMAR
from screenagent.grounding.phrase import Phrase
from screenagent.grounding.text_match import TextMatch, WordRun, is_another, is_name, parted
from screenagent.grounding.vocabulary import alike, tokens
from screenagent.perception.labels import Label
from screenagent.perception.sentence_encoder import SentenceEncoder

DECIDED: Final = 0.75  # from this match of letters on, the words on the screen are those that were said
MOST_SAID: Final = 24  # words of a phrase; what says more is no description of one label
MOST_SHOWN: Final = 6  # words of a label; a longer one is a sentence
STRONGEST: Final = 0.74  # the score of what is likeliest: less than letters that decide
MOST_ENCODED: Final = 24  # texts of a screen; each takes 2 ms
TELLING: Final = 0.1  # a word that weighs no more says nothing
SHORTEST: Final = 3  # letters of a word that another may be made of
NUMBERS: Final = frozenset("one two three four five six seven eight nine ten eleven twelve".split()) | {
    word for words in GRAMMAR.ordinals.values() for word in words
}
_WORD: Final = re.compile(r"[^\W\d_]{3}")


class Nearness(NamedTuple):
    """How near the meaning of a label comes to that of a phrase, each from 0 to 1."""

    whole: float
    """How alike they are as they stand."""
    rest: float
    """How alike they are without the words that both have."""
    lead: float
    """How much nearer this label is than any other."""


class NearnessWeights(NamedTuple):
    """A logistic model of how likely the nearest label is what was meant, by the parts of its nearness."""

    bias: float
    whole: float
    rest: float
    lead: float

    def likelihood(self, near: Nearness) -> float:
        said = self.bias + self.whole * near.whole + self.rest * near.rest + self.lead * min(near.lead, MOST_LEAD)
        return 1 / (1 + exp(-said))


FITTED: Final = NearnessWeights(bias=-5.14, whole=3.35, rest=4.10, lead=10.44)
LEAST_LEAD: Final = 0.05  # with less, two labels mean it alike, and neither is named
MOST_LEAD: Final = 0.2  # a lead counts up to this: on a screen of two labels each leads by much
LIKELY: Final = 0.5  # what is less likely is not named
LIKELIEST: Final = 0.85  # hardly anything is likelier
LIKELY_SCORE: Final = 0.42  # of what is just likely: less than a thing that was said and stands there, as "Updates"


class Shown(NamedTuple):
    """A text on the screen, and what the phrase and it say that the other does not; `other` says another thing."""

    label: Label
    run: WordRun
    rest: str
    unsaid: str
    other: bool


class Nearest(NamedTuple):
    """The text whose meaning comes nearest, wherever it stands, and how near."""

    shown: tuple[Shown, ...]
    near: Nearness


def meant(
    phrase: Phrase, screen: Iterable[Label], written: Sequence[TextMatch], sentences: SentenceEncoder
) -> list[TextMatch]:
    """Return the labels that mean the phrase and nothing else: one text, wherever it stands. `written` are those that
    match by their letters."""
    found = nearest(phrase, screen, written, sentences)
    if found is None or found.near.lead < LEAST_LEAD or (likely := FITTED.likelihood(found.near)) < LIKELY:
        return []
    score = float(np.interp(likely, (LIKELY, LIKELIEST), (LIKELY_SCORE, STRONGEST)))
    return [TextMatch(one.run.text, one.run.rect, 0.0, one.label, score) for one in found.shown]


def nearest(
    phrase: Phrase, screen: Iterable[Label], written: Sequence[TextMatch], sentences: SentenceEncoder
) -> Nearest | None:
    """Return the text that comes nearest, unless the letters decide or it contradicts the phrase."""
    if not _describes(phrase) or any(match.score >= DECIDED for match in written):
        return None
    shown = list(_reworded(phrase, screen))
    if all(one.other for one in shown):
        return None
    best, near = _compared(_said(phrase), shown, sentences)
    return None if best.other else Nearest(tuple(one for one in shown if _is_same(one, best)), near)


def _describes(phrase: Phrase) -> bool:
    """Return whether the words say what is meant, rather than what is written: a name is written so, or not there."""
    titled = not phrase.verb and any(word[:1].isupper() for word in phrase.name.split()[1:])
    return not (is_name(phrase) or phrase.nameless or titled) and len(_said(phrase).split()) <= MOST_SAID


def _said(phrase: Phrase) -> str:
    return " ".join(part for part in (phrase.verb, phrase.name, phrase.about) if part)


def _reworded(phrase: Phrase, screen: Iterable[Label]) -> Iterator[Shown]:
    """Yield the texts that say something in other words than the phrase. One whose words were all said, or that says
    all of the phrase and more, is judged by its letters."""
    said, proper = _said(phrase), _proper(phrase)
    for label in screen:
        for run in parted(label):
            if len(run.words) > MOST_SHOWN or not _WORD.search(run.text):
                continue
            rest, unsaid = _beyond(said, run.text), _beyond(run.text, said)
            if rest and unsaid:
                contrary = is_another(phrase, run) or _differs(said, run.text, rest, unsaid)
                other = contrary or not proper.isdisjoint(rest)
                yield Shown(label, run, " ".join(rest), " ".join(unsaid), other)


def _proper(phrase: Phrase) -> frozenset[str]:
    """Return the words of the name that begin with a capital, but for that which may begin the sentence: no other words
    mean the same."""
    words = phrase.name.split()[0 if phrase.verb else 1 :]
    return frozenset(word for name in words if name[:1].isupper() for word in words_of(name))


def _differs(said: str, label: str, rest: Sequence[str], unsaid: Sequence[str]) -> bool:
    """Return whether the label says another thing, however alike it sounds: more than was said, "out" in place of "in",
    another number, or a word that only looks like one that was said, as "sender" like "send"."""
    asked, shown = set(words_of(said)) & PARTICLES, set(words_of(label)) & PARTICLES
    if extends(unsaid) or (asked - shown and shown - asked):
        return True
    if any(word[0].isdigit() or word in NUMBERS for word in (*rest, *unsaid)):
        return True
    return any(_holds(one, other) or _holds(other, one) for one, other in product(rest, unsaid))


def _holds(word: str, part: str) -> bool:
    return len(part) >= SHORTEST and (word.startswith(part) or word.endswith(part))


def _beyond(one: str, other: str) -> list[str]:
    """Return the telling words of a text that the other does not have in any form."""
    there = [token.stem for token in tokens(other) if token.weight > TELLING]
    return [word for word in words_of(one) if _tells(word, there)]


def _tells(word: str, there: Sequence[str]) -> bool:
    stems = [token.stem for token in tokens(word) if token.weight > TELLING]
    return bool(stems) and not any(alike(stem, other) for stem in stems for other in there)


def _compared(said: str, shown: Sequence[Shown], sentences: SentenceEncoder) -> tuple[Shown, Nearness]:
    """Return the text whose meaning comes nearest, and how near."""
    likely = sentences.nearest(said, [one.run.text for one in shown], most=MOST_ENCODED)
    shown = [shown[place] for place in likely]
    phrase, *labels = sentences.vectors([said, *(one.run.text for one in shown)])
    near = (np.stack(labels) @ phrase).tolist()
    whole, best = max(zip(near, shown, strict=True), key=lambda one: one[0])
    others = (other for other, one in zip(near, shown, strict=True) if not _is_same(one, best))
    rest, unsaid = sentences.vectors([best.rest, best.unsaid])
    return best, Nearness(whole, float(rest @ unsaid), whole - max(others, default=0.0))


def _is_same(one: Shown, other: Shown) -> bool:
    return one.run.text.casefold() == other.run.text.casefold()
