"""Hides quoted texts while a task is cut up and matched, and brings them back exactly."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from screenagent.planning.instructions.refusals import Unreadable

PAIRS: Final = ('""', "''", "``", "“”", "‘’", "«»", "„“", "„”")

# One character of the supplementary private area stands for each hidden span.
FIRST: Final = 0xF0000
MARK: Final = r"[\U000F0000-\U000FFFFD]"

# A quote opens where no word ends and closes where no word begins, so "don't" and 5" hold none. Of closing quotes in a
# row the last one closes.
_SPAN: Final = re.compile(
    "|".join([MARK, *(rf"(?<!\w){opening}.*?{closing}(?![\w{closing}])" for opening, closing in PAIRS)]), re.DOTALL
)
_LONE: Final = re.compile(r"""(?<!\w)["“`«„](?=\S).*""")


def quotes_round(text: str, at: int) -> str:
    """Return the two signs of the quotes that the character at `at` stands in; empty if it stands in none."""
    spans = (span for span in _SPAN.finditer(text) if span.start() < at < span.end() - 1)
    return next((span[0][0] + span[0][-1] for span in spans), "")


@dataclass(frozen=True)
class Quotes:
    """A text whose quoted spans are hidden behind one mark each."""

    text: str
    spans: tuple[str, ...]

    @classmethod
    def hidden_in(cls, text: str) -> Quotes:
        spans: list[str] = []

        def hide(span: re.Match[str]) -> str:
            spans.append(span[0])
            return chr(FIRST + len(spans) - 1)

        hidden = cls(text=_SPAN.sub(hide, text), spans=tuple(spans))
        if lone := _LONE.search(hidden.text):
            raise Unreadable(hidden.verbatim(lone[0]), "this quote is opened and not closed", "unclosed_quote")
        return hidden

    def verbatim(self, part: str) -> str:
        """`part` of the hidden text as the user wrote it."""
        return re.sub(MARK, lambda mark: self.spans[ord(mark[0]) - FIRST], part)

    def meant(self, part: str) -> str:
        """`part` as the user wrote it, without the quotes if it is one quoted text as a whole."""
        bare = part.strip()
        if re.fullmatch(MARK, bare):
            span = self.verbatim(bare)
            return span[1:-1] if len(span) > 1 else span
        return self.verbatim(bare)
