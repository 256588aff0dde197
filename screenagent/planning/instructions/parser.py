"""Reads a task in plain English as a plan of literal steps, or refuses it before anything is touched."""

from __future__ import annotations

import re
from typing import Final

from screenagent.actions import Finish, targets
from screenagent.events import Plan, PlannedStep
from screenagent.planning.instructions import commands as literal
from screenagent.planning.instructions import goals
from screenagent.planning.instructions.grammar import steps_of
from screenagent.planning.instructions.quotes import Quotes
from screenagent.planning.instructions.refusals import UNDERSTOOD, Unreadable, is_goal_in_disguise, refuse_phrase
from screenagent.planning.instructions.segments import Clause, is_chord, phrases, starts_a_step
from screenagent.planning.skills.skill import Instructions, Skill

LONGEST_TASK: Final = 10_000
MOST_STEPS: Final = 500
FORMS: Final = (*goals.FORMS, *literal.FORMS)
"""What is to be reached before how: "choose Ada from the list" is more than two clicks."""

_REQUEST: Final = re.compile(r"\A(\s*(?:please\s+)?(?:could|can|would|will) you\s.*)\?\s*\Z", re.IGNORECASE | re.DOTALL)
_NAME: Final = re.compile(r"[A-Z\U000F0000-\U000FFFFD]|the\s")
_REPEATED: Final = re.compile(
    r"(?:(?:(?:double|triple|right|middle|left)[- ])?click(?:\s+on)?"
    r"|press|hit|push|open|choose|select|pick|tick|untick|check|uncheck"
    r"|type|enter|write|insert|input|put|fill(?:\s+in)?)(?=\s)",
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
        read = (
            None
            if is_goal_in_disguise(whole.text)
            else steps_of(whole.text, quotes, forms=FORMS, it=_last_target(steps))
        )
        if read is None:
            after_typing = before is not None and before.is_free_text
            raise refuse_phrase(phrase.text, quotes.verbatim(phrase.text), after_typing=after_typing)
        steps.extend(read)
        before = whole
    return steps


def _with_its_verb(phrase: Clause, before: Clause | None) -> Clause:
    """Repeat the verb where it was left out: "click File, then Save As", "press Tab and Enter"."""
    verb = _REPEATED.match(before.text) if before else None
    if before is None or verb is None or phrase.joint in ("line", "dot") or starts_a_step(phrase.text):
        return phrase
    return Clause(f"{verb[0]} {phrase.text}", phrase.joint) if _leaves_out(verb[0].lower(), phrase.text) else phrase


def _leaves_out(verb: str, text: str) -> bool:
    """Whether `text` is what may follow `verb` without repeating it."""
    if verb in ("press", "hit", "push") and is_chord(text):
        return True
    if verb.startswith("fill"):
        return " with " in text
    if verb in ("type", "enter", "write", "insert", "input", "put"):
        return bool(re.search(r"\s(?:in|into|as|for)\s", text))
    return bool(_NAME.match(text))


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
