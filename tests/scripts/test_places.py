"""Places in scripts: pixels that are values of their own, and never come from a parameter, a row or an answer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from screenagent.actions import Click, Drag, Move, Scroll, Target
from screenagent.agent import Agent
from screenagent.agent.checker import ScreenChecker
from screenagent.approval import AllowAll
from screenagent.events import AnswerAsk, Approve, Decided, Event
from screenagent.fakes import FakeApprover, FakeDesktop, FakeGrounder, FakeReader, ScriptedPlanner
from screenagent.geometry import Absent, Location, Pixel, Point, Size
from screenagent.protocols import Approver
from screenagent.scripts import Anchors, bound
from screenagent.scripts.export import python
from screenagent.scripts.file import ScriptError, edited, parsed, written
from screenagent.scripts.lint import findings
from screenagent.scripts.recorder.writer import ScriptWriter
from screenagent.scripts.replay import Replay
from screenagent.scripts.replay.anchor_grounder import PointedGrounder
from screenagent.scripts.replay.steps import ScriptApi
from screenagent.scripts.schema import ClickStep, DragStep, MoveStep, Placed, Script, ScrollStep, TypeStep
from tests.builders import Drawing, DrawnReader

SIZE = Size(width=800, height=600)

EVERY_PLACE = """\
version: 2
name: Places
steps:
  - click: {target: the Save button, at: [412, 233]}
  - move: {target: Help, at: [1, 2]}
  - drag: {target: the word, at: [10, 80]}
    to: {target: the end, at: [100, 80]}
    via: [the middle, {target: the turn, at: [50, 90]}]
  - scroll: down
    over: {target: the list, at: [240, 200]}
  - type: hello
    into: {target: the field, at: [0, 0]}
