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
        lasting = self._texts(before, after, of_rows=False)
        words = next(self._proved(lasting, before, after), None)
        return New(new=words, within=WITHIN) if words else None

    def _texts(self, before: Screenshot, after: Screenshot, *, of_rows: bool = True) -> Sequence[str]:
        """The texts that are on `after` and were not on `before`, the best first; nothing that our terminal covered.

        What stands in a row with a typed value may be another in the next row of a list: it comes last, or is left out.
        """
        lines = new_lines(before, self.reader.read(before), after, self.reader.read(after))
        lines = [line for line in lines if not any(line.box.center in box for box in before.covered)]
        lines = [line for line in lines if not _AT_WORK.search(line.text) and not bad_news([line])]
        front = after.window.box if after.window and after.window.box else None
        parts = [part for line in lines for part in self._lasting(line)]
        values = [word.box for word in self.reader.read(after) if self._is_typed(word)]
        rows = {part: any(_is_in_row(part, value) for value in values) for part in parts}
        many = len(lines) > MANY
        parts = [part for part in parts if of_rows or not rows[part]]
        parts.sort(
            key=lambda part: (_is_outside(part.box, front), rows[part], -_height(part) if many else 0.0, part.box.top)
        )
        return [part.text for part in parts]

    def _lasting(self, line: TextLine) -> Iterator[TextLine]:
        """Yield the parts of a line that say the same next time: between numbers, and between texts far apart."""
        cells = [cell for cell in split_where(_are_apart, line.words) if not _is_sign(cell[0])]
        for cell in cells:
            for words in split_where(lambda one, other: self._varies(one) != self._varies(other), cell):
                part = _cut(TextLine(words))
                is_value = len(cells) > 1 and len(part.words) == 1 and part.text.islower()
                if not self._varies(words[0]) and not is_value and _is_telling(part):
                    yield part

    def _varies(self, word: Word) -> bool:
        """Return whether a word may be another next time, or is not read for sure."""
        letters = letters_of(word.text)
        if word.confidence < SURE or _VARYING.search(word.text) or letters in DATES:
            return True
        return self._is_typed(word) or any(
            min(len(each), len(letters)) >= PIECE and (each in letters or letters in each) for each in self._typed
        )

    def _is_typed(self, word: Word) -> bool:
        return letters_of(word.text) in self._typed

    @property
    def _typed(self) -> set[str]:
        return {letters_of(each) for text in self.typed for each in text.split()} - {""}

    def _proved(self, texts: Sequence[str], before: Screenshot, after: Screenshot) -> Iterator[str]:
        """Yield the texts that are found on one screenshot and not on the other, as a replay looks for them."""
        test = TextTest(self.reader)
        for text in dict.fromkeys(texts):
            query = TextQuery(words=text)
            if test.look(query, after).answer == "seen" and test.look(query, before).answer == "not_seen":
                yield text


def _are_apart(one: Word, other: Word) -> bool:
    """Return whether two words belong to two texts: by a gap, or by a sign such as those between what is listed."""
    is_gap = other.box.left - one.box.right > GAP * (other.box.bottom - other.box.top)
    return is_gap or _is_sign(one) != _is_sign(other)


def _is_sign(word: Word) -> bool:
    return not any(map(str.isalnum, word.text))


def _is_in_row(part: TextLine, value: Box) -> bool:
    """Return whether a value stands in the row of a text, and apart from it."""
    beside = part.box.top < value.center.y < part.box.bottom
    gap = max(value.left - part.box.right, part.box.left - value.right)
    return beside and gap > GAP * (part.box.bottom - part.box.top)


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
