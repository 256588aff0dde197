"""Which of several texts of the same words is the thing itself, and which only mention it: a heading, a caption, a
paragraph, a tool tip, the value in a field.

A logistic model of how each looks, fitted by examples/train_ranking on pages whose documents tell which text is meant.
It only chooses among texts of the same words, and only where one looks much more like the thing than another.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from math import log
from statistics import median
from typing import Final, NamedTuple

from screenagent.geometry import PixelBox
from screenagent.grounding.phrase import Phrase
from screenagent.grounding.scoring import SURE, Candidate
from screenagent.perception.labels import Label
from screenagent.perception.roles import ENTERED_INTO
from screenagent.perception.screen import ScreenContents
from screenagent.perception.similarity import letters_of, likeness

FEWEST_LETTERS: Final = 3  # of a text; shorter ones are keys and signs, which look like nothing else
MOST_ALIKE: Final = 12  # texts of the same words; more are a column of a table
ODDS: Final = 3.0  # to one that a text is only a mention, from which on it counts as one
MENTION: Final = 0.8  # the share of its score that a mention keeps: another relation or name still counts for more
LONGEST: Final = 1.6  # the logarithm of how many times longer its line is than the text, up to which that counts
_OPENED: Final = ("item", "menu")
_LIST: Final = re.compile(r"\b(?:list|menu|drop-?down)$", re.I)


class Look(NamedTuple):
    """How a text looks, each from 0 on; the names are those of the weights."""

    button: float
    """1 in the frame of a button, unless an entry of an open list or menu was asked for."""
    value: float
    """1 in the frame of a field or a drop-down, unless such an entry was asked for."""
    coloured: float
    """1 if its letters have a colour."""
    longer: float
    """The logarithm of how many times longer the line is that it stands in."""
    tall: float
    """The logarithm of how much taller it is than most texts."""
    stacked: float
    """1 if two texts of one left edge stand closely above and below it, unless such an entry was asked for."""
    option_framed: float
    """1 in any frame, if such an entry was asked for."""


WEIGHTS: Final = Look(
    button=2.06, value=-1.04, coloured=0.91, longer=-1.45, tall=-0.45, stacked=-0.6, option_framed=-1.63
)
"""What examples/train_ranking prints."""


def without_mentions(phrase: Phrase, candidates: Sequence[Candidate], screen: ScreenContents) -> list[Candidate]:
    """Return the candidates, those texts judged as mentions that look much less like the thing than one of the same
    words, and all texts of the words of a control that the program names and that bears them."""
    controls = {_words(phrase, one) for one in candidates if one.by == "accessibility" and one.evidence.tie >= 1}
    mentions = [one for one in candidates if one.by == "text" and _words(phrase, one) in controls]
    mentions += [mention for alike in same_words(phrase, candidates) for mention in _mentions(phrase, alike, screen)]
    return [one.mentioned(MENTION) if any(one is mention for mention in mentions) else one for one in candidates]


def same_words(phrase: Phrase, candidates: Sequence[Candidate]) -> list[list[Candidate]]:
    """Return the texts that may be meant and bear the same words, be one misread, where there are several."""
    groups: dict[str, list[Candidate]] = defaultdict(list)
    for one in candidates:
        if one.by == "text" and one.score >= SURE:
            groups[_words(phrase, one)].append(one)
    return [some for words, some in groups.items() if len(words) >= FEWEST_LETTERS and 2 <= len(some) <= MOST_ALIKE]


def _words(phrase: Phrase, candidate: Candidate) -> str:
    """Return the letters of what a candidate bears, those of the name if it is that, be it misread."""
    return letters_of(phrase.name if likeness(phrase.name, candidate.text) else candidate.text)


def _mentions(phrase: Phrase, alike: Sequence[Candidate], screen: ScreenContents) -> list[Candidate]:
    likely = [sum(w * x for w, x in zip(WEIGHTS, look_of(phrase, one, screen), strict=True)) for one in alike]
    bound = max(likely) - log(ODDS)
    return [one for one, likelihood in zip(alike, likely, strict=True) if likelihood < bound]


def look_of(phrase: Phrase, candidate: Candidate, screen: ScreenContents) -> Look:
    """Return how the text of a candidate looks."""
    rect = candidate.spot
    around = screen.layout.around(*rect.center)
    role = around.role if around else None
    line = next((label for label in screen.labels if label.rect.holds(*rect.center)), None)
    words, taller = 1.0, 0.0
    if line:
        words = max(1.0, len(line.words) / max(1, len(candidate.text.split())))
        taller = log(line.rect.height / median(label.rect.height for label in screen.labels))
    option, stacked = _is_option(phrase), line is not None and _stacked(line.rect, screen.labels) >= 2
    button = role == "button" and not option
    return Look(
        button=float(button),
        value=float(role in ENTERED_INTO and not option),
        coloured=float(screen.is_coloured(rect)),
        longer=min(LONGEST, log(words)),
        tall=max(0.0, taller),
        stacked=float(stacked and not option),
        option_framed=float(option and role is not None),
    )


def _is_option(phrase: Phrase) -> bool:
    """Return whether an entry of an open list or menu was asked for."""
    within = phrase.role in _OPENED or phrase.container == "menu"
    return within or any(_LIST.search(relation.other) for relation in phrase.relations if relation.kind == "inside")


def _stacked(rect: PixelBox, labels: Sequence[Label]) -> int:
    """Return how many texts of the same left edge stand within two lines above or below."""
    lefts = (label.rect for label in labels if abs(label.rect.left - rect.left) < 0.6 * rect.height)
    return sum(0 < abs(other.center_y - rect.center_y) < 2.2 * rect.height for other in lefts)
