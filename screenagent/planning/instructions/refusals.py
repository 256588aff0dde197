"""Refusals: why a phrase of a task cannot be read as a step, as a code and in words."""

from __future__ import annotations

import re
from typing import Final, Literal

from screenagent.errors import WrongUsage
from screenagent.planning.instructions.english import ENGLISH, by_word
from screenagent.planning.instructions.late_pattern import late_pattern

UNDERSTOOD: Final = ENGLISH.examples
_TaskCode = Literal["empty", "too_long", "too_many_steps", "unclosed_quote", "needs_screen"]
_NoStepCode = Literal[
    "goal", "question", "negated", "conditional", "unknown_verb", "unknown_form", "run_together", "ambiguous"
]
_PartCode = Literal[
    "unnamed",
    "no_antecedent",
    "no_text",
    "no_words",
    "not_checkable",
    "unknown_key",
    "bad_date",
    "bad_time",
    "bad_value",
]

RefusalCode = Literal[_TaskCode, _NoStepCode, _PartCode]
"""Why a task was refused, for programs; the words beside the code are for people.

`unknown_verb`: no step begins with this verb. `unknown_form`: a step does, but continues in another way.
`run_together`: a second step follows without a comma. `ambiguous`: unquoted words can be read in two ways. `unnamed`:
what is to be emptied is not named well enough. `no_antecedent`: "it" refers to nothing. `no_text`: the text to type is
not given. `no_words`: the words to look for are not given. `not_checkable`: the check is not about words on the screen.
`bad_value`: a number or text is out of range. `needs_screen`: the planner has no reader and no grounder.
"""


class Unreadable(WrongUsage, ValueError):
    """A phrase of a task that cannot be read as a step.

    It is raised before any input is sent. `code` is for programs; the text names the phrase, the reason and an
    alternative.
    """

    code: RefusalCode

    def __init__(self, phrase: str, why: str, code: RefusalCode) -> None:
        self.phrase = phrase if len(phrase) <= 80 else f"{phrase[:79]}…"
        self.why = why
        self.code = code
        super().__init__(f"cannot read “{self.phrase}”: {why}")


MOST_EXAMPLES: Final = 8
"""Steps that are shown to a user whose phrase is like none."""

_SAME_VERB: Final = by_word(ENGLISH.same_verb)
_HINTS: Final = by_word(ENGLISH.hints)
_WAYS: Final = [(late_pattern(said, re.IGNORECASE), way) for said, way in ENGLISH.ways.items()]
_GOAL: Final = late_pattern(ENGLISH.beginnings["goal"], re.IGNORECASE | re.VERBOSE)
# These begin like a step.
_GOAL_IN_DISGUISE: Final = late_pattern(ENGLISH.beginnings["goal_in_disguise"], re.IGNORECASE | re.VERBOSE)
_QUESTION: Final = late_pattern(
    r"(?:what|who|why|where|which|how|is|are|does|do)\s+(?:is|are|do|does|did|can|many|much|i|you|the|to|there)\b", re.I
)
_TITLE: Final = late_pattern(r"[A-Z]\S*(?:\s+(?:[A-Z]\S*|to|and|of|the|in|as|for|with))+")
_NEGATED: Final = late_pattern(r"(?:do not|don['’]t|never|avoid|without)\b", re.IGNORECASE)
_CONDITIONAL: Final = late_pattern(
    r"(?:if|unless|otherwise|else|while|whenever|in case|for each|for every|repeat|keep|until)\b"
    r"|(?!wait|check)\w+\s.*\b(?:unless|until|if)\b",
    re.IGNORECASE | re.DOTALL,
)


def is_goal(phrase: str) -> bool:
    """Whether `phrase` says what is to be reached. "Replace" alone and "Save As" may be names."""
    if is_goal_in_disguise(phrase):
        return True
    return bool(_GOAL.match(phrase)) and len(phrase.split()) > 1 and not _TITLE.fullmatch(phrase)


def is_goal_in_disguise(phrase: str) -> bool:
    """Whether `phrase` begins like a step and says what is to be reached: "write an essay about …"."""
    return bool(_GOAL_IN_DISGUISE.match(phrase))


def refuse_phrase(phrase: str, shown: str, *, after_typing: bool = False) -> Unreadable:
    """Return the refusal of `phrase`, which the user sees as `shown`, with what to write instead."""
    code, why = _reason(phrase)
    if after_typing:
        why += "; if it belongs to the text to type, put that text in quotes"
    return Unreadable(shown, why, code)


def _reason(phrase: str) -> tuple[RefusalCode, str]:
    verb = phrase.split(maxsplit=1)[0].lower() if phrase.split() else ""
    if is_goal(phrase):
        return "goal", _way(phrase) or _goal_words(verb)
    if _QUESTION.match(phrase):
        return "question", _way(phrase) or _goal_words(verb)
    if _NEGATED.match(phrase):
        return "negated", "say what to do, not what to leave"
    if _CONDITIONAL.match(phrase):
        return "conditional", "conditions and repetitions need a model; without one, write each step"
    alike = [step for step in UNDERSTOOD if verb and step.startswith(_SAME_VERB.get(verb, verb))]
    why = "a step reads like " + ", ".join(f"“{step}”" for step in alike or UNDERSTOOD[:MOST_EXAMPLES])
    return "unknown_form" if alike else "unknown_verb", _way(phrase) or why


def _way(phrase: str) -> str:
    """How to say what many people say in other words; empty if that is not known."""
    way = next((way for said, way in _WAYS if said.match(phrase)), "")
    return f"write for example {way}" if way.startswith("“") else way


def _goal_words(verb: str) -> str:
    hint = _HINTS.get(verb, "open the File menu, click Save As")
    return (
        f"this says what to reach, not how, and that needs a model; without one, name the steps, for example “{hint}”"
    )
