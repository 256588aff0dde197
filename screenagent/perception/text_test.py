"""Whether words are shown: to the letter, as whole words, within a line or across the lines of a paragraph.

Unlike grounding, which looks for the best place to click, a text test has three answers, and a near miss is none of
the first two.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from itertools import takewhile
from typing import Final, Literal, NamedTuple, Self

import numpy as np
import regex
from pydantic import Field, model_validator
from rapidfuzz import fuzz, process
from rapidfuzz.distance import Levenshtein

from screenagent.geometry import Box, Value
from screenagent.perception.closer import enlarged, read_closer
from screenagent.perception.letters import (
    LATIN_ENDS,
    Letter,
    has_misread_digit,
    is_readable,
    letters,
    look_alikes,
    outline,
)
from screenagent.perception.passages import Passage, passages
from screenagent.perception.similarity import LONG, is_misread, is_missed
from screenagent.perception.text_edges import (
    REACH,
    Verdict,
    bared,
    edge,
    goes_on,
    joined,
    negated_after,
    negated_before,
)
from screenagent.protocols import TextReader
from screenagent.screenshot import Screenshot, Word

Answer = Literal["seen", "not_seen", "unclear"]

PATTERN_SECONDS: Final = 0.25  # what a regular expression may take for one screen
FEW: Final = 3  # letters that an icon may be read as
SURE_OF_FEW: Final = 0.6  # the confidence that so few letters need
SURE_OF_SIGN: Final = 0.8  # the same for a sign, which the reader may not know
UNSURE: Final = 0.95  # with less confidence, one letter of a long word may be another
_SIGN: Final = re.compile(r"[-+=<>~]\d|\d[-+=<>~]|[=<>~+]")
NEAR: Final = 60  # of 100: a text that is less like the words is not named as the nearest
SHORT: Final = 8  # words of a text that is told as a whole, at most
LONGEST_NEAREST: Final = 80  # letters of the nearest text that are told
ENLARGED: Final = (2, 3)
ROUND: Final = 6.0  # heights of the words that are looked at again on each side of them, so that their line is whole


class TextQuery(Value):
    """What should be shown. Capitals count only with `case`.

    With `count`, the words should stand at exactly so many places, else at one or more. With `pattern`, `words` is a
    regular expression, which is searched for in each line and paragraph. `within` leaves out all other places.
    """

    words: str
    case: bool = False
    count: int | None = Field(default=None, ge=1)
    pattern: bool = False
    within: Box | None = None

    @model_validator(mode="after")
    def _can_be_looked_for(self) -> Self:
        if not self.words.strip():
            raise ValueError("there are no words to look for")
        if self.pattern:
            _compiled(self)
        return self


@dataclass(frozen=True)
class TextFinding:
    """`seen`; `not_seen`, if nothing near it was read, or plainly something else; `unclear`, a near miss that may have
    been misread, or that a negation stands beside. `places` are those of the words, or of the near misses."""

    answer: Answer
    places: tuple[Box, ...] = ()
    nearest: str = ""
    """What comes nearest, if the words are not seen."""


@dataclass(frozen=True)
class Match:
    """Words that were found, or what may be these words: `numbers` are those of the words on the screen, and `text` is
    what stands there, with what is around it."""

    numbers: tuple[int, ...]
    verdict: Verdict
    box: Box
    text: str
    offset: int = 0
    """Where the match begins in its first word."""
    final: bool = False
    """A larger picture would say no more."""

    @classmethod
    def of(
        cls, passage: Passage, first: int, last: int, verdict: Verdict, *, offset: int = 0, final: bool = False
    ) -> Self:
        """Return the words of the passage from the first to the last as a match."""
        run = passage[first : last + 1]
        around = passage if len(passage) <= SHORT else passage[max(0, first - 3) : last + 4]
        text = " ".join(place.word.text for place in around)
        box = Box.around_all(place.word.box for place in run)
        return cls(tuple(place.number for place in run), verdict, box, text, offset, final)


class Spelled(NamedTuple):
    """A passage, and its letters."""

    passage: Passage
    read: list[Letter]


def find_text(query: TextQuery, words: Sequence[Word]) -> TextFinding:
    """Return whether `words`, as a reader gives them in reading order, show what is asked for."""
    within = [word for word in words if query.within is None or word.box.center in query.within]
    return _finding(query, _matches(query, within), within)


@dataclass(frozen=True)
class TextTest:
    """Reads a screenshot, and looks again at what is unclear, enlarged."""

    reader: TextReader

    def look(self, query: TextQuery, screenshot: Screenshot) -> TextFinding:
        words = [
            word for word in self.reader.read(screenshot) if query.within is None or word.box.center in query.within
        ]
        found = _matches(query, words)
        if not found and not _could_be_read(query, words):
            return _rendered(query, words, screenshot)
        first = _finding(query, found, words)
        if first.answer == "not_seen" and not query.pattern:
            closer = (find_text(query, again) for again in read_closer(query.words, words, screenshot, self.reader))
            return next((finding for finding in closer if finding.answer == "seen"), first)
        if first.answer != "unclear":
            return first
        return _finding(query, [self._again(query, match, screenshot) for match in found], words)

    def _again(self, query: TextQuery, match: Match, screenshot: Screenshot) -> Match:
        """Return the match as whole if the words can be read there on a larger picture."""
        if match.verdict == Verdict.WHOLE or match.final:
            return match
        closer = query.model_copy(update={"within": None, "count": None})
        looks = (_closer(screenshot, match.box, by) for by in ENLARGED)
        if any(find_text(closer, self.reader.read(look)).answer == "seen" for look in looks):
            return replace(match, verdict=Verdict.WHOLE)
        return match


def _rendered(query: TextQuery, words: Sequence[Word], screenshot: Screenshot) -> TextFinding:
    """Compare the words, which the reader does not know, with what the picture shows, as typefaces here draw them."""
    drawn = import_module("screenagent.perception.rendered_text")  # only where it is needed
    places = tuple(drawn.rendered_places(query.words, np.asarray(screenshot.pixels), words))
    return TextFinding("seen" if places and query.count in (None, len(places)) else "unclear", places)


def _finding(query: TextQuery, found: Sequence[Match], words: Sequence[Word]) -> TextFinding:
    whole = [match for match in found if match.verdict == Verdict.WHOLE]
    doubtful = [match for match in found if match.verdict == Verdict.DOUBTFUL]
    if _enough(query, len(whole)) and not (query.count and doubtful):
        return TextFinding("seen", tuple(match.box for match in whole))
    possible = range(len(whole), len(whole) + len(doubtful) + 1)
    if doubtful and any(_enough(query, count) for count in possible):
        return TextFinding("unclear", tuple(match.box for match in doubtful), doubtful[0].text)
    if not whole and not _could_be_read(query, words):
        return TextFinding("unclear")
    nearest = f"{len(whole)} times “{whole[0].text}”" if whole else _nearest(query, words)
    return TextFinding("not_seen", nearest=nearest)


def _enough(query: TextQuery, count: int) -> bool:
    return count >= 1 if query.count is None else count == query.count


def _nearest(query: TextQuery, words: Sequence[Word]) -> str:
    """Return the text that is most like the words; empty if none is like them."""
    texts = [" ".join(place.word.text for place in passage) for passage in passages(words)]
    best = process.extractOne(query.words, texts, scorer=fuzz.WRatio, processor=str.casefold, score_cutoff=NEAR)
    return best[0][:LONGEST_NEAREST] if best and not query.pattern else ""


def _matches(query: TextQuery, words: Sequence[Word]) -> list[Match]:
    """Return the matches by their place. Where a word stands in a row and in a paragraph, the worse verdict counts."""
    best: dict[tuple[int, ...], Match] = {}
    found = _by_pattern(query, passages(words)) if query.pattern else _by_letters(query, passages(words))
    for match in found:
        key = (*match.numbers, match.offset)
        known = best.get(key)
        if known is None or match.verdict < known.verdict:
            best[key] = match
    return list(best.values())


def _compiled(query: TextQuery) -> regex.Pattern[str]:
    try:
        return regex.compile(query.words, 0 if query.case else regex.IGNORECASE)
    except regex.error as error:
        raise ValueError(f"{query.words!r} is not a regular expression: {error}") from error


def _by_pattern(query: TextQuery, texts: Sequence[Passage]) -> Iterator[Match]:
    """Yield the matches of a regular expression. One that takes too long is a doubtful match."""
    deadline = time.monotonic() + PATTERN_SECONDS
    for passage in texts:
        try:
            yield from _matching(query, passage, seconds=max(0.001, deadline - time.monotonic()))
        except TimeoutError:
            yield Match.of(passage, 0, len(passage) - 1, Verdict.DOUBTFUL, final=True)
            return


def _matching(query: TextQuery, passage: Passage, *, seconds: float) -> Iterator[Match]:
    text = " ".join(place.word.text for place in passage)
    places = [number for number, place in enumerate(passage) for _ in f"{place.word.text} "]
    for found in _compiled(query).finditer(text, timeout=seconds):
        if found[0].strip():
            first, last = places[found.start()], places[found.end() - 1]
            offset = found.start() - places.index(first)
            yield Match.of(passage, first, last, Verdict.WHOLE, offset=offset)


def _by_letters(query: TextQuery, texts: Sequence[Passage]) -> Iterator[Match]:
    wanted = letters(query.words.split(), case=query.case)
    alike = "".join(letter.text for letter in look_alikes(_without_end(wanted)))
    for passage in texts:
        words = [place.word.text for place in passage]
        if alike in "".join(outline(word, case=query.case) for word in words):
            yield from _spelled(wanted, Spelled(passage, letters(words, case=query.case)))
        else:
            yield from _misread(query, passage)


def _spelled(wanted: Sequence[Letter], text: Spelled) -> Iterator[Match]:
    """Yield the matches to the letter, then those of look-alikes, which may have been misread."""
    exact = list(_occurrences([letter.text for letter in wanted], [letter.text for letter in text.read]))
    for start in exact:
        yield _judged(wanted, text, start, start + len(wanted), Verdict.WHOLE)
    alike, there = look_alikes(_without_end(wanted)), look_alikes(text.read)
    for start in _occurrences([letter.text for letter in alike], [letter.text for letter in there]):
        first, last = there[start].start, there[start + len(alike) - 1].end
        if first not in exact:
            at_most = Verdict.WHOLE if _is_spelled(wanted, text, first, last) else Verdict.DOUBTFUL
            yield _judged(wanted, text, first, last, at_most)


def _is_spelled(wanted: Sequence[Letter], text: Spelled, start: int, end: int) -> bool:
    """Return whether the letters are those that are wanted, but for digits that were read in place of letters."""
    words = [place.word.text for place in text.passage]
    pairs = list(zip(wanted, text.read[start:end], strict=False))
    return len(wanted) == end - start and all(
        one.text == other.text or (one.text.isalpha() and other.raw.isdigit() and has_misread_digit(words[other.place]))
        for one, other in pairs
    )


def _occurrences(wanted: Sequence[str], read: Sequence[str]) -> Iterator[int]:
    """Yield where `wanted` begins in `read`; each is a sequence of single letters."""
    text, within = "".join(wanted), "".join(read)
    start = within.find(text) if text else -1
    while start >= 0:
        yield start
        start = within.find(text, start + 1)


def _without_end(wanted: Sequence[Letter]) -> Sequence[Letter]:
    """Return the letters without the full stop or colon at the end, which is read or not."""
    end = len("".join(letter.text for letter in wanted).rstrip(".:,;!"))
    return wanted[:end] if end else wanted


def _judged(wanted: Sequence[Letter], text: Spelled, start: int, end: int, at_most: Verdict) -> Match:
    """Return the letters from `start` to `end` as a match, with how far they stand for themselves there."""
    passage, read = text
    first, last = read[start].place, read[end - 1].place
    before = _glued(read, first, range(start - 1, -1, -1))
    beyond = _glued(read, last, range(end, len(read)))
    path = any(letter.text in "/\\" for letter in wanted)
    verdict = min(
        at_most,
        edge(read[start].text, before, after=False, path=path),
        edge(read[end - 1].text, beyond, after=True, path=path),
        *_blanks(wanted, read[start:end]),
        _among_numbers(passage, first, last),
        _as_sure(wanted, passage[first : last + 1]),
    )
    negated = _is_negated(passage, first, last)
    if negated:
        verdict = min(verdict, Verdict.DOUBTFUL)
    return Match.of(passage, first, last, verdict, offset=len(before), final=negated)


def _glued(read: Sequence[Letter], place: int, numbers: Iterable[int]) -> str:
    """Return the letters of these `numbers` that belong to the word at `place`, up to the first that does not."""
    return "".join(read[number].text for number in takewhile(lambda number: read[number].place == place, numbers))


def _blanks(wanted: Sequence[Letter], run: Sequence[Letter]) -> Iterator[Verdict]:
    """Yield how far each blank that is missing, or too many, changes the words."""
    for number in range(1, len(run) if len(run) == len(wanted) else 0):
        if wanted[number].first != run[number].first:
            apart = wanted if wanted[number].first else run
            yield joined(_word_before(apart, number), _word_from(apart, number))


def _word_before(apart: Sequence[Letter], end: int) -> str:
    start = max(number for number in range(end) if apart[number].first or number == 0)
    return "".join(letter.text for letter in apart[start:end])


def _word_from(apart: Sequence[Letter], start: int) -> str:
    end = next((number for number in range(start + 1, len(apart)) if apart[number].first), len(apart))
    return "".join(letter.text for letter in apart[start:end])


def _among_numbers(passage: Passage, first: int, last: int) -> Verdict:
    """Return a doubt if the number at the beginning or the end goes on beyond a blank: "1 234", "- 5"."""
    begin, end = passage[first].word.text, passage[last].word.text
    before = passage[first - 1].word.text if first else ""
    after = passage[last + 1].word.text if last + 1 < len(passage) else ""
    minus = before == "-" and first == 1 and begin[:1].isdigit()
    return Verdict.DOUBTFUL if minus or goes_on(before, begin) or goes_on(end, after) else Verdict.WHOLE


def _as_sure(wanted: Sequence[Letter], run: Passage) -> Verdict:
    """Return a doubt if a few letters or a sign were read unsurely: icons are read as letters, too, and ± as +."""
    few = len(wanted) <= FEW
    for place in run:
        least = SURE_OF_SIGN if _SIGN.search(place.word.text) else SURE_OF_FEW if few else 0.0
        if place.word.confidence < least:
            return Verdict.DOUBTFUL
    return Verdict.WHOLE


def _misread(query: TextQuery, passage: Passage) -> Iterator[Match]:
    """Yield the runs of words each of which is the one that was asked for, or may be it with a letter misread."""
    wanted = query.words.casefold().split()
    for start in range(len(passage) - len(wanted) + 1):
        run = passage[start : start + len(wanted)]
        pairs = [(word, bared(place.word.text), place.word.confidence) for word, place in zip(wanted, run, strict=True)]
        if all(_may_be(*pair) for pair in pairs) and any(word != read for word, read, _ in pairs):
            yield Match.of(passage, start, start + len(wanted) - 1, Verdict.DOUBTFUL)


def _may_be(word: str, read: str, confidence: float) -> bool:
    """Return whether `read` is the word, or may be it with a letter that was misread or missed; a digit never is."""
    if word == read or is_misread(word, read):
        return True
    if any(map(str.isdigit, word + read)):
        return False
    missed = len(word) > FEW and word[0] == read[:1] and is_missed(word, read)
    unsure = confidence < UNSURE and len(word) >= LONG
    return missed or (unsure and Levenshtein.distance(word, read, score_cutoff=1) <= 1)


def _is_negated(passage: Passage, first: int, last: int) -> bool:
    before = [] if passage[first].begins else passage[max(0, first - REACH) : first]
    begin = max((number for number, place in enumerate(before) if place.begins), default=0)
    after = list(takewhile(lambda place: not place.begins, passage[last + 1 : last + 3]))
    return negated_before([place.word.text for place in before[begin:]]) or negated_after(
        passage[last].word.text, [place.word.text for place in after]
    )


def _could_be_read(query: TextQuery, words: Sequence[Word]) -> bool:
    """Return whether the reader knows the letters and signs. One that reads a script beyond Latin knows them all."""
    if query.pattern or is_readable(query.words):
        return True
    return any(letter > LATIN_ENDS and letter.isalpha() for word in words for letter in word.text)


def _closer(screenshot: Screenshot, box: Box, by: int) -> Screenshot:
    """Return what is round `box`, `by` times as large."""
    width, height = screenshot.size.width, screenshot.size.height
    rect = box.exact_pixels(screenshot.size)
    around = rect.grown(ROUND * rect.height, 0.5 * rect.height).clipped(width, height).rounded
    return enlarged(screenshot, around, by)
