"""Filling forms: the right text into the field of each name."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, NamedTuple

from screenagent.geometry import Location
from screenagent.perception.labels import TextLine
from screenagent.perception.similarity import stem
from screenagent.planning.instructions.steps import click_on, press
from screenagent.planning.skills.fields import set_text
from screenagent.planning.skills.moves import click, replace_text, require
from screenagent.planning.skills.skill import SkillFailed, SkillRun, SkillStepFailed, TargetUnseen
from screenagent.planning.skills.view import ScreenView

SENDING: Final = (
    *("Submit", "Search", "Send", "Go", "Go!", "OK", "Save", "Find", "Apply", "Done", "Continue", "Login", "Log in"),
    *("Sign in", "Sign up", "Register", "Book", "Order", "Confirm"),
)

CANCELLING: Final = ("Cancel", "Not now", "Later", "Dismiss")
_NUMERIC: Final = re.compile(r"date|year|time|number|amount|price|count|age|zip|phone|day|month", re.IGNORECASE)


class Pair(NamedTuple):
    """What is to stand in which field."""

    name: str
    text: str


def fill(view: ScreenView, pairs: Sequence[Pair]) -> SkillRun:
    for number, (name, text) in enumerate(pairs):
        field = view.find(f"the {name} field") or _nth(view, number)
        if field is None:
            raise TargetUnseen(f"there is no field for the {name}")
        called = f"the {name} field"
        yield from undisturbed(view, partial(set_text, view, (click(field, called),), called, text))


def undisturbed(view: ScreenView, work: Callable[[], SkillRun]) -> SkillRun:
    """Where a step fails since a window came up that nobody asked for, that is cancelled, and it is all done again."""
    try:
        yield from work()
    except SkillStepFailed:
        cancel = next((found for name in CANCELLING if (found := view.find(f"“{name}”"))), None)
        if cancel is None:
            raise
        yield (click(cancel, "the button that cancels what came up"),)
        yield from work()


def fill_all(view: ScreenView, text: str, fields: str) -> SkillRun:
    """The same into all the fields."""
    for number, field in enumerate(view.every(fields), start=1):
        yield replace_text(field, f"{fields} {number}", text)


def fill_from(view: ScreenView, sentence: str) -> SkillRun:
    """Each field by the words that belong to its name: "directed by Ada" into Director, "from 1998" into Year."""
    fields = view.every("field")
    labels = [(view.label_of(field), field) for field in fields]
    said = matched(sentence, [label for label, _ in labels])
    for label, field in labels:
        if label in said:
            yield replace_text(field, f"the {label} field", said[label])
    yield from send(view)


def matched(sentence: str, labels: Sequence[str]) -> dict[str, str]:
    """What `sentence` says for each label: after a word of its stem, and for the one left over what is left over."""
    words = sentence.strip(" .").split()
    left, said = list(range(len(words))), {}
    for label in labels:
        for root in (_root(word) for word in label.split()):
            at = next((i for i in left if _root(words[i]) == root or _akin(words[i], root)), None)
            if at is None:
                continue
            values = [i for i in left if i > at and _is_value(words[i])]
            if values and values[0] - at <= 2:
                said[label] = words[values[0]]
                left = [i for i in left if not at <= i <= values[0]]
                break
    named = {_root(word) for label in labels for word in label.split()}
    rest = [words[i] for i in left if _tells(words[i]) and _root(words[i]) not in named]
    for label in (label for label in labels if label not in said):
        fitting = [word for word in rest if word.isdigit() == bool(_NUMERIC.search(label))]
        if fitting:
            said[label] = fitting[0]
            rest.remove(fitting[0])
    return said


def send(view: ScreenView) -> SkillRun:
    """Press the one button that sends a form; where there are several or none, it is not for us to say."""
    buttons = _sending(view)
    if len(buttons) == 1:
        yield (click(buttons[0], "the button that sends the form"),)


def _sending(view: ScreenView) -> list[Location]:
    found = [button for name in SENDING if (button := view.find(f"“{name}”")) and button.confidence > 0.9]
    return list({(button.point.x, button.point.y): button for button in found}.values())


def press_to_send(view: ScreenView, name: str) -> SkillRun:
    """The button of this name; where none comes up, the one button that sends a form."""
    try:
        yield (click_on(name),)
    except SkillStepFailed:
        buttons = [] if view.find(name) else _sending(view)
        if len(buttons) != 1:
            raise
        yield (click(buttons[0], "the one button that sends the form"),)


def complete_field(view: ScreenView, start: str, end: str, field: str) -> SkillRun:
    """Type the start of an entry and take the one of the list that has the end, too."""
    place = require(view, field)
    yield replace_text(place, field, start)
    for _ in range(3):
        if offer := _offer(view, place, start, end):
            yield (click(offer.box.center, f"“{offer.text}”"),)
            return
        yield (press("down"),)
    raise SkillFailed(f"nothing that starts with “{start}” and ends with “{end}” is offered")


def _offer(view: ScreenView, field: Location, start: str, end: str) -> TextLine | None:
    """What is offered beside the field; what stands in it was typed."""
    offers = (line for line in view.texts() if field.box is None or line.box.center not in field.box)
    return next((offer for offer in offers if _fits(offer.text, start, end)), None)


def _fits(text: str, start: str, end: str) -> bool:
    said, start, end = text.casefold(), start.casefold(), end.casefold()
    return said.startswith(start) and said.endswith(end) and len(said) > len(start)


def _nth(view: ScreenView, number: int) -> Location | None:
    fields = view.every("field")
    return fields[number] if number < len(fields) else None


def _root(word: str) -> str:
    return stem(word.lower().strip(",.:"), doers=True)


def _akin(word: str, root: str) -> bool:
    return len(root) >= 4 and _root(word).startswith(root[:5])


def _is_value(word: str) -> bool:
    return word[:1].isupper() or word[:1].isdigit()


def _tells(word: str) -> bool:
    return word.lower() not in ("for", "from", "the", "a", "an", "of", "in", "by", "with", "and", "to")
