"""Which of the labels on a screen a phrase may mean, by the words alone: names to the letter, descriptions by the words
that they share with a label."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from screenagent.geometry import PixelBox
from screenagent.grounding.expression import Phrase
from screenagent.grounding.vocabulary import WeightedStem, alike, is_value, tokens
from screenagent.perception.labels import Label
from screenagent.perception.similarity import likeness, squeezed

VALUE: Final = 0.55  # how surely an address is what is meant by the address bar
_SHORTCUT: Final = re.compile(r"(?:(?:ctrl|control|alt|shift|super|meta|cmd)\+?)+\S*|f\d{1,2}", re.I)


class TextMatch(NamedTuple):
    """A run of a label's words that may be what is meant, and how likely that is."""

    text: str
    rect: PixelBox
    score: float
    label: Label


def matches(phrase: Phrase, screen: Iterable[Label]) -> list[TextMatch]:
    """The best run of each label that has one."""
    words = () if phrase.quoted else labels_saying(phrase)
    best = (max(_runs(phrase, words, label), key=lambda match: match.score, default=None) for label in screen)
    return [match for match in best if match]


def _runs(phrase: Phrase, told: Sequence[WeightedStem], label: Label) -> Iterator[TextMatch]:
    words = label.words
    longest = min(len(words), max(8, len(phrase.name.split()) + 1))
    for length in range(1, longest + 1):
        for start in range(len(words) - length + 1):
            run, rest = words[start : start + length], (*words[:start], *words[start + length :])
            text = " ".join(word for word, _ in run)
            like = likeness(phrase.name, text)
            if not like and told and not (_another(text) - _another(phrase.name) and phrase.named):
                like = shared(told, tokens(text), all_of_it=phrase.named)
            if not like and not rest and is_value(_sorts(phrase, told), text):
                like = VALUE
            if like:
                whole = 0.9 if _stands_alone(phrase, label) else _wholeness(text, [word for word, _ in rest])
                score = like * whole
                yield TextMatch(text, PixelBox.around_all(rect for _, rect in run), score, label)


def _stands_alone(phrase: Phrase, label: Label) -> bool:
    """Whether a part of the label will do as well as all of it: a word of a text, or a title of a menu bar that was
    read as one line."""
    bar = phrase.role == "menu" and len(label.words) >= 3 and all(text[:1].isupper() for text, _ in label.words)
    return phrase.role == "text" or bar


def _sorts(phrase: Phrase, told: Sequence[WeightedStem]) -> list[str]:
    """The words that may name a sort of value: a field is often called by more than one, "the colour code"."""
    telling = [token.stem for token in told if token.weight > 0.5]
    return telling if len(telling) == 1 or phrase.role in ("field", "setting", "dropdown") else []


def _another(text: str) -> set[str]:
    """The words that make another command of one: "Save As…" does not save, nor does "Close All" close one."""
    return {word for word in re.findall(r"\w+", text.casefold()) if word in ("as", "all")}


def _wholeness(text: str, rest: Sequence[str]) -> float:
    """Less for a run that leaves words of its label out; a lone sign is an icon, and a shortcut isn't said."""
    left_out = [word for word in rest if len(squeezed(word)) > 1 and not _SHORTCUT.fullmatch(word)]
    if not left_out:
        return 1.0 if not rest else 0.97
    if _another(" ".join(left_out)):
        return 0.3
    return 0.45 + 0.35 * len(text) / (len(text) + len(" ".join(left_out)))


def labels_saying(phrase: Phrase) -> list[WeightedStem]:
    """The words of a description, and how much each tells."""
    if phrase.named:
        return [WeightedStem(token.stem, 1.0) for token in tokens(phrase.name)]
    words = [*(() if "about" in phrase.verb else tokens(phrase.verb)), *tokens(phrase.name)]
    if not phrase.verb and words and words[0].weight == 1:
        # "Reset the stopwatch": what is done is written on the button more often than what it is done to.
        words[0] = WeightedStem(words[0].stem, 1.3)
    # "the help section on your desktop": what is taken for a place may be part of the name.
    words += [
        WeightedStem(stem, 0.6 * weight) for relation in phrase.relations for stem, weight in tokens(relation.other)
    ]
    proper = {token.stem for word in phrase.name.split()[1:] if word[:1].isupper() for token in tokens(word)}
    return [
        WeightedStem(stem, weight * 1.3) if stem in proper else WeightedStem(stem, weight) for stem, weight in words
    ]


def shared(told: Sequence[WeightedStem], shown: Sequence[WeightedStem], *, all_of_it: bool = False) -> float:
    """How well a description and a label go together: what is shown must have been said, and much of what was said
    should be shown; `all_of_it`, where it is a name."""
    if not told or not shown:
        return 0.0
    precision, recall = _covered(shown, told), _covered(told, shown)
    if all_of_it and recall < 0.8:
        return 0.0
    return float(0.9 * precision**1.5 * (0.25 + 0.75 * recall))


def _covered(these: Sequence[WeightedStem], by: Sequence[WeightedStem]) -> float:
    """How much of the weight of `these` the others share."""
    shared_weight = sum(token.weight * max(alike(token.stem, other.stem) for other in by) for token in these)
    return shared_weight / sum(token.weight for token in these)
