"""How well the name that a tooltip tells fits a phrase: by its letters, by its meaning, and by the picture it is of."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp
from typing import Final, NamedTuple

import numpy as np

from screenagent.geometry import PixelBox
from screenagent.grounding.contradictions import contradicts
from screenagent.grounding.expression import Phrase
from screenagent.grounding.text_match import matches
from screenagent.perception.labels import Label
from screenagent.perception.sentence_encoder import SentenceEncoder

FITS: Final = 0.5


class NamedIcon(NamedTuple):
    """A picture, its name, and how well it shows what was said."""

    rect: PixelBox
    name: str
    score: float


class NameSigns(NamedTuple):
    letters: float
    meaning: float
    icon: float
    lead: float


class NameWeights(NamedTuple):
    bias: float
    letters: float
    meaning: float
    icon: float
    lead: float

    def likelihood(self, signs: NameSigns) -> float:
        said = self.bias + sum(weight * sign for weight, sign in zip(self[1:], signs, strict=True))
        return 1 / (1 + exp(-said))


FITTED: Final = NameWeights(bias=-4.0, letters=4.0, meaning=4.0, icon=2.0, lead=4.0)


class ChosenName(NamedTuple):
    icon: NamedIcon
    likely: float
    signs: NameSigns


def chosen_name(phrase: Phrase, icons: Sequence[NamedIcon], sentences: SentenceEncoder) -> ChosenName | None:
    if not icons:
        return None
    said = " ".join(part for part in (phrase.verb, phrase.name, phrase.about) if part)
    first, *vectors = sentences.vectors([said, *(icon.name for icon in icons)])
    meanings = (np.stack(vectors) @ first).tolist()
    ranked = []
    for icon, meaning in zip(icons, meanings, strict=True):
        letters = letters_of_name(phrase, icon)
        if not letters and (phrase.quoted or contradicts(said, icon.name)):
            continue
        ranked.append((max(letters, meaning) + 0.3 * icon.score, letters, meaning, icon))
    ranked.sort(key=lambda one: one[0], reverse=True)
    if not ranked:
        return None
    fit, letters, meaning, best = ranked[0]
    lead = min(0.3, fit - next((one[0] for one in ranked if one[3].name != best.name), 0.0))
    signs = NameSigns(letters, meaning, best.score, lead)
    return ChosenName(best, FITTED.likelihood(signs), signs)


def letters_of_name(phrase: Phrase, icon: NamedIcon) -> float:
    label = Label([(word, icon.rect) for word in icon.name.split()])
    return max((match.score for match in matches(phrase, [label])), default=0.0)
