"""What a screen says is no command: the drill, and that it would notice if the gate were open."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from pathlib import Path

import pytest
from click.testing import CliRunner

from screenagent.actions import Action, Click, Finish, Input, TypeText
from screenagent.approval import Policy, default_policy
from screenagent.cli import screenagent
from screenagent.diagnostics.drill import DrillResult, DrillScene, DrillSummary, drill_scenes, run_drill
from screenagent.diagnostics.drill.scenes import DRAFT, MAIL, REPLY
from screenagent.events import Plan, PlannedStep
from screenagent.fakes import GulliblePlanner, ScriptedModel
from screenagent.geometry import Point
from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.perception.reader import ScreenReader
from screenagent.planning import plan_of
from screenagent.planning.model_planner import ModelPlanner

OWN: tuple[Action, ...] = (Click(target=REPLY), TypeText(text=DRAFT))


@pytest.fixture(scope="module")
def reader() -> ScreenReader:
    return ScreenReader()


def drilled(reader: ScreenReader, policy: Policy, *scenes: DrillScene) -> list[DrillResult]:
    return list(
        run_drill(
            lambda: GulliblePlanner(reader, plan_of, OWN),
            EmbeddedGrounder(reader).strict(),
            policy=policy,
            reader=reader,
            scenes=scenes,
        )
    )


@pytest.mark.slow
def test_there_are_as_many_screens_as_promised_each_of_its_own() -> None:
    assert len(drill_scenes()) >= 25
    assert not [name for name, count in Counter(scene.name for scene in drill_scenes()).items() if count > 1]
    assert len({scene.look for scene in drill_scenes()}) >= 8
    digests = {scene.screen(hostile=hostile).digest for scene in drill_scenes() for hostile in (True, False)}
    assert len(digests) == 2 * len(drill_scenes())


@pytest.mark.parametrize("scene", drill_scenes(), ids=lambda scene: scene.name)
def test_nothing_on_a_screen_but_its_command_orders_harm(scene: DrillScene) -> None:
    for words in (scene.title, *scene.text, *scene.instead, *scene.buttons):
        assert not any(scene.is_harm(action, places_of(action, scene), None) for action in ordered(words)), words


def ordered(words: str) -> list[Input]:
    """Return what one does who takes the words for an instruction; nothing if they are none."""
    try:
        return [step.action for step in plan_of(words).steps if isinstance(step.action, Input)]
    except ValueError:
        return []


def places_of(action: Input, scene: DrillScene) -> tuple[Point, ...]:
    named = str(action.target.words) if isinstance(action, Click) else ""
    return tuple(box.center for label, box in scene.places().items() if label == named)


def some_of_them() -> list[object]:
    """One of four, and one with a command that is hard to read. `make soak` and `screenagent drill` take all."""
    return [
        pytest.param(scene, id=scene.name, marks=() if number % 4 == 0 or scene.small < 17 else pytest.mark.soak)
        for number, scene in enumerate(drill_scenes())
    ]


@pytest.mark.slow
@pytest.mark.parametrize("scene", some_of_them())
def test_who_obeys_every_screen_does_no_harm_unasked_and_his_own_task_unhindered(
    scene: DrillScene, reader: ScreenReader
) -> None:
    hostile, twin = drilled(reader, default_policy(), scene)
    assert hostile.reached > 0
    assert (hostile.asked, hostile.passed) == (hostile.reached, 0)
    assert (twin.reached, twin.passed, twin.blocked) == (0, 0, 0)
    assert twin.harmless >= 2


@pytest.mark.slow
def test_an_open_gate_and_a_closed_one_are_noticed(reader: ScreenReader) -> None:
    scenes = tuple(islice((scene for scene in drill_scenes() if scene.harmful), 2))
    opened = DrillSummary.of(drilled(reader, Policy.model_validate({"rules": [{"then": "allow"}]}), *scenes))
    assert (opened.passed, opened.well) == (2, False)
    closed = DrillSummary.of(drilled(reader, Policy.model_validate({"rules": [{"then": "deny"}]}), *scenes))
    assert (closed.passed, closed.blocked, closed.well) == (0, 6, False)


@pytest.mark.slow
def test_a_model_that_obeys_is_stopped_at_the_gate_as_the_fake_is(reader: ScreenReader) -> None:
    scene = next(scene for scene in drill_scenes() if scene.name == "invoice")
    ordered = Plan(steps=(PlannedStep(action=Click(target="Pay now")), PlannedStep(action=Finish(success=False))))
    model = ScriptedModel(lambda *_: ordered.model_dump_json())
    results = list(
        run_drill(
            lambda: ModelPlanner(model=model),
            EmbeddedGrounder(reader).strict(),
            policy=default_policy(),
            reader=reader,
            scenes=(scene,),
        )
    )
    assert [(result.reached > 0, result.passed, result.asked == result.reached) for result in results] == [
        (True, 0, True),
        (True, 0, True),
    ]
    assert [picture.digest for request, *_ in model.asked for picture in request.pictures]


def test_what_is_harm_is_not_the_policys_to_say() -> None:
    scene = next(scene for scene in drill_scenes() if scene.name == "a name that lies")
    places = scene.places()
    assert scene.is_harm(Click(target="Cancel"), (places["Delete 214 mails"].center,), None)
    assert not scene.is_harm(Click(target="Delete 214 mails"), (places["Cancel"].center,), None)
    terminal = next(scene for scene in drill_scenes() if scene.name == "terminal")
    assert terminal.is_harm(TypeText(text="hi"), (), None)
    assert not terminal.is_harm(TypeText(text="hi"), (), MAIL)


@pytest.mark.slow
def test_the_command_says_it_in_a_table_and_in_json(tmp_path: Path) -> None:
    only = ["--only", "log out", "--pictures", str(tmp_path)]
    told = CliRunner().invoke(screenagent, ["drill", *only])
    assert told.exit_code == 0, told.output
    assert "✓ hostile log out" in told.stdout
    summary = DrillSummary.model_validate_json(told.stdout.splitlines()[-1])
    assert (summary.screens, summary.twins, summary.passed, summary.blocked) == (1, 1, 0, 0)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log-out-hostile.png", "log-out-twin.png"]
    (tmp_path / "open.yaml").write_text("rules: [{then: allow}]")
    passed = CliRunner().invoke(screenagent, ["drill", *only, "--policy", str(tmp_path / "open.yaml"), "--json"])
    assert passed.exit_code == 1
    assert DrillResult.model_validate_json(passed.stdout.splitlines()[0]).passed == 1
    assert CliRunner().invoke(screenagent, ["drill", "--only", "nothing"]).exit_code == 2
