"""Which of the labels on a screen a phrase may mean, by the words alone: names to the letter, descriptions by the words
that they share with a label."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

from screenagent.geometry import PixelBox
from screenagent.grounding.contradictions import (
    contradicts,
    differs_in_small_words,
    extends,
    inflects,
    is_harmless,
    words_of,
)
from screenagent.grounding.phrase import Phrase
from screenagent.grounding.vocabulary import WeightedStem, is_value, tokens
from screenagent.grounding.wording import Wording
from screenagent.perception.labels import Label
from screenagent.perception.similarity import MOST_MISSED, letter_count, letters_of, likeness
from screenagent.perception.text_edges import negated_after, negated_before

VALUE: Final = 0.55  # how surely an address is what is meant by the address bar
APART: Final = 1.5  # letters between two texts that were read as one; the words of one text are closer
APART_TITLES: Final = 1.3  # the same if the second begins with a capital, as one of several links in a row does
BAR_GAP: Final = 0.85  # the same between the titles of a menu bar
NAMED: Final = 0.7  # how much of a name has to be shown
_LIKE_CAPITALS: Final = "ckopsuvwxz"  # a small letter of these may have been a capital
_STROKES: Final = frozenset("|•·›»")
SENTENCE: Final = 5  # words beside a name: a longer label is no name of a control
KINDS_OF_VALUE: Final = frozenset(("address", "number", "amount", "value"))
REMARK: Final = re.compile(r"\*.*|\([^()]*\)\s*[:*]?")
MOST_WORDS: Final = 3  # of a name that is said without quotes or a role word
_ARTICLES: Final = frozenset(("the", "a", "an"))
_SHORTCUT: Final = re.compile(r"(?:(?:ctrl|control|alt|shift|super|meta|cmd)\+?)+\S*|f\d{1,2}", re.I)


class TextMatch(NamedTuple):
    """A run of a label's words that may be what is meant, and how likely that is."""

    text: str
    rect: PixelBox
    score: float
    label: Label
    meaning: float = 0.0
    """How likely it means what was said in other words."""


@dataclass(frozen=True)
class WordRun:
    """Some words of a label, and what stands before and after them in the same text."""

    words: tuple[tuple[str, PixelBox], ...]
    before: tuple[str, ...]
    after: tuple[str, ...]

    @cached_property
    def text(self) -> str:
        return " ".join(text for text, _ in self.words)

    @property
    def rect(self) -> PixelBox:
        return PixelBox.around_all(rect for _, rect in self.words)

    @property
    def whole(self) -> str:
        """All of the text that the words belong to."""
        return " ".join((*self.before, *(text for text, _ in self.words), *self.after))

    @cached_property
    def rest(self) -> list[str]:
        """What is left out; a lone sign is an icon, and a shortcut isn't said."""
        return [word for word in (*self.before, *self.after) if _is_said(word)]

    @property
    def stems(self) -> list[WeightedStem]:
        """The stems of its words, and how much each tells."""
        return [token for text, _ in self.words for token in tokens(text)]


@lru_cache(16384)
def _is_said(word: str) -> bool:
    return len(letters_of(word)) > 1 and not _SHORTCUT.fullmatch(word)


def is_written(name: str, label: Label) -> bool:
    """Return whether one of the texts of a label is the name, and nothing more."""
    wanted = letters_of(name)
    texts = (run for run in runs(label, longest=len(name.split()) + 1) if not (run.before or run.after))
    return any(letters_of(run.text) == wanted for run in texts)


class Sought:
    """A phrase, and what of it is the same for every label that it is compared with."""

    def __init__(self, phrase: Phrase) -> None:
        self.phrase = phrase
        self.told = Wording(() if phrase.quoted else labels_saying(phrase))
        self.sorts = _sorts(phrase, self.told)
        self.named = is_name(phrase)
        self.strict = self.named and phrase.role != "link"  # links stand in texts
        self.longest = max(8, len(phrase.name.split()) + 1)
        self._letters = letter_count(phrase.name)

    def like(self, run: WordRun, label: Label) -> tuple[float, bool]:
        """Return how well a run of words matches, and whether it does by its letters."""
        if self._may_be_like(run) and (like := likeness(self.phrase.name, run.text)):
            return like, True
        if like := self.told.shared(run.stems, least=NAMED if self.named else 0.0):
            return like, False
        return (VALUE, True) if len(run.words) == len(label.words) and is_value(self.sorts, run.text) else (0.0, True)

    def _may_be_like(self, run: WordRun) -> bool:
        """Return whether a run is about as long as what is like the name, which is told sooner than `likeness`."""
        letters = sum(letter_count(text) for text, _ in run.words)
        return abs(letters - self._letters) <= MOST_MISSED or not letters or run.words[-1][0].endswith(".")

    def is_meant(self, run: WordRun, *, by_letters: bool, alone: bool) -> bool:
        """Return whether the words beside the run leave it what was said."""
        if by_letters:
            return alone or stands_for_itself(run, strict=self.strict) or self._is_of_field(run)
        return not is_another(self.phrase, run) and (alone or not self.named or stands_for_itself(run))

    def _is_of_field(self, run: WordRun) -> bool:
        """Return whether a label of a field says no more than the name and what kind of value it takes ("Email
        address"), or a remark on how to fill it ("Company (optional)", "Company * required")."""
        if run.before or self.phrase.role != "field" or self.phrase.quoted:
            return False
        kind = len(run.rest) == 1 and run.rest[0].strip(":*").casefold() in KINDS_OF_VALUE
        return kind or REMARK.fullmatch(" ".join(run.after)) is not None


