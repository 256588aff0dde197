"""The words that came onto the screen with an input, as an expectation that other values meet, too."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from screenagent.agent.bad_news import bad_news
from screenagent.geometry import Box
from screenagent.perception.labels import TextLine, split_where, text_lines
from screenagent.perception.news import new_lines
from screenagent.perception.similarity import letters_of
from screenagent.perception.text_test import TextQuery, TextTest
from screenagent.protocols import TextReader
from screenagent.screenshot import Screenshot, Word
from screenagent.scripts.schema import New, Vanished

WITHIN: Final = 10.0  # seconds that a replay waits for the words
GAP: Final = 1.2  # heights of a word: what is farther apart is another text
SURE: Final = 0.8  # how sure the reader is of each word
LONGEST: Final = 48  # letters
MANY: Final = 4  # more new lines than this are another page, whose heading is the largest
FEWEST_LETTERS: Final = 4
PIECE: Final = 3  # letters of a typed word that is known when only a part of it is read
DATES: Final = frozenset(
    (
        *(
            "monday",
            "tuesday",
            "wednesday",
            "thursday",
            "friday",
            "saturday",
            "sunday",
            "today",
            "yesterday",
            "tomorrow",
        ),
        *("january", "february", "march", "april", "may", "june", "july", "august", "september", "october"),
        *("november", "december", "mon", "tue", "wed", "thu", "fri", "sat", "sun", "jan", "feb", "mar", "apr", "jun"),
        *("jul", "aug", "sep", "oct", "nov", "dec", "am", "pm", "now", "ago", "seconds", "minutes", "hours", "days"),
    )
)
_VARYING: Final = re.compile(r"\d|[@{}\\]|://|…|\.\.\.")
_WORD: Final = re.compile(r"[^\W\d_]{3}")
_AT_WORK: Final = re.compile(r"(…|\.\.\.?)\s*$")


@dataclass
class ScreenAnswers:
    """Asked for each input of a recording, in their order.

    Numbers, dates, addresses and words of the `typed` texts are no part of an answer: they differ from one replay to
    the next, and so does what moves by itself. Words that no earlier screenshot showed are preferred, then words that
    went away.
    """

    reader: TextReader
    typed: list[str] = field(default_factory=list)
    _earlier: set[str] = field(default_factory=set)

    def of(self, before: Screenshot, after: Screenshot) -> New | Vanished | None:
        """Return what a replay can expect to see, or to see go, after the same input; None if there is no such text."""
        self._earlier.update(letters_of(line.text) for line in text_lines(self.reader.read(before)))
        came = self._texts(before, after)
        unseen = [text for text in came if letters_of(text) not in self._earlier]
        if words := next(self._proved(unseen, before, after), None):
            return New(new=words, within=WITHIN)
        if words := next(self._proved(self._texts(after, before), after, before), None):
            return Vanished(gone=words)
        words = next(self._proved(came, before, after), None)
        return New(new=words, within=WITHIN) if words else None

    def _texts(self, before: Screenshot, after: Screenshot) -> Sequence[str]:
        """The texts that are on `after` and were not on `before`, the best first; nothing that our terminal covered."""
        lines = new_lines(before, self.reader.read(before), after, self.reader.read(after))
        lines = [line for line in lines if not any(line.box.center in box for box in before.covered)]
        lines = [line for line in lines if not _AT_WORK.search(line.text) and not bad_news([line])]
        front = after.window.box if after.window and after.window.box else None
        parts = [part for line in lines for part in self._lasting(line)]
        many = len(lines) > MANY
        parts.sort(key=lambda part: (_is_outside(part.box, front), -_height(part) if many else 0.0, part.box.top))
        return [part.text for part in parts]

    def _lasting(self, line: TextLine) -> Iterator[TextLine]:
        """Yield the parts of a line that say the same next time: between numbers, and between texts far apart."""
        for words in split_where(self._are_parted, line.words):
            part = _cut(TextLine(words))
            if not self._varies(words[0]) and _is_telling(part):
                yield part

    def _are_parted(self, one: Word, other: Word) -> bool:
        return _are_apart(one, other) or self._varies(one) != self._varies(other)

    def _varies(self, word: Word) -> bool:
        """Return whether a word may be another next time, or is not read for sure."""
        letters = letters_of(word.text)
        if word.confidence < SURE or _VARYING.search(word.text) or letters in DATES:
            return True
        typed = {letters_of(each) for text in self.typed for each in text.split()}
        return letters in typed or any(
            min(len(each), len(letters)) >= PIECE and (each in letters or letters in each) for each in typed
        )

    def _proved(self, texts: Sequence[str], before: Screenshot, after: Screenshot) -> Iterator[str]:
        """Yield the texts that are found on one screenshot and not on the other, as a replay looks for them."""
        test = TextTest(self.reader)
        for text in dict.fromkeys(texts):
            query = TextQuery(words=text)
            if test.look(query, after).answer == "seen" and test.look(query, before).answer == "not_seen":
                yield text


def _are_apart(one: Word, other: Word) -> bool:
    return other.box.left - one.box.right > GAP * (other.box.bottom - other.box.top)


def _is_outside(box: Box, window: Box | None) -> bool:
    return window is not None and box.center not in window


def _height(line: TextLine) -> float:
    return round(line.box.bottom - line.box.top, 3)


def _is_telling(line: TextLine) -> bool:
    return _WORD.search(line.text) is not None and len(letters_of(line.text)) >= FEWEST_LETTERS


def _cut(line: TextLine) -> TextLine:
    """Return the first words of the line."""
    words = list(line.words)
    while len(words) > 1 and len(TextLine(words).text) > LONGEST:
        words.pop()
    return TextLine(words)
