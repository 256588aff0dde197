"""Scripts saved from runs, healed, looked over, exported; results of replays."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest
from junitparser import JUnitXml

from screenagent.actions import Click, PressKeys, TypeText
from screenagent.agent import Agent
from screenagent.agent.checker import ScreenChecker
from screenagent.events import Event
from screenagent.fakes import FakeDesktop, FakeGrounder, FakeReader
from screenagent.geometry import Pixel, Point, Size
from screenagent.planning import InstructionPlanner
from screenagent.protocols import TextReader
from screenagent.runs.log import Recorder
from screenagent.runs.report.html import write_html
from screenagent.screenshot import Screenshot
from screenagent.scripts import Anchors, bound
from screenagent.scripts.export import python
from screenagent.scripts.file import parsed, read_script, written
from screenagent.scripts.linked import Linked
from screenagent.scripts.lint import findings
from screenagent.scripts.recorder.writer import ScriptWriter
from screenagent.scripts.replay import Replay
from screenagent.scripts.replay.healing import accept, heals, page
from screenagent.scripts.replay.results import ReplayResult, junit
from screenagent.scripts.replay.steps import ScriptApi
from screenagent.scripts.schema import ClickStep, ExpectStep, Parameter, PressStep, Script, TypeStep
from tests.builders import Drawing, DrawnReader, fake_agent
from tests.paths import ROOT

SIZE = Size(width=800, height=600)
PLACES = {"Save": Point.of_pixel(Pixel(x=120, y=160), SIZE)}


def form(*, dx: int = 0) -> Drawing:
    return Drawing(SIZE.width, SIZE.height).centred("Name", 80 + dx, 60).button("Save", 75 + dx, 160)


def agent_on(desktop: FakeDesktop, grounder: FakeGrounder, reader: TextReader) -> Agent:
    return fake_agent(InstructionPlanner(), grounder=grounder, desktop=desktop, checker=ScreenChecker(reader))


def run(task: str, reader: DrawnReader, *, dx: int = 0) -> list[Event]:
    """A run on the form, whose pictures change with each input so that a click confirms itself."""

    def screen(performed: int) -> Screenshot:
        return reader.screen(form(dx=dx).centred(" ".join("mwyzk"[: performed + 1]), 500, 500))

    return list(agent_on(FakeDesktop(screen), FakeGrounder(PLACES), reader).run(task))


def test_a_run_that_went_well_becomes_a_script(tmp_path: Path) -> None:
    reader = DrawnReader()
    made = ScriptWriter.of_run(run("click Save, type 'hello', press ctrl+s, check that z is shown", reader), reader)
    assert made.script("x").steps == (
        ClickStep(click="Save"),
        TypeStep(type="hello"),
        PressStep(press="ctrl+s"),
        ExpectStep(expect="z"),
    )
    assert [(name, look.anchor.text) for name, look in made.appearances.items()] == [("save", "Save")]


def test_a_run_that_did_not_go_well_becomes_none() -> None:
    reader = DrawnReader()
    with pytest.raises(ValueError, match="did not end well"):
        ScriptWriter.of_run(run("click Save, click Nowhere", reader), reader)


def test_braces_that_were_typed_stay_braces() -> None:
    reader = DrawnReader()
    script = ScriptWriter.of_run(run("type '{{customer}}'", reader), reader).script("x")
    again = parsed(written(script).encode(), Path("x.yaml"))[0]
    assert bound(again, {}) == {"text-1": "{{customer}}"}


def replayed(script: Script, anchors: Anchors, reader: DrawnReader, *, dx: int) -> list[Event]:
    desktop = FakeDesktop(lambda performed: reader.screen(form(dx=dx + performed * 0)))
    agent = agent_on(desktop, FakeGrounder(PLACES), reader)
    return list(Replay(script, {}, anchors).playing(agent, reader).run("replay"))


def test_what_a_replay_had_to_heal_is_taken_over_only_on_a_yes(tmp_path: Path) -> None:
    reader, anchors = DrawnReader(), Anchors(tmp_path / "x.anchors")
    script = Script(name="x", steps=(ClickStep(click="Save"),))
    for name, look in ScriptWriter.of_run(run("click Save", reader), reader).appearances.items():
        anchors.write(name, look.anchor, look.picture)
    assert heals(Linked(script), anchors, replayed(script, anchors, reader, dx=0), reader) == []
    (heal,) = heals(Linked(script), anchors, replayed(script, anchors, reader, dx=200), reader)
    assert heal.changes == ["“Save” found by patch elsewhere", "moved from (120, 160) to (320, 160)"]
    assert anchors.read("save")[0].point == PLACES["Save"]
    accept(heal, anchors)
    assert heals(Linked(script), anchors, replayed(script, anchors, reader, dx=200), reader) == []


def row_form(text: str, *, dx: int) -> Drawing:
    return form(dx=dx).entry(text, 150 + dx, 100).button("Later", 75 + dx, 220)


def test_what_belongs_to_a_row_is_no_part_of_a_healed_anchor(tmp_path: Path) -> None:
    reader, anchors = DrawnReader(), Anchors(tmp_path / "x.anchors")
    script = Script(
        name="x",
        parameters={"company": Parameter(), "town": Parameter(default="Kiel")},
        steps=(TypeStep(type="{{company}}", may="nothing"), ClickStep(click="Save", may="nothing")),
    )
    values = {"company": "Acme GmbH", "town": "Kiel"}
    desktop = FakeDesktop(lambda performed: reader.screen(row_form("Acme GmbH Kiel", dx=performed * 20)))
    agent = agent_on(desktop, FakeGrounder(PLACES), reader)
    events = list(Replay(script, values, anchors).playing(agent, reader).run(Replay(script, values).task))
    (heal,) = heals(Linked(script), anchors, events, reader)
    beside = {each.text for each in heal.new.anchor.beside}
    assert beside == {"Name", "Later"}
    assert heal.left_out == ("Acme GmbH Kiel",)
    assert heal.taken_over[-1].endswith("“Acme GmbH Kiel”")
    assert "Acme" in page(script, [heal], file="x.yaml")
    left, top, right, bottom = heal.new.anchor.hidden[-1]
    assert left < 150 + 8 + 20 - heal.new.anchor.corner.x  # where the text begins
    assert int(np.ptp(heal.new.pixels[top:bottom, left:right].astype(int), axis=0).max()) == 0


def test_a_script_is_looked_over(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(
        "name: x\nparameters: {unused: {default: a}}\nsteps:\n"
        "  - click: Save\n    anchor: gone\n  - task: book a flight\n",
        "utf-8",
    )
    Anchors.of(file).folder.mkdir()
    (Anchors.of(file).folder / "left-over.json").write_text("{}")
    found = [str(finding).removeprefix(f"{file}:") for finding in findings(file, unreadable=lambda task: "no goal")]
    assert [text.split(" in /")[0].split(";")[0] for text in found] == [
        "1:1: the anchor 'left-over'",
        "2:14: the parameter 'unused' is not used",
        "5:5: the anchor 'gone' is not",
        "6:5: no goal",
    ]


def test_an_exported_script_does_the_same(tmp_path: Path) -> None:
    text = """\
