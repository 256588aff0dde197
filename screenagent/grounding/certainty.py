"""How sure an answer is: the signs that tell right answers from wrong ones, weighed as they did on the development
screens. `screenagent bench calibration` measures it, and prints these weights."""

from __future__ import annotations

from collections.abc import Mapping
from math import exp
from typing import Final, NamedTuple

from screenagent.geometry import Value
from screenagent.grounding.phrase import Phrase
from screenagent.grounding.scoring import Candidate
from screenagent.grounding.vocabulary import alike, tokens
from screenagent.perception.roles import satisfying
from screenagent.perception.similarity import likeness

ALONE: Final = 0.88  # the score of a text that is nothing but the name, be it one title of a menu bar
FITS: Final = 0.9  # a control that looks like its role as surely as this, where only a role was said
BELONGS: Final = 0.75  # a control that is tied to its label and fits its role as surely as this bears its name


class Signs(Value):
    """What speaks for the best candidate, each from 0 to 1 and at most one of `exact` and `told` over 0."""

    score: float
    """Of the candidate, by which it was ranked."""
    exact: float = 0.0
    """1 if it bears the name, misread letters aside, surely belongs to that, and was not asked for by what it does, as
    in "show the transactions"."""
    told: float = 0.0
    """How much of what was said is written there, in these or like words."""
    renamed: float = 0.0
    """1 if it was asked for by a name, and bears another."""
    label: float = 0.0
    """1 if it is only the label of the control that was asked for."""


class Weights(NamedTuple):
    """How much each sign counts, in a logistic model of how likely an answer is right."""

    bias: float
    score: float = 0.0
    exact: float = 0.0
    told: float = 0.0
    renamed: float = 0.0
    label: float = 0.0

    def confidence(self, signs: Signs) -> float:
        return 1 / (1 + exp(-sum(weight * sign for weight, sign in zip(self, as_row(signs), strict=True))))


def as_row(signs: Signs) -> tuple[float, ...]:
    """Return the signs in the order of their weights; the bias weighs a sign that is always there."""
    return 1.0, *(getattr(signs, name) for name in Weights._fields[1:])


def signs_of(phrase: Phrase, best: Candidate) -> Signs:
    """Return the signs of the best candidate."""
    score = min(1.0, max(0.0, best.score))
    if best.by == "icon":
        return Signs(score=score)
    called = phrase.named or phrase.quoted
    same = likeness(phrase.name, best.text) > 0
    belongs = best.by != "field" or best.evidence.tie * best.evidence.role >= BELONGS
    # In lower case it may say what is done as well, unless a label is that and nothing more.
    name = called or (not phrase.verb and (not phrase.name.islower() or score >= ALONE))
    if phrase.nameless and best.evidence.role >= FITS:  # the score says no more than that it has no name
        return Signs(score=best.evidence.role, exact=1.0)
    exact = same and belongs and name
    return Signs(
        score=score,
        exact=float(exact),
        told=0.0 if exact else _told(phrase, best.text),
        renamed=float(not same and called),
        label=float(best.by == "text" and bool(phrase.role and satisfying(phrase.role).framed)),
    )


def _told(phrase: Phrase, text: str) -> float:
    said = (*tokens(phrase.verb), *tokens(phrase.name))
    weight = sum(token.weight for token in said)
    if not weight:
        return 0.0
    there = tokens(text)
    shared = sum(token.weight * max((alike(token.stem, other.stem) for other in there), default=0) for token in said)
    return shared / weight


FAMILIES: Final[Mapping[str, str]] = {
    "text": "name", "field": "name", "accessibility": "name", "sign": "name", "icon": "icon",
}  # fmt: skip
"""The methods, by what their answers rest on: one of each family says as much about the others."""

FITTED: Final[Mapping[str, Weights]] = {
    "name": Weights(bias=-2.19, score=4.22, exact=2.16, told=0.87, renamed=-1.58, label=-2.68),
    "icon": Weights(bias=-3.56, score=5.81),
}
"""By family; docs/reliability.png draws what comes of it."""


def confidence(signs: Signs, by: str) -> float:
    """Return how likely an answer with these signs is right."""
    return FITTED[FAMILIES[by]].confidence(signs) if by in FAMILIES else signs.score


def is_measured(by: str) -> bool:
    """Whether the confidence of a method's answers is measured, so that a bound on it means something."""
    return by in FAMILIES
