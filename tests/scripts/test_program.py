"""An exported program does what its script does: on the same fake application, both send the same keys."""

from __future__ import annotations

from pathlib import Path

import pytest

from screenagent.agent.checker import ScreenChecker
from screenagent.approval import AllowAll
from screenagent.fakes import FakeGrounder, ScriptedPlanner
from screenagent.scripts.export import python
from screenagent.scripts.file import parsed
from screenagent.scripts.replay.steps import ScriptApi, ScriptEnded, ScriptSetAside, ScriptStepFailed
from tests.builders import fake_agent
from tests.scripts.replay.test_flow import PRESS_A, PRESS_B, Application, Shown, keys_of

A, B = PRESS_A[2:], PRESS_B[2:]


def program_of(text: str, folder: Path) -> str:
    script = parsed(f"name: test\ntimeout: 0.01\n{text}".encode(), folder / "test.yaml")[0]
    return python(script, file="test.yaml", anchors="test.anchors", folder=folder)


def ran(text: str, shown: Shown, folder: Path, **values: str) -> tuple[str, str, ScriptApi]:
    """The keys that the program sends, the kind of error that it ends with, and its script."""
    file = folder / "test.py"
    file.write_text(program_of(text, folder), "utf-8")
    module: dict[str, object] = {"__file__": str(file), "__name__": "test"}
    exec(compile(file.read_text("utf-8"), str(file), "exec"), module)
    play = module["play"]
    assert callable(play)
    application = Application(shown)
    checker = ScreenChecker(application, FakeGrounder({}))
    agent = fake_agent(ScriptedPlanner([]), approver=AllowAll(), desktop=application.desktop, checker=checker)
    script = ScriptApi(agent, application, anchors=folder / "test.anchors")
    try:
        play(script, **values)
    except ScriptStepFailed as failed:
        return application.keys, type(failed).__name__, script
    return application.keys, "", script


def nothing(_keys: str) -> tuple[str, ...]:
    return ()


def next_until_3(keys: str) -> tuple[str, ...]:
    return ("Next",) if keys.count("a") < 3 else ()


def popup_until_closed(keys: str) -> tuple[str, ...]:
    return ("Rate us",) if keys and "escape" not in keys else ()


SAME = [
    pytest.param(
        f"parameters: {{n: {{default: 12}}}}\nsteps:\n  - if: '{{{{n}}}} >= 10'\n    then: [{A}]\n    else: [{B}]\n",
        nothing,
        id="if",
    ),
    pytest.param(f"steps:\n  - while_seen: Next\n    do: [{A}]\n  {PRESS_B}\n", next_until_3, id="while_seen"),
    pytest.param(
        f"steps:\n  - while_seen: Next\n    at_most: 2\n    do: [{A}]\n  {PRESS_B}\n", next_until_3, id="too-often"
    ),
    pytest.param(
        "parameters: {who: {default: x}}\nsteps:\n  - for_each: lines.csv\n    do:\n"
        '      - {type: "{{item}}{{who}}{{a price}};", may: nothing}\n',
        nothing,
        id="for_each",
    ),
    pytest.param(
        f"steps:\n  - attempt: [{A}, {{expect: Never}}]\n    retries: 1\n    on_failure: [{B}]\n    afterwards: go_on\n"
        f"  {PRESS_B}\n  - expect: Hello\n",
        lambda _: ("Hello",),
        id="attempt",
    ),
    pytest.param(
        f"steps:\n  - attempt: [{A}, {{expect: Never}}]\n    afterwards: set_aside\n  {PRESS_B}\n",
        nothing,
        id="set-aside",
    ),
    pytest.param(f"steps:\n  {PRESS_A}\n  - verify: 1 == 2\n    soft: true\n  {PRESS_B}\n", nothing, id="soft"),
    pytest.param(f"steps:\n  {PRESS_A}\n  - verify: 1 == 2\n  {PRESS_B}\n", nothing, id="verify"),
    pytest.param(
        f"before_row: [{A}]\nsteps: [{{expect: Never}}]\nafter_row: [{B}]\nafter_all: [{A}]\n", nothing, id="after"
    ),
    pytest.param(
        f"steps:\n  {PRESS_A}\n  {PRESS_B}\non_popup:\n  - seen: Rate us\n    do: [{{press: escape, may: nothing}}]\n",
        popup_until_closed,
        id="on_popup",
    ),
    pytest.param("steps:\n  - run: inner.yaml\n    with: {text: hello}\n", nothing, id="run"),
]


