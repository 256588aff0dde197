"""Which label says in other words what a phrase describes: "Begin Updating" is what "start the update" means.

Asked only where the letters do not decide. A sentence encoder takes opposites for alike, since they are said in the
same places, so what contradicts the phrase is left out, and what the two share in letters is not counted twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from math import exp
from typing import Final, NamedTuple

import numpy as np

from screenagent.grounding.contradictions import words_of
from screenagent.grounding.expression import Phrase
from screenagent.grounding.text_match import TextMatch, WordRun, is_another, parted
from screenagent.grounding.vocabulary import alike, tokens
from screenagent.perception.labels import Label
from screenagent.perception.sentence_encoder import SentenceEncoder

DECIDED: Final = 0.75  # from this match of letters on, the words on the screen are those that were said
MOST_SAID: Final = 24  # words of a phrase; what says more is no description of one label
MOST_SHOWN: Final = 8  # words of a label; a longer one is a sentence
STRONGEST: Final = 0.74  # what meaning is worth at most: less than letters that decide
TELLING: Final = 0.1  # a word that weighs no more says nothing
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


MOST_LEAD: Final = 0.3  # a lead counts up to this
LEAST_LEAD: Final = 0.05  # with less, two labels mean it alike
FITTED: Final = NearnessWeights(bias=-4.58, whole=1.90, rest=3.84, lead=9.21)
LIKELY: Final = 0.5  # what is less likely is not named
LIKELY_SCORE: Final = 0.38  # the score of what is just as likely; one of letters is right as often


class _Shown(NamedTuple):
    """A text on the screen, and what it and the phrase say that the other does not."""

    label: Label
    run: WordRun
    rest: str
    unsaid: str


def meant(
    phrase: Phrase, screen: Iterable[Label], written: Sequence[TextMatch], sentences: SentenceEncoder
) -> list[TextMatch]:
    """Return the labels that mean the phrase and nothing else: one text, wherever it stands. `written` are those that
    match by their letters."""
    if not _describes(phrase) or any(match.score >= DECIDED for match in written):
        return []
    shown = list(_unlike(phrase, screen))
    if not shown:
        return []
    nearest, near = _nearest(_said(phrase), shown, sentences)
    likely = FITTED.likelihood(near)
    if near.lead < LEAST_LEAD or likely < LIKELY:
        return []
    score = LIKELY_SCORE + (STRONGEST - LIKELY_SCORE) * (likely - LIKELY) / (1 - LIKELY)
    same = [one for one in shown if _is_same(one, nearest)]
    return [TextMatch(one.run.text, one.run.rect, 0.0, one.label, meaning=score) for one in same]


def _describes(phrase: Phrase) -> bool:
    """Return whether the words say what is meant, rather than what is written: a name in capitals or of one word is
    written so, or not there."""
    words = phrase.name.split()
    titled = not phrase.verb and any(word[:1].isupper() for word in words[1:])
    called = phrase.quoted or phrase.named or phrase.nameless or titled
    return not called and 2 <= len(_said(phrase).split()) <= MOST_SAID and not (len(words) == 1 and not phrase.verb)


def _said(phrase: Phrase) -> str:
    return " ".join(part for part in (phrase.verb, phrase.name, phrase.about) if part)


def _unlike(phrase: Phrase, screen: Iterable[Label]) -> Iterator[_Shown]:
    """Yield the texts that say something in other words than the phrase and do not contradict it. One whose words were
    all said, or that says all of the phrase and more, is judged by its letters."""
    said = _said(phrase)
    for label in screen:
        for run in parted(label):
            if len(run.words) > MOST_SHOWN or not _WORD.search(run.text) or is_another(phrase, run):
                continue
            rest, unsaid = _beyond(said, run.text), _beyond(run.text, said)
            if rest and unsaid:
                yield _Shown(label, run, rest, unsaid)


def _beyond(one: str, other: str) -> str:
    """Return the telling words of a text that the other does not have in any form."""
    there = [token.stem for token in tokens(other) if token.weight > TELLING]
    return " ".join(word for word in words_of(one) if _tells(word, there))


def _tells(word: str, there: Sequence[str]) -> bool:
    stems = [token.stem for token in tokens(word) if token.weight > TELLING]
    return bool(stems) and not any(alike(stem, other) for stem in stems for other in there)


def _nearest(said: str, shown: Sequence[_Shown], sentences: SentenceEncoder) -> tuple[_Shown, Nearness]:
    phrase, *labels = sentences.vectors([said, *(one.run.text for one in shown)])
    near = (np.stack(labels) @ phrase).tolist()
    whole, best = max(zip(near, shown, strict=True), key=lambda one: one[0])
    others = (other for other, one in zip(near, shown, strict=True) if not _is_same(one, best))
    rest, unsaid = sentences.vectors([best.rest, best.unsaid])
    return best, Nearness(whole, float(rest @ unsaid), whole - max(others, default=0.0))


def _is_same(one: _Shown, other: _Shown) -> bool:
    return one.run.text.casefold() == other.run.text.casefold()
