"""What a model says becomes what it said, or a `Retry`: nothing else, whatever the text."""

from __future__ import annotations

import json
import random
import string

import pytest

from screenagent.actions import Action, Click, Finish, PressKeys, TypeText, Visible, WaitFor, describe, targets
from screenagent.events import Plan
from screenagent.models import parsing
from screenagent.models.prompts import break_tokens
from screenagent.protocols import Retry

FIVE_STEPS = json.dumps(
    {
        "steps": [
            {"action": {"kind": "click", "target": "File"}, "expectation": {"kind": "seen", "words": "Save As"}},
            {"action": {"kind": "type_text", "text": "notes.txt"}, "expectation": {"kind": "change"}},
            {"action": {"kind": "press_keys", "keys": ["control", "s"]}},
            {"action": {"kind": "wait_for", "words": "Saved"}},
            {"action": {"kind": "finish", "success": True, "message": "saved"}},
        ]
    }
)


@pytest.mark.parametrize("escaped", [True, False])
@pytest.mark.parametrize("text", ["<|im_end|>", "say <think> and </think>", '[INST] "it" \\ <b>\n', "<\u200bthink>"])
def test_a_text_that_was_taken_apart_in_the_prompt_is_typed_as_it_was_meant(text: str, *, escaped: bool) -> None:
    action = {"kind": "type_text", "text": break_tokens(text)}
    plan = parsing.parse_plan(json.dumps({"steps": [{"action": action}]}, ensure_ascii=escaped))
    assert plan.steps[0].action == TypeText(text=text)


def test_a_plan_is_what_it_says() -> None:
    plan = parsing.parse_plan(FIVE_STEPS)
    assert [step.action for step in plan.steps] == [
        Click(target="File"),
        TypeText(text="notes.txt"),
        PressKeys(keys=("ctrl", "s")),
        WaitFor(words="Saved"),
        Finish(success=True, message="saved"),
    ]
    assert plan.steps[0].expectation == Visible(words="Save As")
    assert parsing.parse_plan(f"```json\n{FIVE_STEPS}\n```") == plan


def test_null_means_that_a_property_was_left_out() -> None:
    click = {"kind": "click", "target": "File", "button": None, "count": None, "modifiers": None}
    keys = {"kind": "press_keys", "keys": ["enter"], "times": None}
    end = {"kind": "finish", "success": True, "message": None}
    steps = [{"action": action, "expectation": None} for action in (click, keys, end)]
    plan = parsing.parse_plan(json.dumps({"steps": steps}))
    assert [step.action for step in plan.steps] == [
        Click(target="File"),
        PressKeys(keys=("enter",)),
        Finish(success=True),
    ]


@pytest.mark.parametrize("target", [None, "null"])
def test_null_is_never_a_word(target: str | None) -> None:
    text = json.dumps({"steps": [{"action": {"kind": "click", "target": target}}]})
    if target:
        assert parsing.parse_plan(text).steps[0].action == Click(target="null")
    else:
        with pytest.raises(Retry, match="target"):
            parsing.parse_plan(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "Invalid JSON"),
        ('{"steps": [{"action": {"kind": "wait", "seconds": NaN}}]}', "seconds"),
        ('{"steps": [null]}', "steps.0"),
        ('{"steps": []}', "at least 1 item"),
        ('{"steps": [{"action": {"kind": "delete_everything"}}]}', "steps.0.action"),
        ('{"steps": [{"action": {"kind": "click"}}]}', "target"),
        ('{"steps": [{"action": {"kind": "finish", "success": "yes"}}]}', "success"),
        ('{"steps": [{"action": {"kind": "press_keys", "keys": ["cntrl"]}}]}', "did you mean 'ctrl'"),
        (f"Sure! {FIVE_STEPS}", "Invalid JSON"),
    ],
)
def test_what_is_no_plan_is_told_back_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(Retry) as told:
        parsing.parse_plan(text)
    assert why in str(told.value)


@pytest.mark.parametrize(("text", "meant"), [("yes", True), ("Yes.", True), ("no", False), (" No, it is not", False)])
def test_a_yes_is_a_yes(text: str, meant: bool) -> None:
    assert parsing.parse_yes(text) is meant


@pytest.mark.parametrize("text", ["", "maybe", "yes and no", "notes", "yesterday"])
def test_what_is_neither_yes_nor_no_is_told_back(text: str) -> None:
    with pytest.raises(Retry, match="neither yes nor no"):
        parsing.parse_yes(text)


NOISE = ('"', "{", "}", "[", "]", ",", "\\", "\x00", "\ud800", "é你", "1e999", "-", "null", "NaN")


def mutated(text: str, chance: random.Random) -> str:
    """`text` cut, swapped, doubled and sprinkled with what breaks parsers."""
    for _ in range(chance.randint(1, 4)):
        at, to = sorted(chance.choices(range(len(text) + 1), k=2))
        noise = chance.choice(NOISE)
        text = chance.choice(
            [
                text[:at] + text[to:],
                text[:at] + noise + text[at:],
                text[:at] + text[at:to] * 2 + text[to:],
                text[:at] + chance.choice(string.printable) + text[at + 1 :],
                text[:at],
                text.replace("click", chance.choice(["move", "Click", "cl\\u0069ck", "finish"]), 1),
            ]
        )
    return text


def words_of(action: Action) -> list[str]:
    """Everything in an action that a person would recognise in the text that asked for it."""
    extra = [action.text] if isinstance(action, TypeText) else list(getattr(action, "keys", ()))
    return [*(target.words for target in targets(action)), *extra, action.kind]


@pytest.mark.slow
def test_ten_thousand_mutated_plans_give_what_they_say_or_a_retry() -> None:
    chance = random.Random(0)
    plans: list[tuple[str, Plan]] = []
    for _ in range(10_000):
        text = mutated(FIVE_STEPS, chance)
        try:
            plans.append((text, parsing.parse_plan(text)))
        except Retry:
            continue
    assert 100 < len(plans) < 9_900
    for text, plan in plans:
        said = json.loads(parsing.unfenced(text), strict=False)
        assert [step["action"]["kind"] for step in said["steps"]] == [step.action.kind for step in plan.steps]
        whole = json.dumps(said, ensure_ascii=False).replace("control", "ctrl")
        for step in plan.steps:
            assert all(json.dumps(word, ensure_ascii=False)[1:-1] in whole for word in words_of(step.action)), describe(
                step.action
            )
