"""The field that a text goes into: what it is called, and whether it has the caret."""

from __future__ import annotations

import re
from typing import Final

from screenagent.actions import Click, PressKeys, TypeText
from screenagent.episode import Episode, Step
from screenagent.events import Decision, PlannedStep
from screenagent.geometry import Box, Location
from screenagent.protocols import TypedText

_RELATION: Final = re.compile(
    r"\s(?:in|of|on|near|next|above|below|under|beside|label+ed|named|called|with|at|for|left|right)\s", re.IGNORECASE
)
_KNOWN: Final = re.compile(
    r"\b(?:fields?|entry|editor|input|text ?(?:area|box|view)?|document|canvas|terminal|prompt|box|bar|cell\b.*|row|"
    r"column|list|table|sheet|page|window|dialog|form|tab|pane|panel|app|application|browser|file|line)$",
    re.IGNORECASE,
)
"""What says already what kind of thing is meant."""

FIELDS: Final = ("field", "accessibility")
"""The ways of finding a target that give the bounds of the field, not those of a text at it."""

EDITING: Final = frozenset(("home", "end", "delete", "backspace"))
MARKING: Final = (("ctrl", "a"), ("shift", "end"), ("shift", "home"))


def field_named(words: str) -> str:
    """Return the words for the field that `words` name, perhaps by its label: the label itself takes no text."""
    head = _RELATION.split(words)[0]
    if _KNOWN.search(head):
        return words
    article = "" if re.match(r"(?:the|an?|my|your|its)\s", head, re.IGNORECASE) else "the "
    return f"{article}{head} field{words[len(head) :]}"


def is_entered(decision: Decision) -> bool:
    """Whether the step only puts the caret where the next one types."""
    following = decision.plan.steps[decision.at + 1 : decision.at + 2]
    return _puts_caret(decision.step) and any(is_editing(step.action) for step in following)


def field_of(episode: Episode) -> tuple[Location, ...]:
    """Return where the field is that the keys go to, if it was clicked last and for no more than the caret: what was
    clicked for an effect may have put the caret elsewhere, and a window that came up takes the keys for itself."""
    clicked = last_click(episode)
    is_field = clicked is not None and clicked.expectation is None and not _opened_window(clicked)
    return clicked.locations if clicked and is_field else ()


def field_box(episode: Episode) -> Box | None:
    """Return the bounds of that field, if they are known."""
    return next((place.box for place in field_of(episode) if place.by in FIELDS), None)


def _opened_window(step: Step) -> bool:
    before, after = step.before.window, step.after.window if step.after else None
    return before is not None and after is not None and before.id != after.id


def last_click(episode: Episode) -> Step | None:
    """Return the click that put the caret where the keys go now; None if another input came after it."""
    for step in reversed([step for step in episode.steps if step.sent]):
        if step.action is not None and not is_editing(step.action):
            return step if _clicks(step.action) else None
    return None


def entered_field(step: Step) -> bool:
    """Whether `step` clicked a field whose bounds are known, for no other purpose than to put the caret there."""
    place = step.locations[0] if step.locations else None
    return step.expectation is None and _clicks(step.action) and place is not None and place.by in FIELDS


def described_field(step: Step) -> str:
    """Return what the step calls the field that it clicked."""
    return f"“{step.action.target}”" if isinstance(step.action, Click) else "the field"


def typed_texts(episode: Episode) -> tuple[TypedText, ...]:
    """Return what the run has typed, each with the field that it went into as far as that is known."""
    found: list[TypedText] = []
    place: Location | None = None
    sent = [step for step in episode.steps if step.sent]
    for step in sent:
        match step.action:
            case Click() if step.locations:
                place = step.locations[-1]
            case TypeText(text=text):
                found.append(TypedText(text, place, is_last=step is sent[-1]))
            case action if not is_editing(action):
                place = None
    return tuple(found)


def _puts_caret(step: PlannedStep) -> bool:
    return step.expectation is None and _clicks(step.action)


def _clicks(action: object) -> bool:
    return isinstance(action, Click) and action.button == "left" and not action.modifiers


def is_editing(action: object) -> bool:
    """Whether the keys work on the text of the field that has the caret, and leave the caret in it."""
    match action:
        case TypeText():
            return True
        case PressKeys(keys=keys):
            return keys in MARKING or (len(keys) == 1 and keys[0] in EDITING)
        case _:
            return False
