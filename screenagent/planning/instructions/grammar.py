"""The grammar: patterns of plain English and the steps that a phrase of such a pattern asks for.

A pattern is written like the phrase: `{slot}` is a part that varies (see `slots`), `(a|b)` a choice, `[...]` is
optional, and words in capitals stand for the wordings in `english.yaml`. The first form that fits a phrase reads it.
Slots are regular expressions, composed of the tokens in `tokens`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from pydantic import ValidationError

from screenagent.events import PlannedStep
from screenagent.planning.instructions.english import ENGLISH
from screenagent.planning.instructions.quotes import Quotes
from screenagent.planning.instructions.refusals import Unreadable
from screenagent.planning.instructions.slots import SLOTS, SlotValue
from screenagent.planning.instructions.tokens import expanded
from screenagent.planning.skills.skill import Skill

Steps = Iterable[PlannedStep | Skill] | None
"""What a phrase asks for; None if it does not read in this way after all."""

Builder = Callable[..., Steps]


_ENDS: Final = r"(?=\s|\[ |\Z)"
"""A word of a pattern ends here: before a blank, before an option that begins with one, or with the pattern."""
_FIRST_WORD: Final = re.compile(rf"([a-z]+){_ENDS}")
_FIRST_CHOICE: Final = re.compile(rf"\(([a-z |]+)\){_ENDS}")


@dataclass(frozen=True)
class Pattern:
    """A pattern as it is written. It is compiled for the first phrase that begins with one of its words."""

    written: str
    steps: Builder

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return _compiled(self.written)

    @cached_property
    def first_words(self) -> frozenset[str] | None:
        """The words that a phrase of this pattern begins with; None if they are not listed in the pattern."""
        worded = _worded(self.written)
        found = _FIRST_WORD.match(worded) or _FIRST_CHOICE.match(worded)
        choices = [choice.split() for choice in found[1].split("|")] if found else []
        return frozenset(words[0] for words in choices) if choices and all(choices) else None

    def may_read(self, phrase: str) -> bool:
        """Return False if `phrase` begins with another word than the pattern."""
        first = phrase.partition(" ")[0].lower()
        return self.first_words is None or first in self.first_words or not (first.isascii() and first.isalpha())

    def read(self, phrase: str, said: SlotValue) -> tuple[PlannedStep | Skill, ...] | None:
        fit = self.pattern.fullmatch(phrase) if self.may_read(phrase) else None
        if fit is None:
            return None
        filled = {name: SLOTS[name].value(said, part) for name, part in fit.groupdict().items() if part is not None}
        steps = self.steps(**filled)
        return None if steps is None else tuple(steps)


def steps_of(
    phrase: str, quotes: Quotes, *, forms: Iterable[Pattern], it: str | None = None
) -> tuple[PlannedStep | Skill, ...] | None:
    """What `phrase` asks for, or None if no form fits; "it" stands for the target `it`."""
    said = SlotValue(quotes, it)
    try:
        return next((steps for form in forms if (steps := form.read(phrase, said)) is not None), None)
    except ValidationError as refused:
        first = refused.errors()[0]
        raise Unreadable(quotes.verbatim(phrase), f"{first['loc'][-1]}: {first['msg'].lower()}", "bad_value") from None
    except Unreadable as refused:
        raise Unreadable(quotes.verbatim(phrase), refused.why, refused.code) from None


def form(forms: list[Pattern], *patterns: str) -> Callable[[Builder], Builder]:
    """Let a function, or a short lambda, say what to do for phrases of these patterns, after those that `forms` has."""

    def add(steps: Builder) -> Builder:
        forms.extend(Pattern(pattern, steps) for pattern in patterns)
        return steps

    return add


def _compiled(pattern: str) -> re.Pattern[str]:
    spelled = {" ": r"\s+", "(": "(?:", "[": "(?:", "]": ")?", "+": r"\+"}

    def translate(part: re.Match[str]) -> str:
        return f"(?P<{part[1]}>{expanded(SLOTS[part[1]].pattern)})" if part[1] else spelled[part[0]]

    return re.compile(re.sub(r"\{(\w+)\}|[ ([\]+]", translate, _worded(pattern)), re.IGNORECASE)


def _worded(pattern: str) -> str:
    """`pattern` with every wording put in its place, also those within wordings."""
    return re.sub(r"\b[A-Z][A-Z_]+\b", lambda name: _worded(ENGLISH.wordings[name[0]]), pattern)
