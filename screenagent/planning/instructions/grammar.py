"""The grammar: patterns of plain English and the steps that a phrase of such a pattern asks for.

A pattern is written like the phrase: `{slot}` is a part that varies (see `slots`), `(a|b)` a choice, `[...]` is
optional, and words in capitals stand for the wordings in `english.yaml`. The first form that fits a phrase reads it.
Slots are regular expressions, composed of the tokens in `tokens`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Pattern:
    pattern: re.Pattern[str]
    steps: Builder

    def read(self, phrase: str, said: SlotValue) -> tuple[PlannedStep | Skill, ...] | None:
        fit = self.pattern.fullmatch(phrase)
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
        forms.extend(Pattern(_compiled(pattern), steps) for pattern in patterns)
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
