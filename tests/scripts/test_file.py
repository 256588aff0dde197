"""The file of a script: what is read, what is refused and where, what survives a machine's edit."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import example, given

from screenagent.scripts.file import Problem, ScriptError, edited, parsed, written
from screenagent.scripts.parameters import Unbound, bound, filled
from screenagent.scripts.schema import STEPS, ClickStep, PressStep, Script, TypeStep
from tests.showing.hostile import EVERYTHING, hostile_texts, raw_codes

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


def mutated(text: str, chance: random.Random) -> bytes:
    """`text` with a few letters, lines or bytes other than they were."""
    content = bytearray(text.encode())
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(content))
        match chance.randrange(6):
            case 0:
                content[at] = chance.randrange(256)
            case 1:
                del content[at : at + chance.randint(1, 20)]
            case 2:
                content[at:at] = chance.choice(
                    [b"{", b"[", b"]", b": ", b"- ", b"\t", b"\n", b"&a ", b"*a", b"!!x ", b"|", b"'"]
                )
            case 3:
                start = chance.randrange(len(content))
                content[at:at] = content[start : start + chance.randint(1, 60)]
            case 4:
                content[at:at] = chance.choice(
                    [b"\x00", b"\xff", "é😀".encode(), b"{{", b"}}", b"<<: ", b"? ", b"---\n", b"..."]
                )
            case _:
                content[at:at] = chance.choice([b"0", b"-1", b"1e400", b"7" * 4400, b"0o9", b"2026-13-45", b".inf"])
        if not content:
            content += b"x"
    return bytes(content)


def survives(count: int, *, seed: int) -> None:
    """Each of `count` damaged files is a script, or its errors have lines that the file has."""
    chance = random.Random(seed)
    for _ in range(count):
        content = mutated(INVOICE, chance)
        lines = 2 + sum(content.count(end) for end in (b"\n", b"\r", b"\x85", b"\xa8", b"\xa9"))
        for problem in refused(content):
            assert 1 <= problem.line <= lines, content
            assert problem.what, content


def refused(content: bytes) -> tuple[Problem, ...]:
    try:
        parsed(content, Path("invoice.yaml"))
    except ScriptError as error:
        return error.problems or (Problem(file="", line=0, what=""),)
    return ()


@pytest.mark.slow
def test_a_damaged_file_gives_an_error_with_a_line() -> None:
    survives(150, seed=0)


@pytest.mark.soak
def test_ten_thousand_damaged_files_give_an_error_with_a_line() -> None:
    survives(10_000, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("text", ["[" * 5000, "a: " * 500 + "b", "- " * 3000, "{a: " * 2000])
def test_a_file_that_is_all_too_deep_is_refused(text: str) -> None:
    assert "deep" in problems(text)[0] or "not YAML" in problems(text)[0]


def test_the_schema_names_every_kind_of_step() -> None:
    definitions = Script.model_json_schema()["$defs"]
    assert {name for kind in definitions.values() for name in kind.get("properties", ())} >= set(STEPS)


@given(hostile_texts)
@example("a\x85z")
@example(EVERYTHING)
def test_what_is_written_shows_its_codes_and_reads_the_same(text: str) -> None:
    script = Script(name="x", steps=(TypeStep(type=text), ClickStep(click=text)))
    file = written(script)
    assert raw_codes(file) == []
    assert parsed(file.encode(), Path("x.yaml"))[0] == script
