"""Reads a task in plain English as a plan of literal steps, or refuses it before anything is touched."""

from __future__ import annotations

import re
from typing import Final

from screenagent.actions import Finish, PressKeys, targets
from screenagent.events import Plan, PlannedStep
from screenagent.planning.instructions import commands as literal
from screenagent.planning.instructions import goals, wishes
from screenagent.planning.instructions.english import ENGLISH
from screenagent.planning.instructions.grammar import steps_of
from screenagent.planning.instructions.late_pattern import late_pattern
from screenagent.planning.instructions.places import placed_steps
from screenagent.planning.instructions.quotes import Quotes
from screenagent.planning.instructions.readings import is_plain_step, text_or_step
from screenagent.planning.instructions.refusals import UNDERSTOOD, Unreadable, is_goal_in_disguise, refuse_phrase
from screenagent.planning.instructions.segments import Clause, is_chord, phrases, starts_a_step
from screenagent.planning.skills.skill import Instructions, Skill

LONGEST_TASK: Final = 10_000
MOST_STEPS: Final = 500
FORMS: Final = (*wishes.FORMS, *goals.FORMS, *literal.FORMS)
"""What is to be reached before how: "choose Ada from the list" is more than two clicks."""

_REWORDINGS: Final = [(late_pattern(said, re.IGNORECASE), meant) for said, meant in ENGLISH.rewordings.items()]
_CELL_KEYS: Final = ("enter", "tab", "up", "down", "left", "right")
_REQUEST: Final = late_pattern(
    r"\A(\s*(?:please\s+)?(?:could|can|would|will) you\s.*)\?\s*\Z", re.IGNORECASE | re.DOTALL
)
_NAME: Final = late_pattern(r"[A-Z\U000F0000-\U000FFFFD]|the\s")
_SIGN: Final = late_pattern(r"\d{1,2}|[^\w\s]")
_WORDS: Final = late_pattern(r"[\w.-]+(?: [\w.-]+){0,2}")
_REPEATED: Final = late_pattern(
    r"(?:(?:(?:double|triple|right|middle|left)[- ])?click(?:\s+on)?"
    r"|press|hit|push|open|choose|select|pick|tick|untick|check|uncheck"
    r"|type|enter|write|insert|input|put|set|fill(?:\s+in)?)(?=\s)",
    re.IGNORECASE,
)


def read_instructions(task: str) -> Instructions:
    """The steps that `task` says, ending in `Finish`; `Unreadable` names the phrase that is none."""
    if not task.strip():
        raise Unreadable(
            task, f"the task is empty; say what to do, for example “{UNDERSTOOD[0]}, {UNDERSTOOD[1]}”", "empty"
        )
    if len(task) > LONGEST_TASK:
        raise Unreadable(task, f"the task has {len(task)} characters; at most {LONGEST_TASK} are read", "too_long")
    quotes = Quotes.hidden_in(_REQUEST.sub(r"\1", task.replace("\r\n", "\n")))
    steps = _steps(phrases(quotes.text), quotes)
    if not steps:
        raise refuse_phrase(quotes.text, task.strip())
    if len(steps) > MOST_STEPS:
        raise Unreadable(
            task, f"these are {len(steps)} steps; at most {MOST_STEPS} are taken in one task", "too_many_steps"
        )
    finish = PlannedStep(action=Finish(success=True, message=_message(len(steps))))
    return Instructions(task=task, steps=(*steps, finish))


def plan_of(task: str) -> Plan:
    """The steps of a task that can be said before anything is seen."""
    return read_instructions(task).plan


def _steps(said: list[Clause], quotes: Quotes) -> list[PlannedStep | Skill]:
    steps: list[PlannedStep | Skill] = []
    before: Clause | None = None
    for phrase in said:
        whole = _with_its_verb(phrase, before)
        if before and whole is phrase and before.is_free_text:
            _refuse_two_readings(phrase, before, quotes)
        read = _read(_reworded(whole), phrase, before, quotes, it=_last_target(steps))
        if steps and steps[-1] is wishes.ENDS_CELL and _ends_cell(read[0]):
            steps.pop()
        steps.extend(read)
        before = whole
    return steps