name: Greet
parameters: {customer: {default: Ada}, pin: {secret: true}}
window: Editor
steps:
  - click: Save
    count: 2
  - type: "Dear {{customer}}, {braces} 'and' \\"quotes\\""
  - type: "{{pin}}"
  - if_seen: Save
    then:
      - press: ctrl+s
    else:
      - press: escape
  - expect: Save
"""
    program = python(parsed(text.encode(), Path("greet.yaml"))[0], file="greet.yaml", anchors="greet.anchors")
    (tmp_path / "greet.py").write_text(program)
    module: dict[str, object] = {"__file__": str(tmp_path / "greet.py"), "__name__": "greet"}
    exec(compile(program, "greet.py", "exec"), module)
    reader, play = DrawnReader(), module["play"]
    desktop = FakeDesktop(lambda performed: reader.screen(form(dx=60 * performed)))
    assert callable(play)
    play(ScriptApi(agent_on(desktop, FakeGrounder(PLACES), reader), FakeReader(())), customer="Bob")
    assert desktop.performed == [
        Click(target="Save", count=2),
        TypeText(text="Dear Bob, {braces} 'and' \"quotes\""),
        TypeText(text="{{secret:pin}}"),
        PressKeys(keys=("ctrl", "s")),
    ]


@pytest.mark.parametrize("name", ["amount", "letter", "multiply", "pay", "replace"])
def test_an_example_script_is_exported_as_a_program_with_short_lines(name: str) -> None:
    script = read_script(ROOT / "examples" / "scripts" / f"{name}.yaml")
    program = python(script, file=f"{name}.yaml", anchors=f"{name}.anchors")
    compile(program, "script.py", "exec")
    assert max(map(len, program.splitlines())) <= 120


def test_no_text_of_a_script_becomes_code_in_its_program() -> None:
    text = (
        'name: \'x""" + open(1) \\\'\nparameters: {script: {}, class: {}}\n'
        "steps:\n  - type: '{{script}} {{class}} {1 + 1} \"'\n"
    )
    program = python(parsed(text.encode(), Path("x.yaml"))[0], file='"""', anchors='"""')
    module = ast.parse(program)
    assert (ast.get_docstring(module, clean=False) or "").startswith('x""" + open(1) \\\n')
    assert [node.arg for node in ast.walk(module) if isinstance(node, ast.arg)] == ["script", "script_", "class_"]


def test_junit_tells_the_failed_from_the_passed(tmp_path: Path) -> None:
    file = tmp_path / "junit.xml"
    junit(
        "invoices",
        [
            ReplayResult(script="x", row=1, values={"customer": "Ada"}, outcome="done", seconds=1.5),
            ReplayResult(
                script="x", row=2, values={"customer": "<Bob>"}, outcome="gave_up", message="“Save” is & was not"
            ),
        ],
    ).write(str(file))
    (suite,) = JUnitXml.fromfile(str(file))
    assert (suite.tests, suite.failures) == (2, 1)
    assert [case.name for case in suite] == ["row 1: customer=Ada", "row 2: customer=<Bob>"]


def test_the_report_of_a_replay_shows_the_expected_look_beside_the_actual_one(tmp_path: Path) -> None:
    reader, file = DrawnReader(), tmp_path / "x.yaml"
    script, anchors = Script(name="x", steps=(ClickStep(click="Save"),)), Anchors.of(file)
    file.write_text(written(script))
    for name, look in ScriptWriter.of_run(run("click Save", reader), reader).appearances.items():
        anchors.write(name, look.anchor, look.picture)
    with Recorder(tmp_path / "run", settings={"script": str(file)}) as recorder:
        for event in replayed(script, anchors, reader, dx=200):
            recorder(event)
    page = write_html(tmp_path / "run", tmp_path / "report.html").read_text()
    assert page.count('<div class="looks">') == 1
    assert (page.count(">expected</figcaption>"), page.count(">actual</figcaption>")) == (1, 1)
