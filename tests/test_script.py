"""The file of a script: what is read, what is refused and where, what survives a machine's edit."""

from __future__ import annotations

from pathlib import Path

import pytest

from screenagent.script import ScriptError, Unbound, bound, edited, filled, parsed, written
from screenagent.script.schema import ClickStep, PressStep, TypeStep

INVOICE = """\
# what the office does every Monday
name: Enter an invoice
app: mousepad
parameters:
  customer: {default: Ada}  # who pays
  amount: {type: number}
  password: {secret: true}
steps:
  # first the name
  - type: "{{customer}}"
    into: the Name field
  - type: "{{password}}"
  - click: Save
    button: left
    expect: Saved
  - press: ctrl+s
  - if_seen: already exists
    then:
      - click: Replace
    else:
      - expect: {gone: Name}
"""


def script_of(text: str) -> object:
    return parsed(text.encode(), Path("invoice.yaml"))[0]


def problems(text: str) -> list[str]:
    with pytest.raises(ScriptError) as refused:
        script_of(text)
    return [str(problem) for problem in refused.value.problems]


def test_a_script_is_read_step_by_step() -> None:
    script = parsed(INVOICE.encode(), Path("invoice.yaml"))[0]
    assert script.steps[:4] == (
        TypeStep(type="{{customer}}", into="the Name field"),
        TypeStep(type="{{password}}"),
        ClickStep(click="Save", expect="Saved"),
        PressStep(press="ctrl+s"),
    )


def test_what_is_written_is_read_as_the_same() -> None:
    script = parsed(INVOICE.encode(), Path("invoice.yaml"))[0]
    assert parsed(written(script).encode(), Path("again.yaml"))[0] == script


def test_comments_and_order_survive_an_edit() -> None:
    assert edited(INVOICE, {("steps", 2, "click"): "Save all"}) == INVOICE.replace("click: Save\n", "click: Save all\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "f:1:1: it is empty; a script has at least a name and steps"),
        ("name: x\nsteps:\n  - clik: a", "f:3:5: 'clik' is no step; did you mean 'click'?"),
        ("name: x\nsteps:\n  - click: a\n    buton: left", "f:4:5: unknown key 'buton'; did you mean 'button'?"),
        ("name: x\nsteps:\n  - click: 3", "f:3:5: click: 3 is to be a text; put it in quotes"),
        ("name: x\nsteps:\n  - press: cntrl+s", "f:3:5: unknown key 'cntrl'; did you mean 'ctrl'?"),
        ("name: x\nsteps:\n  - drag: a", "f:3:5: 'to' is missing"),
        ("name: x\nsteps: []", "f:2:1: steps: there is to be at least one step"),
        ("name: x\nname: y\nsteps: []", "f:2:1: 'name' is there twice"),
        ("name: [x\nsteps:", "f:2:6: it is not YAML: "),
        ("name: &a x\nsteps: *a", "f:1:7: YAML's & and * are not used"),
        ("name: x\nsteps:\n  - type: '{{custmer}}'\nparameters: {customer: {}}", "{{custmer}} is no parameter of this"),
        ("name: x\nparameters: {p: {secret: true}}\nsteps:\n  - click: '{{p}}'", "f:4:5: a secret may only be typed"),
        ("name: x\nparameters: {n: {type: number, default: x}}\nsteps:\n  - press: a", "f:2:14: 'x' is no number"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text: str, said: str) -> None:
    assert said.removeprefix("f") in problems(text)[0]


def test_parameters_have_the_value_given_or_their_default() -> None:
    script = parsed(INVOICE.encode(), Path("invoice.yaml"))[0]
    assert bound(script, {"amount": "12,50"}) == {
        "customer": "Ada",
        "amount": "12,50",
        "password": "{{secret:password}}",
    }


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "'amount' needs a value: --set amount="),
        ({"amount": "much"}, "'much' is no number"),
        ({"amount": "1", "custmer": "Bob"}, "did you mean 'customer'?"),
        ({"amount": "1", "password": "hunter2"}, "secret"),
    ],
)
def test_a_wrong_value_is_named(given: dict[str, str], said: str) -> None:
    with pytest.raises(Unbound, match=said):
        bound(parsed(INVOICE.encode(), Path("invoice.yaml"))[0], given)


def test_a_secret_stays_a_place_until_it_is_typed() -> None:
    values = bound(parsed(INVOICE.encode(), Path("invoice.yaml"))[0], {"amount": "1"})
    assert (
        filled("{{ customer }}: {{password}}, {{secret:other}}", values) == "Ada: {{secret:password}}, {{secret:other}}"
    )