def _read(
    whole: Clause, phrase: Clause, before: Clause | None, quotes: Quotes, *, it: str | None
) -> tuple[PlannedStep | Skill, ...]:
    """Return the steps of `phrase`, which reads `whole` with the verb that it left out; refuse it if it has none."""
    after_typing = before is not None and before.is_free_text
    read = None if is_goal_in_disguise(whole.text) else _steps_of(whole.text, quotes, it=it)
    if read is None:
        raise refuse_phrase(whole.text, quotes.verbatim(phrase.text), after_typing=after_typing)
    return read


def _steps_of(text: str, quotes: Quotes, *, it: str | None) -> tuple[PlannedStep | Skill, ...] | None:
    """Return the steps of `text`, or None; only a phrase that reads in no other way begins with a place."""
    read = steps_of(text, quotes, forms=FORMS, it=it)
    return placed_steps(text, lambda step: _steps_of(_reworded_text(step), quotes, it=it)) if read is None else read


def _refuse_two_readings(phrase: Clause, before: Clause, quotes: Quotes) -> None:
    """Refuse what follows an unquoted text and may go on with it."""
    if phrase.joint not in ("line", "then") and not is_plain_step(phrase.text):
        raise Unreadable(quotes.verbatim(phrase.text), quotes.verbatim(text_or_step(before.text)), "ambiguous")


def _reworded(phrase: Clause) -> Clause:
    text = _reworded_text(phrase.text)
    return phrase if text == phrase.text else Clause(text, phrase.joint)


def _reworded_text(text: str) -> str:
    fits = ((said.fullmatch(text), meant) for said, meant in _REWORDINGS)
    return next((meant.format(*fit.groups()) for fit, meant in fits if fit), text)


def _ends_cell(step: PlannedStep | Skill) -> bool:
    """Whether a step ends what is being typed into a cell by itself."""
    return isinstance(step, PlannedStep) and isinstance(step.action, PressKeys) and step.action.keys[-1] in _CELL_KEYS


def _with_its_verb(phrase: Clause, before: Clause | None) -> Clause:
    """Repeat the verb where it was left out: "click File, then Save As", "press Tab and Enter"."""
    verb = _REPEATED.match(before.text) if before else None
    if before is None or verb is None or phrase.joint in ("line", "dot") or starts_a_step(phrase.text):
        return phrase
    goes_on = _leaves_out(verb[0].lower(), phrase.text) or _is_another(verb[0].lower(), before.text, phrase)
    return Clause(f"{verb[0]} {phrase.text}", phrase.joint) if goes_on else phrase


def _leaves_out(verb: str, text: str) -> bool:
    """Whether `text` is what may follow `verb` without repeating it."""
    if verb in ("press", "hit", "push") and is_chord(text):
        return True
    if verb.startswith("fill"):
        return " with " in text
    if verb == "set":
        return " to " in text
    if verb in ("type", "enter", "write", "insert", "input", "put"):
        return bool(re.search(r"\s(?:in|into|as|for)\s", text))
    return bool(_NAME.match(text))


def _is_another(verb: str, before: str, phrase: Clause) -> bool:
    """Whether a phrase names something else to click, as before: "click 7, then +", "click bold, then italic"."""
    if not re.search(r"click|push|open|choose|select|pick|tick|press|hit", verb):
        return False
    if _SIGN.fullmatch(phrase.text):
        return bool(_SIGN.fullmatch(before[len(verb) :].strip()))
    return phrase.joint == "then" and bool(_WORDS.fullmatch(phrase.text))


def _last_target(steps: list[PlannedStep | Skill]) -> str | None:
    """What "it" stands for."""
    return next((named for step in reversed(steps) if (named := _target(step))), None)


def _target(step: PlannedStep | Skill) -> str | None:
    if isinstance(step, Skill):
        return step.target
    named = targets(step.action)
    return named[-1].words if named else None


def _message(count: int) -> str:
    return "the step was carried out" if count == 1 else f"all {count} steps were carried out"
