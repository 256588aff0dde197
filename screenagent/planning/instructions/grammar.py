"""The grammar: patterns of plain English and the steps that a phrase of such a pattern asks for.

A pattern is written like the phrase: `{slot}` is a part that varies (see `slots`), `(a|b)` a choice, `[...]` is
optional, and words in capitals stand for the wordings below. The first form that fits a phrase reads it. Slots are
regular expressions, composed of the tokens in `tokens`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError

from screenagent.events import PlannedStep
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


WORDINGS: Final = {
    "TYPE": "(type|enter|write|insert|input|put)",
    "WRITE": "(type|enter|write)[ the (text|words?|number|phrase|string|sentence|command|following text)][:]",
    "PRESS": "(press|hit|push|click|tap)[ on]",
    "PICK": "(select|choose|pick|tick|check|mark)",
    "ENTER": "(enter|type|select|choose|pick|set|put|input)",
    "CLICK": "[{count}(-| |)][{button}(-| |)](click|clicking|tap)[ once][ (on|at)]",
    "OPEN": "(open|press|hit|push|choose|select|pick|tap|highlight|toggle|follow)[ on]",
    "DRAG": "[{button}(-| )](drag|dragging)[ and drop][ from]",
    "HOLDING": "(hold|holding|keep)[ down][ the] {modifiers}[ key][ (down|pressed)][,][ (and|then|while)]",
    "HELD": "(while holding|holding|with)[ down][ the] {modifiers}[ key][ (held|pressed)][ down]",
    "MOUSE": "[the ](mouse|pointer|cursor|mouse pointer|mouse cursor)",
    "ONTO": "(to|onto|into|over to|on top of)",
    "VIA": "(via|through|by way of)",
    "OVER": "(in|over|on|inside|within)",
    "IN": "(in|on|from|under|inside|at)",
    "CHECK": "(check|verify|make sure|ensure|confirm|assert|see)[ that| if| whether]",
    "STATE": "(shown|visible|displayed|seen|there|present|open|on [the ]screen)",
    "SHOWN": "((is|are) (STATE|up)|(has|have) appeared|can be seen|[should ](appears?|shows?|be STATE)[ up]"
    "|(comes|pops) up)",
    "GONE": "((is|are) (not|no longer) STATE|(isn.t|aren.t) STATE|(is|are|has|have) (gone|disappeared|vanished)"
    "|[should ](disappears?|vanish|vanishes|be gone)|goes away|can.t be seen|cannot be seen|closes)",
    "UP_TO": "(up to|for up to|for at most|at most|within|for a maximum of|for)",
    "TEXT_OF": "(all|all the text|all text|the text|text|the contents?|everything|the value)",
    "PURPOSE": "(confirm|accept|close|save|apply|continue|finish|cancel|submit)[ (it|this|that|the .{1,40}|changes)]",
}


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
    """Make the decorated function say what to do for phrases of these patterns, after those that `forms` has."""

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
    return re.sub(r"\b[A-Z][A-Z_]+\b", lambda name: _worded(WORDINGS[name[0]]), pattern)
