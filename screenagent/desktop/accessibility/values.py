"""What stands in fields, sliders and drop-downs, as their programs tell it (AT-SPI)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from screenagent.desktop.accessibility.nodes import (
    MULTI_LINE,
    PASSWORD,
    PROPERTY,
    REFERENCE,
    SELECTED,
    AccessibleNode,
    Method,
    Question,
    Reference,
    StateBits,
    references,
)

AskMany = Callable[[Sequence[Question]], list[Any]]
"""Asks many questions at a time: the answers in order, None for each that was not answered."""

TEXT: Final = "org.a11y.atspi.Text"
GET_TEXT: Final = Method("GetText", "s", TEXT, "ii")
SELECTED_CHILD: Final = Method("GetSelectedChild", REFERENCE, "org.a11y.atspi.Selection", "i")
LONGEST: Final = 2000
"""Characters of a field's text that are asked for."""
MOST_OPTIONS: Final = 400
DROPDOWN, SLIDER, SPINNER = 11, 51, 52
FIELDS: Final = (61, 79)


def values(ask: AskMany, nodes: Sequence[AccessibleNode], *, careful: bool = False) -> list[str | None]:
    """Return the value of each control; of a password as many dots as it has characters.

    To be `careful` is not to ask for the text of a field that may be one for a password without saying so.
    """
    questions = [() if careful and _may_hide(node) else _questions(node.reference, node.role) for node in nodes]
    answers = iter(ask([question for each in questions for question in each]))
    told = [_first_value([next(answers) for _ in each]) for each in questions]
    choices = _choices(ask, [node for node in nodes if node.role == DROPDOWN])
    return [choices.get(node.reference, value) for node, value in zip(nodes, told, strict=True)]


def _may_hide(node: AccessibleNode) -> bool:
    return node.role in FIELDS and not node.bits.holds(MULTI_LINE)


def _questions(control: Reference, role: int) -> tuple[Question, ...]:
    """Of a password only how long it is; a spinner is asked for its text first, as it may be empty."""
    written = control.call(GET_TEXT, 0, LONGEST)
    current = control.call(PROPERTY, "org.a11y.atspi.Value", "CurrentValue")
    if role == PASSWORD:
        return (control.call(PROPERTY, TEXT, "CharacterCount"),)
    if role in FIELDS:
        return (written,)
    if role == SPINNER:
        return (written, current)
    return (current,) if role == SLIDER else ()


def _first_value(answers: Sequence[Any]) -> str | None:
    return next((value for answer in answers if answer and (value := _value(answer[0])) is not None), None)


def _value(told: Any) -> str | None:
    match told:
        case str() as text:
            return text
        case ("d", float() as number):
            return f"{number:g}"
        case ("i", int() as count):
            return "•" * min(count, LONGEST)
        case _:
            return None


def _choices(ask: AskMany, dropdowns: Sequence[AccessibleNode]) -> dict[Reference, str]:
    """The names of the options that are selected: some programs tell of the drop-down which, others of each option."""
    chosen = _told_chosen(ask, [node.reference for node in dropdowns])
    options = _options(ask, [node for node in dropdowns if node.reference not in chosen])
    states = ask([option.state for _, option in options])
    for (dropdown, option), state in zip(options, states, strict=True):
        if StateBits.of(state).holds(SELECTED):
            chosen.setdefault(dropdown, option)
    names = ask([option.name for option in chosen.values()])
    return {dropdown: str(name[0][1]) for dropdown, name in zip(chosen, names, strict=True) if name}


def _told_chosen(ask: AskMany, dropdowns: Sequence[Reference]) -> dict[Reference, Reference]:
    answers = zip(dropdowns, ask([found.call(SELECTED_CHILD, 0) for found in dropdowns]), strict=True)
    found = {dropdown: Reference(*answer[0]) for dropdown, answer in answers if answer}
    return {dropdown: option for dropdown, option in found.items() if option.is_valid}


def _options(ask: AskMany, dropdowns: Sequence[AccessibleNode]) -> list[tuple[Reference, Reference]]:
    """What stands in the lists of drop-downs, each after its drop-down."""
    lists = [(node.reference, found) for node in dropdowns for found in node.below if found.is_valid]
    answers = zip(lists, ask([found.children for _, found in lists]), strict=True)
    held = [(dropdown, option) for (dropdown, _), answer in answers for option in references(answer)]
    return [(dropdown, option) for dropdown, option in held if option.is_valid][:MOST_OPTIONS]
