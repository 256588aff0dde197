"""Values are texts: whatever stands in a cell, in an answer or on the screen, it is typed as it stands there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from screenagent.actions import TypeText
from screenagent.events import Decision
from screenagent.planning.instructions.quotes import quotes_round
from screenagent.scripts.parameters import PLACE, filled, secrets_in
from screenagent.scripts.schema import Script
from screenagent.secrets import secrets_meant

_WORD: Final = re.compile(r"[-+]?\w+(?:[@.+-]\w+)*|\{\{secret:[^{}]*\}\}")
_QUOTES: Final = ('""', "“”", "«»")


def with_plain_values(decision: Decision, templates: Iterable[str], script: Script) -> Decision:
    """Return `decision` with a text typed as it stands if what looks like a secret in it comes from a value.

    `templates` are the texts of the step before its values were filled in: only what is named there is a secret. If a
    text holds a secret and such a value, the decision is to give up.
    """
    step = decision.step
    meant = secrets_meant(step.action.text) if isinstance(step.action, TypeText) else []
    if not meant:
        return decision
    own = [name for template in templates for name in secrets_in(template, script)]
    foreign = [name for name in meant if name not in own or meant.count(name) > own.count(name)]
    if not foreign:
        return decision
    if len(foreign) < len(meant) or own:
        return Decision.give_up("a value that is typed beside a secret looks like one; type it in a step of its own")
    planned = step.model_copy(update={"action": step.action.model_copy(update={"literal": True})})
    steps = (*decision.plan.steps[: decision.at], planned, *decision.plan.steps[decision.at + 1 :])
    return decision.model_copy(update={"plan": decision.plan.model_copy(update={"steps": steps})})


def filled_task(task: str, values: Mapping[str, str]) -> str:
    """Return plain instructions with the values in place, each of which stays a text and becomes no instruction.

    A value that is more than a word is put in quotes, unless the task has done so. Raise `ValueError` for one that
    would end its quotes.
    """

    def value(place: re.Match[str]) -> str:
        known = values.get(place[2], "")
        if place[1] or place[2] not in values or _WORD.fullmatch(known):
            return filled(place[0], values)
        return _quoted(known, task, place)

    return PLACE.sub(value, task)


def _quoted(value: str, task: str, place: re.Match[str]) -> str:
    round_it = quotes_round(task, place.start())
    if round_it and not set(round_it).intersection(value):
        return value
    beside = task[place.start() - 1 : place.start()] + task[place.end() : place.end() + 1]
    if not round_it and value and not re.search(r"[\w{}]", beside):
        for opening, closing in _QUOTES:
            if opening not in value and closing not in value:
                return f"{opening}{value}{closing}"
    raise ValueError(
        f"“{value}” is not one text where {place[0]} stands; put {place[0]} in quotes, or use a step for it"
    )
