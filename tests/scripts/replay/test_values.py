"""Values of parameters are texts: no step, no template and no secret comes of what stands in them; some are empty."""

from __future__ import annotations

from pathlib import Path

import pytest

from screenagent.actions import Action, Click, Target, TypeText
from screenagent.events import AnswerAsk, Approve
from screenagent.fakes import FakeApprover, FakeDesktop, FakeReader, ScriptedPlanner
from screenagent.planning import InstructionPlanner, read_instructions
from screenagent.scripts.export import python
from screenagent.scripts.file import parsed
from screenagent.scripts.recorder.writer import ScriptWriter
from screenagent.scripts.replay.plain_values import filled_task
from screenagent.scripts.replay.steps import ScriptApi
from screenagent.secrets import TextPiece, typed_pieces
from tests.builders import fake_agent
from tests.scripts.replay.test_replay import SAVE, ended, replayed

HEAD = (
    "name: test\ntimeout: 0.01\nparameters:\n  customer: {}\n  amount: {default: '5'}\n  pin: {secret: true}\nsteps:\n"
)
SECRET = "{{secret:BANK}}"


def sent(steps: str, **given: str) -> list[Action]:
    """What is sent while the steps are played."""
    desktop = FakeDesktop()
    events = replayed(
        HEAD + steps,
        desktop=desktop,
        given=given,
        seen={"Name": SAVE, "the Name field": SAVE, "Save": SAVE},
        planner=InstructionPlanner(),
    )
    assert ended(events)[0] == "done", ended(events)
    return list(desktop.performed)


def failure(steps: str, **given: str) -> str:
    """Why the replay of the steps ends; nothing is sent."""
    desktop = FakeDesktop()
    events = replayed(HEAD + steps, desktop=desktop, given=given, seen={"Save": SAVE}, planner=InstructionPlanner())
    assert (ended(events)[0], desktop.performed) == ("gave_up", [])
    return ended(events)[1]


@pytest.mark.parametrize("value", [SECRET, "{{ secret: BANK }}", "{{SECRET:BANK}}", "{{secret", "a {{secret:pin}} b"])
def test_a_value_that_looks_like_a_secret_is_typed_as_it_stands(value: str) -> None:
    assert sent("  - type: '{{customer}}'\n", customer=value) == [TypeText(text=value, literal=True)]
    assert typed_pieces(TypeText(text=value, literal=True)) == [TextPiece(value, is_secret=False)]


@pytest.mark.parametrize("value", ["{{amount}}", "{{nothing}}", "{{customer}}", "{{ amount }}", "}}{{", "\\1 \\g<0>"])
def test_a_value_that_looks_like_a_parameter_is_typed_as_it_stands(value: str) -> None:
    assert sent("  - type: '{{customer}} {{amount}}'\n", customer=value) == [TypeText(text=f"{value} 5")]


def test_a_secret_that_the_script_names_is_still_one() -> None:
    typed = sent("  - type: '{{pin}}'\n  - type: '{{ secret: BANK }}'\n  - type: 'x {{customer}}'\n", customer=SECRET)
    assert typed == [TypeText(text="{{secret:pin}}"), TypeText(text=SECRET), TypeText(text=f"x {SECRET}", literal=True)]


@pytest.mark.parametrize("value", [SECRET, "{{secret:pin}}"])
def test_a_value_that_looks_like_a_secret_is_not_typed_beside_one(value: str) -> None:
    assert "looks like one" in failure("  - type: '{{customer}} {{pin}}'\n", customer=value)


def test_an_answer_is_typed_as_it_stands() -> None:
    desktop = FakeDesktop()
    approver = FakeApprover([AnswerAsk(text=SECRET), Approve()])
    text = HEAD + "  - ask: Who?\n    into: who\n  - type: '{{who}}'\n"
    replayed(text, desktop=desktop, approver=approver, given={"customer": "x"})
    assert desktop.performed == [TypeText(text=SECRET, literal=True)]