"""


def script_of(text: str) -> Script:
    return parsed(text.encode(), Path("x.yaml"))[0]


def at(x: int, y: int) -> Point:
    return Point.of_pixel(Pixel(x=x, y=y), SIZE)


def form(*, dx: int = 0) -> Drawing:
    drawing = Drawing(SIZE.width, SIZE.height)
    drawing.text("Name", 80 + dx, 60)
    drawing.button("Save", 120 + dx, 160)
    return drawing


def agent_on(desktop: FakeDesktop, grounder: FakeGrounder, approver: Approver | None = None) -> Agent:
    return Agent(
        planner=ScriptedPlanner([]),
        grounder=grounder,
        approver=approver or AllowAll(),
        desktop=desktop,
        checker=ScreenChecker(FakeReader([]), grounder),
    )


def form_desktop(reader: DrawnReader, *, dx: int = 0) -> FakeDesktop:
    """A desktop on which each input leaves a trace."""
    return FakeDesktop(lambda performed: reader.screen(form(dx=dx).text("m" * (performed + 1), 20, 380)))


def replayed(
    text: str,
    *,
    anchors: Anchors | None = None,
    given: Mapping[str, str] | None = None,
    grounder: FakeGrounder | None = None,
    approver: Approver | None = None,
    dx: int = 0,
) -> tuple[list[Event], FakeDesktop]:
    """Play `text` on the form."""
    reader, script = DrawnReader(), script_of(text)
    desktop = form_desktop(reader, dx=dx)
    agent = agent_on(desktop, grounder or FakeGrounder({}), approver)
    replay = Replay(script, bound(script, given or {}), anchors)
    return list(replay.playing(agent, reader).run(replay.task)), desktop


def test_a_target_is_words_or_words_and_a_pixel() -> None:
    assert script_of(EVERY_PLACE).steps == (
        ClickStep(click=Placed(target="the Save button", at=(412, 233))),
        MoveStep(move=Placed(target="Help", at=(1, 2))),
        DragStep(
            drag=Placed(target="the word", at=(10, 80)),
            to=Placed(target="the end", at=(100, 80)),
            via=("the middle", Placed(target="the turn", at=(50, 90))),
        ),
        ScrollStep(scroll="down", over=Placed(target="the list", at=(240, 200))),
        TypeStep(type="hello", into=Placed(target="the field", at=(0, 0))),
    )


def test_a_drag_of_a_script_may_be_slow() -> None:
    text = "version: 2\nname: x\nsteps:\n  - drag: {target: a, at: [10, 80]}\n    to: {target: b, at: [90, 80]}\n"
    _, desktop = replayed(f"{text}    slowly: true\n")
    assert [action.slowly for action in desktop.performed if isinstance(action, Drag)][:1] == [True]
    assert written(script_of(f"{text}    slowly: true\n")) == f"{text}    slowly: true\n"
    _, desktop = replayed(text)
    assert [action.slowly for action in desktop.performed if isinstance(action, Drag)] == [False]


def test_places_are_written_as_they_are_read() -> None:
    assert written(script_of(EVERY_PLACE)) == EVERY_PLACE.replace(
        "    via: [the middle, {target: the turn, at: [50, 90]}]\n",
        "    via:\n      - the middle\n      - {target: the turn, at: [50, 90]}\n",
    )


def test_words_can_be_edited_to_a_place() -> None:
    text = "version: 2\nname: x\nsteps:\n  # the first\n  - click: Save\n    count: 2\n"
    assert edited(text, {("steps", 0, "click"): Placed(target="Save", at=(4, 5))}) == text.replace(
        "click: Save", "click: {target: Save, at: [4, 5]}"
    )


@pytest.mark.parametrize(
    "pixel",
    ["[1]", "[1, 2, 3]", "[-1, 2]", "'1, 2'", "['1', 2]", "['{{x}}', 2]", "[1.5, 2]", "[true, 2]", "{x: 1, y: 2}"],
)
def test_what_is_not_a_pixel_is_refused_with_its_line_and_what_to_write(pixel: str) -> None:
    text = f"version: 2\nname: x\nsteps:\n  - click: a\n  - move: {{target: Save, at: {pixel}}}\n"
    with pytest.raises(ScriptError) as refused:
        script_of(text)
    (problem,) = refused.value.problems
    assert str(problem).startswith("x.yaml:5:26: at: ")
    assert problem.what.endswith("is not a pixel; write two whole numbers from 0 on, as in at: [412, 233]")


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("{target: Save}", "5:5: 'at' is missing"),
        ("{at: [1, 2]}", "5:5: 'target' is missing"),
        ("{target: Save, att: [1, 2]}", "5:5: 'at' is missing"),
        ("{target: '{{zz}}', at: [1, 2]}", "5:5: {{zz}} is no parameter of this script; it has none"),
    ],
)
def test_what_is_not_a_place_is_named(target: str, said: str) -> None:
    with pytest.raises(ScriptError) as refused:
        script_of(f"version: 2\nname: x\nsteps:\n  - click: a\n  - click: {target}\n")
    assert str(refused.value.problems[0]) == f"x.yaml:{said}"


@pytest.mark.parametrize("version", ["3", "two", "true"])
def test_another_version_is_refused(version: str) -> None:
    with pytest.raises(ScriptError, match=r"x.yaml:1:1: version .* is not known; write `version: 2`"):
        script_of(f"version: {version}\nname: x\nsteps:\n  - click: a\n")


def test_a_place_is_acted_on_without_grounding() -> None:
    grounder = FakeGrounder({"the middle": at(5, 5)})
    events, desktop = replayed(EVERY_PLACE, grounder=grounder)
    assert desktop.performed[:4] == [
        Click(target=Target(words="the Save button", at=at(412, 233))),
        Move(target=Target(words="Help", at=at(1, 2))),
        Drag(
            path=(
                Target(words="the word", at=at(10, 80)),
                Target(words="the middle"),
                Target(words="the turn", at=at(50, 90)),
                Target(words="the end", at=at(100, 80)),
            )
        ),
        Scroll(direction="down", target=Target(words="the list", at=at(240, 200))),
    ]
    assert [places[-1] for places in desktop.places if places] == [
        at(412, 233),
        at(1, 2),
        at(100, 80),
        at(240, 200),
        at(0, 0),
    ]
    assert set(grounder.asked) == {"the middle"}
    plans = [event.decision.plan for event in events if isinstance(event, Decided)]
    assert all(plan == plans[0] for plan in plans)


def test_a_place_beyond_the_screen_fails_its_step() -> None:
    events, desktop = replayed("version: 2\nname: x\nsteps:\n  - click: {target: Save, at: [800, 10]}\n")
    assert events[-1].model_dump(include={"result", "message"}) == {
        "result": "gave_up",
        "message": "click “Save”: (800, 10) is beyond the screen, which has 800×600 pixels",
    }
    assert desktop.performed == []


TYPED_PLACE = "lunch at (12, 30)"


@pytest.mark.parametrize("version", ["", "version: 2\n"])
def test_the_value_of_a_parameter_is_never_a_place(version: str) -> None:
    text = f"{version}name: x\ntimeout: 0.01\nparameters: {{what: {{}}}}\nsteps:\n  - click: '{{{{what}}}}'\n"
    grounder = FakeGrounder({TYPED_PLACE: at(400, 300)})
    _, desktop = replayed(text, given={"what": TYPED_PLACE}, grounder=grounder)
    assert desktop.places == [(at(400, 300),)]


@pytest.mark.parametrize("version", ["", "version: 2\n"])
def test_an_answer_is_never_a_place(version: str) -> None:
    text = f"{version}name: x\ntimeout: 0.01\nsteps:\n  - ask: What?\n    into: what\n  - click: '{{{{what}}}}'\n"
    grounder = FakeGrounder({TYPED_PLACE: at(400, 300)})
    approver = FakeApprover([AnswerAsk(text=TYPED_PLACE), Approve()])
    _, desktop = replayed(text, grounder=grounder, approver=approver)
    assert desktop.places == [(at(400, 300),)]


def test_another_name_that_the_user_gives_is_never_a_place() -> None:
    grounder = FakeGrounder({TYPED_PLACE: at(400, 300)})
    approver = FakeApprover([AnswerAsk(text=TYPED_PLACE), Approve()])
    text = "name: x\ntimeout: 0.01\nsteps:\n  - click: Save\n"
    _, desktop = replayed(text, grounder=grounder, approver=approver)
    assert desktop.places == [(at(400, 300),)]


def test_a_place_that_was_recorded_is_found_by_its_appearance_when_it_moves(tmp_path: Path) -> None:
    anchors = Anchors(tmp_path / "x.anchors")
    reader = DrawnReader()
    desktop = form_desktop(reader)
    click = ClickStep(click=Placed(target="Save", at=(120, 160)))
    replay = Replay(Script(name="x", steps=(click,)))
    made = ScriptWriter.of_run(replay.playing(agent_on(desktop, FakeGrounder({})), reader).run("x"), reader)
    assert made.script("x").steps == (click,)
    for name, look in made.appearances.items():
        anchors.write(name, look.anchor, look.picture)
    assert anchors.names() == ["save-at-120-160"]
    text = written(made.script("x"))
    assert replayed(text, anchors=anchors, dx=200)[1].places == [(at(320, 160),)]
    assert replayed(text, dx=200)[1].places == [(at(120, 160),)]


def test_what_does_not_look_as_it_did_is_where_the_script_says() -> None:
    pointed = PointedGrounder(lambda: {"Save": at(120, 160)}, FakeGrounder({}))
    screen = DrawnReader().screen(form())
    assert pointed.locate("Save", screen) == Location(point=at(120, 160), confidence=1.0, by="pointed")
    assert pointed.locate("Cancel", screen) == Absent(why="no “Cancel” on the screen")


def test_a_place_in_a_step_within_another_is_checked(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(
        "version: 2\nname: x\nsteps:\n  - if_seen: a\n    then:\n      - press: a\n"
        "      - click: {target: '{{b}}', at: [1, 2]}\n",
        "utf-8",
    )
    assert [str(finding).removeprefix(f"{file}:") for finding in findings(file, unreadable=lambda task: task)] == [
        "7:9: {{b}} is no parameter of this script; it has none"
    ]


def test_places_are_exported() -> None:
    program = python(script_of(EVERY_PLACE), file="x.yaml", anchors="x.anchors")
    module: dict[str, object] = {"__file__": "x.py", "__name__": "x"}
    exec(compile(program, "x.py", "exec"), module)
    play, reader = module["play"], DrawnReader()
    assert callable(play)
    desktop = form_desktop(reader)
    play(ScriptApi(agent_on(desktop, FakeGrounder({"the middle": at(5, 5)})), FakeReader(())))
    assert [places[-1] for places in desktop.places if places] == [
        at(412, 233),
        at(1, 2),
        at(100, 80),
        at(240, 200),
        at(0, 0),
    ]
