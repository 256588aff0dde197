from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pytest

from screenagent.desktop.accessibility.nodes import (
    CHECKED,
    EDITABLE,
    ENABLED,
    EXPANDABLE,
    EXPANDED,
    INDETERMINATE,
    MULTISELECTABLE,
    PASSWORD,
    PRESSED,
    SELECTABLE,
    SELECTED,
    SENSITIVE,
    TOGGLE,
    AccessibleNode,
    Question,
    Reference,
    StateBits,
)
from screenagent.desktop.accessibility.values import DROPDOWN, SLIDER, SPINNER, values

CHECKBOX, ITEM, BUTTON, FIELD = 7, 32, 43, 79
LIVE = (ENABLED, SENSITIVE)


def bits(*states: int) -> StateBits:
    number = sum(1 << state for state in states)
    return StateBits((number & 0xFFFFFFFF, number >> 32))


def node(role: int, *states: int, path: str = "/control", below: Iterable[str] = ()) -> AccessibleNode:
    held = tuple(Reference(":1.1", each) for each in below)
    return AccessibleNode(Reference(":1.1", path), role, "", bits(*states), below=held)


@pytest.mark.parametrize(
    ("told", "states"),
    [
        (node(CHECKBOX, *LIVE), {"unchecked"}),
        (node(CHECKBOX, *LIVE, CHECKED), {"checked"}),
        (node(CHECKBOX, *LIVE, CHECKED, INDETERMINATE), {"mixed"}),
        (node(CHECKBOX), {"disabled", "unchecked"}),
        (node(TOGGLE, *LIVE, PRESSED), {"pressed", "checked"}),
        (node(TOGGLE, *LIVE, EXPANDABLE), {"collapsed"}),
        (node(ITEM, *LIVE, EXPANDABLE, EXPANDED, SELECTABLE), {"expanded", "unselected"}),
        (node(ITEM, *LIVE, SELECTABLE, SELECTED), {"selected"}),
        (node(ITEM, *LIVE)._replace(holder=bits(MULTISELECTABLE)), {"multiple"}),
        (node(PASSWORD, *LIVE, EDITABLE), {"editable", "password"}),
        (node(BUTTON, *LIVE), set()),
        (node(BUTTON, *LIVE)._replace(bits=StateBits()), {"disabled"}),
    ],
)
def test_a_program_tells_the_states_of_its_controls(told: AccessibleNode, states: set[str]) -> None:
    assert told.states == states


class Program:
    """InputAnswers by the member and path of a call; what it does not know is an error."""

    def __init__(self, known: Mapping[tuple[str, str], tuple[Any, ...]]) -> None:
        self._known = known
        self.asked: list[str] = []

    def __call__(self, questions: Sequence[Question]) -> list[Any]:
        return [self._answer(question) for question in questions]

    def _answer(self, question: Question) -> tuple[Any, ...] | None:
        fields = {field.name: value for field, value in question.call.header.fields.items()}
        member = question.call.body[1] if fields["member"] == "Get" else fields["member"]
        self.asked.append(member)
        return self._known.get((member, fields["path"]))


def test_values_are_read_from_fields_sliders_and_spinners() -> None:
    program = Program(
        {
            ("GetText", "/field"): ("Ada",),
            ("CurrentValue", "/slider"): (("d", 4.0),),
            ("GetText", "/empty"): ("",),
            ("CurrentValue", "/empty"): (("d", 0.0),),
            ("CurrentValue", "/spinner"): (("d", 7.5),),
        }
    )
    told = [node(FIELD, path="/field"), node(SLIDER, path="/slider"), node(SPINNER, path="/empty")]
    assert values(program, [*told, node(SPINNER, path="/spinner"), node(BUTTON)]) == ["Ada", "4", "", "7.5", None]


def test_a_password_is_not_asked_for_but_its_length() -> None:
    program = Program({("CharacterCount", "/control"): (("i", 6),), ("GetText", "/control"): ("secret",)})
    assert values(program, [node(PASSWORD)]) == ["••••••"]
    assert "GetText" not in program.asked


def test_the_choice_of_a_dropdown_is_its_selected_child_or_the_selected_option_of_its_list() -> None:
    program = Program(
        {
            ("GetSelectedChild", "/told"): ((":1.1", "/italy"),),
            ("Name", "/italy"): (("s", "Italy"),),
            ("GetChildren", "/list"): ([(":1.1", "/austria"), (":1.1", "/spain")],),
            ("GetState", "/austria"): (list(bits(SELECTABLE).words),),
            ("GetState", "/spain"): (list(bits(SELECTABLE, SELECTED).words),),
            ("Name", "/spain"): (("s", "Spain"),),
        }
    )
    listing = node(DROPDOWN, path="/listing", below=["/list"])
    assert values(program, [node(DROPDOWN, path="/told"), listing, node(DROPDOWN)]) == ["Italy", "Spain", None]