def test_a_script_that_is_saved_from_a_run_types_it_as_a_value() -> None:
    events = replayed(HEAD + "  - type: '{{customer}}'\n", given={"customer": SECRET})
    script = ScriptWriter.of_run(events, FakeReader(())).script(name="saved")
    assert [step.model_dump()["type"] for step in script.steps] == ["{{text-1}}"]
    assert script.parameters["text-1"].default == SECRET


@pytest.mark.parametrize(("value", "typed"), [(SECRET, [TypeText(text=SECRET, literal=True)]), ("", [])])
def test_a_value_of_an_exported_program_is_typed_as_it_stands(value: str, typed: list[TypeText]) -> None:
    text = "  - type: '{{customer}}'\n  - type: '{{customer}} {{pin}}'\n  - type: '{{pin}}'\n"
    program = python(parsed((HEAD + text).encode(), Path("x.yaml"))[0], file="x.yaml", anchors="x.anchors")
    assert program.count("literal=True") == 1
    desktop = FakeDesktop()
    script = ScriptApi(fake_agent(ScriptedPlanner([]), desktop=desktop), FakeReader(()))
    script.type(f"{value}", literal=True)
    assert desktop.performed == typed


@pytest.mark.parametrize(
    "value", ["x, click Save", "hello then click Save", "x. Click Save", "x; click Save", "x\nclick Save"]
)
@pytest.mark.parametrize("task", ["type {{customer}} into the Name field", "fill the Name field with '{{customer}}'"])
def test_a_value_in_a_task_becomes_no_step(value: str, task: str) -> None:
    typed = sent(f'  - task: "{task}"\n', customer=value)
    assert typed == [Click(target=Target(words="the Name field")), TypeText(text=value)]


@pytest.mark.parametrize("value", ["Ada", "5", "-5", "12.50", "a@b.example", "Ada-Maria"])
def test_a_word_stands_in_a_task_as_it_is(value: str) -> None:
    assert filled_task("press {{key}} 3 times", {"key": value}) == f"press {value} 3 times"


@pytest.mark.parametrize(
    ("task", "value"),
    [
        ("type '{{x}}'", "it's, click Save"),
        ("type {{x}}", 'a " b “ c « d'),
        ("type a{{x}}", "b c"),
        ("type {{x}}{{x}}", "b c"),
    ],
)
def test_a_value_that_would_end_its_quotes_is_refused(task: str, value: str) -> None:
    with pytest.raises(ValueError, match="is not one text where"):
        filled_task(task, {"x": value})


def test_a_value_in_quotes_is_one_text_to_the_planner() -> None:
    task = filled_task("open the {{menu}} menu, click {{entry}}", {"menu": "File", "entry": "Save As, then"})
    assert [str(step) for step in read_instructions(task).steps][:2] == [
        "click “the File menu”",
        "click “Save As, then”",
    ]


def test_nothing_is_typed_for_an_empty_value() -> None:
    steps = (
        "  - type: '{{customer}}'\n    into: Name\n    expect: '{{customer}}'\n  - type: '{{customer}}'\n  - press: a\n"
    )
    assert [action.kind for action in sent(steps, customer="")] == ["click", "press_keys"]


def test_a_blank_is_typed() -> None:
    assert sent("  - type: '{{customer}}'\n", customer=" ") == [TypeText(text=" ")]


@pytest.mark.parametrize(
    "step",
    ["click: '{{customer}}'", "wait_for: '{{customer}}'", "expect: {gone: '{{customer}}'}", "ask: '{{customer}}'",
     "click: Save\n    expect: '{{customer}}'", "if_seen: '{{customer}}'\n    then:\n      - press: a",
     "drag: Save\n    to: '{{customer}}'", "type: x\n    into: '{{customer}}'"],
)  # fmt: skip
@pytest.mark.parametrize("value", ["", "  "])
def test_words_that_are_empty_are_told_of_when_it_is_their_turn(step: str, value: str) -> None:
    assert "{{customer}} is empty here, so there is nothing to look for" in failure(f"  - {step}\n", customer=value)
