"""Which of the words on a screen a phrase means: literal names first, descriptions by the words they share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import groupby
from typing import NamedTuple

from rapidfuzz import fuzz

from screenagent.geometry import Size
from screenagent.lite.phrase import Phrase
from screenagent.lite.rect import Rect
from screenagent.lite.vocabulary import Token, alike, tokens
from screenagent.screenshot import Word


class Label:
    """Words that stand together on the screen."""

    def __init__(self, words: Sequence[tuple[str, Rect]]) -> None:
        self.words = tuple(words)

    @cached_property
    def text(self) -> str:
        return " ".join(text for text, _ in self.words)

    @cached_property
    def rect(self) -> Rect:
        return Rect.round_all(rect for _, rect in self.words)

    def __repr__(self) -> str:
        return f"Label({self.text!r})"


class Match(NamedTuple):
    """A run of a label's words that may be what is meant, and how likely that is by the words alone."""

    text: str
    rect: Rect
    score: float
    label: Label


def labels(words: Iterable[Word], size: Size) -> list[Label]:
    return [
        Label([(word.text, Rect.of(word.box, size)) for word in line])
        for _, line in groupby(words, key=lambda word: word.line)
    ]


def matches(phrase: Phrase, screen: Sequence[Label]) -> list[Match]:
    """Best first; of one label only its best run."""
    named = [
        max((match for name in _names(phrase) for match in _literal(name, label)), key=_by_score, default=None)
        for label in screen
    ]
    found = [match for match in named if match]
    if not phrase.quoted:
        surely = {id(match.label) for match in found if match.score > 0.8}
        described = (_described(phrase, label) for label in screen if id(label) not in surely)
        found += [match for match in described if match]
    best = {id(match.label): match for match in sorted(found, key=_by_score)}
    return sorted(best.values(), key=_by_score, reverse=True)


def _by_score(match: Match) -> float:
    return match.score


def _names(phrase: Phrase) -> list[str]:
    """What the target may bear, to the letter."""
    return [phrase.name]


def _literal(name: str, label: Label) -> Iterator[Match]:
    count = len(name.split())
    for run, rest in _runs(label, range(max(1, count - 1), count + 2)):
        text = " ".join(word for word, _ in run)
        like = likeness(name, text)
        if like:
            yield Match(text, Rect.round_all(rect for _, rect in run), like * _wholeness(text, rest), label)


def _runs(label: Label, lengths: range) -> Iterator[tuple[Sequence[tuple[str, Rect]], list[str]]]:
    """Every run of so many words, and the words of the label that it leaves out."""
    words = label.words
    for length in lengths:
        for start in range(len(words) - length + 1):
            end = start + length
            yield words[start:end], [text for text, _ in (*words[:start], *words[end:])]


def likeness(name: str, text: str) -> float:
    """How alike two short texts are: 1 the same, 0 not to be taken for each other."""
    if name == text:
        return 1.0
    if name.casefold() == text.casefold():
        return 0.98
    one, other = _squeezed(name), _squeezed(text)
    if not one or not other:
        return 0.0
    if one == other:
        return 0.96
    if min(len(one), len(other)) < 4 or re.findall(r"\d+", one) != re.findall(r"\d+", other):
        return 0.0
    ratio = fuzz.ratio(one, other) / 100
    return ratio * 0.95 if ratio > 0.8 else 0.0


def _squeezed(text: str) -> str:
    """Only letters and digits; a text of signs stays as it is."""
    return re.sub(r"[^\w]+|_", "", text.casefold()) or text.replace(" ", "")


_SHORTCUT = re.compile(r"(?:(?:ctrl|control|alt|shift|super|meta|cmd)\+?)+\S*|f\d{1,2}", re.I)


def _wholeness(text: str, rest: Sequence[str]) -> float:
    """Less for a run that leaves words of its label out; a lone sign is an icon, and a shortcut isn't said."""
    left_out = [word for word in rest if len(_squeezed(word)) > 1 and not _SHORTCUT.fullmatch(word)]
    if not left_out:
        return 1.0 if not rest else 0.97
    return 0.45 + 0.35 * len(text) / (len(text) + len(" ".join(left_out)))


def _described(phrase: Phrase, label: Label) -> Match | None:
    """The run of the label that shares most with the description."""
    said = tokens(f"{phrase.verb} {phrase.name}")
    best: Match | None = None
    for run, rest in _runs(label, range(1, min(len(label.words), 8) + 1)):
        text = " ".join(word for word, _ in run)
        score = _shared(said, tokens(text)) * _wholeness(text, rest)
        if score > (best.score if best else 0.15):
            best = Match(text, Rect.round_all(rect for _, rect in run), score, label)
    return best


def _shared(said: Sequence[Token], shown: Sequence[Token]) -> float:
    """How well a description and a label go together: what is shown must have been said, and much of what was said
    should be shown."""
    if not said or not shown:
        return 0.0
    precision, recall = _covered(shown, said), _covered(said, shown)
    return float(0.9 * precision**1.5 * (0.25 + 0.75 * recall))


def _covered(these: Sequence[Token], by: Sequence[Token]) -> float:
    """How much of the weight of `these` the others share."""
    shared = sum(token.weight * max(alike(token.stem, other.stem) for other in by) for token in these)
    return shared / sum(token.weight for token in these)