@pytest.mark.parametrize(("text", "shown"), SAME)
def test_a_program_sends_what_its_script_sends(text: str, shown: Shown, tmp_path: Path) -> None:
    (tmp_path / "lines.csv").write_text("item,a price\npen,2\n{{secret:x}},{{who}}\n", "utf-8")
    (tmp_path / "inner.yaml").write_text(
        'name: inner\nparameters: {text: {}}\nsteps:\n  - {type: "{{text}}", may: nothing}\n', "utf-8"
    )
    sent, result = keys_of(text, shown, folder=tmp_path)
    keys, error, _ = ran(text, shown, tmp_path)
    assert (keys, error == "") == (sent, result == "done")
    assert sent


def test_a_program_says_that_its_work_is_set_aside(tmp_path: Path) -> None:
    text = "steps:\n  - attempt: [{expect: Never}]\n    afterwards: set_aside\n"
    assert ran(text, nothing, tmp_path)[1] == ScriptSetAside.__name__


def test_a_program_keeps_what_did_not_hold(tmp_path: Path) -> None:
    script = ran(f"steps:\n  - verify: 1 == 2\n    soft: true\n  {PRESS_A}\n", nothing, tmp_path)[2]
    assert script.remarks == ["verify: “1” == “2” does not hold"]


def test_a_value_beside_a_secret_is_typed_as_it_stands(tmp_path: Path) -> None:
    text = (
        "parameters: {user: {}, pin: {secret: true}}\nsteps:\n"
        '  - {type: "{{user}} {{pin}}", may: nothing}\n  - task: "type {{user}}"\n'
    )
    assert 'script.type("{{user}} {{secret:pin}}", values={"user": user}, may="nothing")' in program_of(text, tmp_path)
    assert 'script.task("type {{user}}", values={"user": user})' in program_of(text, tmp_path)


def test_an_attempt_does_not_go_on_after_a_stop() -> None:
    application = Application(nothing)
    script = ScriptApi(fake_agent(ScriptedPlanner([]), desktop=application.desktop), application)
    attempt = next(script.attempt(retries=3))
    with pytest.raises(ScriptEnded), attempt:
        raise ScriptEnded("stopped")
    with attempt:
        raise ScriptStepFailed("not there")
    assert attempt.failed == "not there"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("steps:\n  - read: the total\n    into: a-b\n  - ask: What?\n    into: a_b\n", "one name in Python"),
        (
            "parameters: {item: {default: x}}\nsteps:\n  - for_each: lines.csv\n    do:\n      - click: '{{item}}'\n",
            "for_each lines.csv: 'item'",
        ),
        (
            "steps:\n  - ask: Who?\n    into: who\non_popup:\n  - seen: '{{who}}'\n    do:\n      - click: Later\n",
            "on_popup",
        ),
    ],
)
def test_what_a_program_cannot_say_is_named(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "lines.csv").write_text("item,price\npen,2\n", "utf-8")
    with pytest.raises(ValueError, match=said):
        program_of(text, tmp_path)


EVERYTHING = """
window: Editor
parameters: {company: {default: Acme}}
steps:
  - open: gnumeric {{company}} 'a b'
  - fill: the Company field
    with: "{{company}}"
    expect: {new: Saved, within: 10}
  - choose: "{{company}}"
    in: {target: the Country drop-down, at: [4, 5]}
  - tick: Newsletter
  - untick: Spam
  - turn_on: Wi-Fi
  - turn_off: Sound
    expect: {gone: Loud}
  - read: the number right of Total
    as: number
    into: total
  - read: the lines
    as: table
    into: lines
  - for_each: lines
    do:
      - click: "{{Item}} {{total}}"
  - wait_for: {gone: Saving}
  - expect: {file: "~/out.pdf", newer_than: run}
  - close: gnumeric
"""


def test_every_kind_of_step_is_a_call(tmp_path: Path) -> None:
    program = program_of(EVERYTHING, tmp_path)
    compile(program, "test.py", "exec")
    lines = [line.strip() for line in program[program.index("def play") :].splitlines()]
    assert lines[1:18] == [
        'script.open("gnumeric", f"{company}", "a b")',
        'script.fill("the Company field", text=f"{company}", literal=True, window="Editor", '
        'expect=schema.New(new="Saved", within=10.0))',
        'script.choose(f"{company}", place=Placed(target="the Country drop-down", at=(4, 5)))',
        'script.tick("Newsletter")',
        'script.untick("Spam")',
        'script.turn_on("Wi-Fi")',
        'script.turn_off("Sound", expect=schema.Vanished(gone="Loud"))',
        'total = script.read("the number right of Total", kind="number")',
        'lines = script.read_table("the lines")',
        "for row in lines:",
        'Item = row["Item"]',
        'script.click(f"{Item} {total}")',
        'script.wait_for("Saving", gone=True)',
        'script.expect(schema.FileThere(file="~/out.pdf", newer_than="run"))',
        'script.close("gnumeric")',
        "",
        "",
    ]