def matches(phrase: Phrase, screen: Iterable[Label]) -> list[TextMatch]:
    """The best run of each label that has one."""
    sought = Sought(phrase)
    return [match for label in screen if (match := _best_match(sought, label))]


def _best_match(sought: Sought, label: Label) -> TextMatch | None:
    best: TextMatch | None = None
    alone = _stands_alone(sought.phrase, label)
    for run in runs(label, longest=sought.longest):
        like, by_letters = sought.like(run, label)
        score = like * (0.9 if alone else _wholeness(run)) if like else 0.0
        if score > (best.score if best else 0.0) and sought.is_meant(run, by_letters=by_letters, alone=alone):
            best = TextMatch(run.text, run.rect, score, label)
    return best


def runs(label: Label, *, longest: int) -> Iterator[WordRun]:
    """Yield the runs of the label's words. What is wide apart, or parted by a stroke, is two texts read as one."""
    words = label.words
    texts = tuple(text for text, _ in words)
    ends = _ends(label)
    begins = [ends[bisect_right(ends, number) - 1] for number in range(len(words))]
    closes = [ends[bisect_left(ends, number)] for number in range(len(words) + 1)]
    for length in range(1, min(len(words), longest) + 1):
        for start in range(len(words) - length + 1):
            end = start + length
            yield WordRun(words[start:end], texts[begins[start] : start], texts[end : closes[end]])


def parted(label: Label) -> Iterator[WordRun]:
    """Yield the texts of a label: what is wide apart, or parted by a stroke, is two texts read as one."""
    for first, last in pairwise(_ends(label)):
        yield WordRun(label.words[first:last], (), ())


def _ends(label: Label) -> list[int]:
    """Return how many words of the label stand before each end of a text, 0 first."""
    letter = sum(rect.width for _, rect in label.words) / max(1, sum(len(text) for text, _ in label.words))
    inner = [
        number
        for number, ((one, left), (other, right)) in enumerate(pairwise(label.words), start=1)
        if right.left - left.right > (APART_TITLES if other[:1].isupper() else APART) * letter
        or one in _STROKES
        or other in _STROKES
    ]
    return [0, *inner, len(label.words)]


def stands_for_itself(run: WordRun, *, strict: bool = True) -> bool:
    """Return whether the words beside the run leave its meaning as it is: in a sentence, or if the phrase describes,
    words that neither negate nor extend it; in a short label, if the phrase is a name, only words that say nothing."""
    rest = run.rest
    if not rest:
        return True
    if negated_before(list(run.before)) or negated_after(run.text, list(run.after)):
        return False
    if len(rest) >= SENTENCE:
        return not extends((*run.before[-2:], *run.after[:2]))
    return is_harmless(rest) if strict else not extends(rest)


def is_another(phrase: Phrase, run: WordRun) -> bool:
    """Return whether the text says something else than the phrase does, though they may share words."""
    said = " ".join((phrase.verb, phrase.name, phrase.about))
    if contradicts(said, run.whole):
        return True
    words = words_of(said)
    beyond = (word for word in run.whole.split() if not set(words_of(word)) <= set(words))
    return is_name(phrase) and (
        inflects(said, run.text) or extends(beyond) or differs_in_small_words(phrase.name, run.text)
    )


def is_name(phrase: Phrase) -> bool:
    """Return whether the phrase says what is written, rather than describes it."""
    if phrase.quoted or phrase.named:
        return True
    words = words_of(phrase.name)
    bare = not (phrase.verb or phrase.about or phrase.relations or phrase.role)
    return bare and len(words) <= MOST_WORDS and not _ARTICLES & set(words)


def _stands_alone(phrase: Phrase, label: Label) -> bool:
    """Return whether a part of the label will do as well as all of it: a word of a text, or a title of a menu bar that
    was read as one line."""
    if phrase.role == "text":
        return True
    words = [text for text, _ in label.words]
    titles = not any(word[:1].islower() and word[0] not in _LIKE_CAPITALS for word in words) and not extends(words)
    gap = min((other.left - one.right for (_, one), (_, other) in pairwise(label.words)), default=0.0)
    letter = sum(rect.width for _, rect in label.words) / max(1, sum(map(len, words)))
    if phrase.role == "menu" or phrase.container == "menu bar":
        return titles and len(words) >= 2
    return titles and len(words) >= 3 and gap > BAR_GAP * letter


def _sorts(phrase: Phrase, told: Wording) -> list[str]:
    """The words that may name a sort of value: a field is often called by more than one, "the colour code"."""
    telling = [stem for stem in told.telling if stem != "bar"]  # "the address bar" is where an address stands
    return telling if len(telling) == 1 or phrase.role in ("field", "setting", "dropdown") else []


def _wholeness(run: WordRun) -> float:
    """Return less for a run that leaves words of its text out."""
    rest = run.rest
    if not rest:
        return 1.0 if not (run.before or run.after) else 0.97
    return 0.45 + 0.35 * len(run.text) / (len(run.text) + len(" ".join(rest)))


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
        WeightedStem(stem, 0.6 * weight)
        for relation in phrase.relations
        if relation.kind not in ("row", "card")
        for stem, weight in tokens(relation.other)
    ]
    proper = {token.stem for word in phrase.name.split()[1:] if word[:1].isupper() for token in tokens(word)}
    return [
        WeightedStem(stem, weight * 1.3) if stem in proper else WeightedStem(stem, weight) for stem, weight in words
    ]
