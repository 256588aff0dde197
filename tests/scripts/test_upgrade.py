"""Scripts and replays of version 0.1, as they were recorded: read, checked, played, healed, reported."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from PIL import Image

from screenagent.agent import Agent
from screenagent.agent.checker import ScreenChecker
from screenagent.approval import AllowAll
from screenagent.errors import OldSpellingWarning
from screenagent.events import Acted, Ended, Event, Observed
from screenagent.fakes import FakeDesktop, FakeGrounder, FakeReader, ScriptedPlanner
from screenagent.geometry import Point, Size
from screenagent.perception.reader import ScreenReader
from screenagent.protocols import TextReader
from screenagent.runs.report.expected import recorded_looks
from screenagent.runs.report.html import write_html
from screenagent.runs.store import read_events, read_run
from screenagent.screenshot import Screenshot, Window
from screenagent.scripts import Anchors, bound
from screenagent.scripts.file import parsed, read_script, written
from screenagent.scripts.linked import Linked
from screenagent.scripts.lint import findings
from screenagent.scripts.recorder.writer import ScriptWriter
from screenagent.scripts.replay import Replay
from screenagent.scripts.replay.healing import heals
from screenagent.scripts.schema import ClickStep, Placed, Script, TargetStep, kind_of_step, paths
from screenagent.scripts.upgrade import with_places
from tests.paths import ROOT

RECORDED: Final = ROOT / "tests" / "fixtures" / "v0_1"
SCRIPTS: Final = RECORDED / "scripts"
EXPECTED: Final[Mapping[str, Any]] = json.loads((RECORDED / "expected.json").read_text("utf-8"))
SIZE: Final = Size(width=480, height=320)

old = pytest.mark.filterwarnings("ignore::screenagent.errors.OldSpellingWarning")


def script_of(text: str) -> Script:
    return parsed(text.encode(), Path("old.yaml"))[0]


@old
@pytest.mark.parametrize("name", EXPECTED["scripts"])
def test_a_script_of_version_1_is_read(name: str) -> None:
    expected, script = EXPECTED["scripts"][name], read_script(SCRIPTS / name)
    steps = [step for _, step in paths(script)]
    assert {
        "name": script.name,
        "app": script.app,
        "window": script.window,
        "steps": len(script.steps),
        "every_step": len(steps),
        "kinds": [kind_of_step(step) for step in script.steps],
        "targets": [str(target) for step in steps if isinstance(step, TargetStep) for target in step.targets],
        "parameters": sorted(script.parameters),
        "anchors": Anchors.of(SCRIPTS / name).names(),
    } == expected
    assert parsed(written(script).encode(), Path("new.yaml"))[0] == script


@old
@pytest.mark.parametrize("name", EXPECTED["scripts"])
def test_nothing_is_wrong_with_a_script_of_version_1(name: str) -> None:
    assert findings(SCRIPTS / name, unreadable=lambda task: None) == []


def test_an_old_place_is_warned_of_once_with_its_line_and_new_spelling() -> None:
    with pytest.warns(OldSpellingWarning) as warned:
        read_script(SCRIPTS / "coordinates.yaml")
    assert [str(warning.message) for warning in warned] == [
        f"{SCRIPTS / 'coordinates.yaml'}:9: “the text at (212, 133)” is how version 1 names a pixel; write "
        "`click: {target: the text, at: [212, 133]}` (and 6 more), and `version: 2` at the top"
    ]


@pytest.mark.parametrize("name", ["letter.yaml", "root.yaml", "every_step.yaml"])
def test_nothing_is_warned_of_without_an_old_place(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read_script(SCRIPTS / name)


@pytest.mark.parametrize(
    ("words", "place"),
    [
        ("the text at (212, 133)", Placed(target="the text", at=(212, 133))),
        ("paragraph 2 at (5, 6) ", Placed(target="paragraph 2", at=(5, 6))),
        ("at (5, 6)", Placed(target="the place", at=(5, 6))),
        ("{{what}} at (5, 6)", Placed(target="{{what}}", at=(5, 6))),
        ("what (5, 6)", None),
        ("the text at (5, 6), below", None),
        ("the text at ({{x}}, 6)", None),
        ("the text at (-5, 6)", None),
    ],
)
def test_a_place_of_version_1_ends_the_words(words: str, place: Placed | None) -> None:
    assert with_places(words) == place


def test_in_version_2_such_words_are_words() -> None:
    text = "version: 2\nname: x\nsteps:\n  - click: lunch at (12, 30)\n"
    assert script_of(text).steps == (ClickStep(click="lunch at (12, 30)"),)


def screen(shade: int, *, window: Window | None = None) -> Screenshot:
    return Screenshot.of(Image.new("RGB", (SIZE.width, SIZE.height), (shade, 0, 0)), window=window)


def agent_on(desktop: FakeDesktop, grounder: FakeGrounder, reader: TextReader | None = None) -> Agent:
    return Agent(
        planner=ScriptedPlanner([]),
        grounder=grounder,
        approver=AllowAll(),
        desktop=desktop,
        checker=ScreenChecker(reader or FakeReader([]), grounder),
    )


def pixels(events: list[Event]) -> list[list[list[int]]]:
    """Where each step was carried out, in pixels."""
    acted = [event for event in events if isinstance(event, Acted)]
    points = [[location.point.pixel(SIZE) for location in event.locations] for event in acted]
    return [[[pixel.x, pixel.y] for pixel in step] for step in points]


def expected_pixels(run: str) -> list[list[list[int]]]:
    return [step["points"] for step in EXPECTED["runs"][run]["steps"] if step["acted"]]


@old
def test_an_old_script_with_places_clicks_their_pixels() -> None:
    desktop = FakeDesktop(lambda performed: screen(performed, window=Window(id=1, title="mousepad")))
    grounder = FakeGrounder({"“goodbye”": Point(x=0.5, y=0.5)})
    script = read_script(SCRIPTS / "coordinates.yaml")
    replay = Replay(script, bound(script, {}), Anchors.of(SCRIPTS / "coordinates.yaml"))
    events = list(replay.playing(agent_on(desktop, grounder), FakeReader(())).run(replay.task))
    assert pixels(events) == expected_pixels("replay_places")
    assert grounder.asked == []


def test_an_old_script_is_played_by_its_anchors_where_it_was_recorded() -> None:
    observed = [event.screenshot for event in read_events(RECORDED / "runs" / "replay") if isinstance(event, Observed)]
    seen = list({screenshot.digest: screenshot for screenshot in observed}.values())
    grounder = FakeGrounder({"Copy Display Value": Point(x=0.5, y=0.5)})
    replay = Replay(read_script(SCRIPTS / "root.yaml"), {}, Anchors.of(SCRIPTS / "root.yaml"))
    agent = agent_on(FakeDesktop(lambda performed: seen[performed]), grounder, ScreenReader())
    events = list(replay.playing(agent, FakeReader(())).run(replay.task))
    assert pixels(events) == expected_pixels("replay")
    assert isinstance(events[-1], Ended)
    assert events[-1].result == "done"


def test_an_old_replay_is_healed() -> None:
    script, anchors = read_script(SCRIPTS / "root.yaml"), Anchors.of(SCRIPTS / "root.yaml")
    assert heals(Linked(script), anchors, read_events(RECORDED / "runs" / "replay"), FakeReader(())) == []


@old
def test_the_places_of_an_old_replay_may_get_anchors() -> None:
    script, anchors = read_script(SCRIPTS / "coordinates.yaml"), Anchors.of(SCRIPTS / "coordinates.yaml")
    healed = heals(Linked(script), anchors, read_events(RECORDED / "runs" / "replay_places"), FakeReader(()))
    assert [heal.name for heal in healed] == [
        "the-text-at-212-133",
        "the-word-at-30-80",
        "the-word-at-10-80",
        "the-place-at-100-80",
        "the-page-at-240-200",
        "the-button-at-412-233",
    ]
    assert healed[0].changes == ["“the text at (212, 133)” had no anchor; found by place"]


@old
@pytest.mark.parametrize(("run", "script", "count"), [("replay", "root", 4), ("places", "places", 3)])
def test_an_old_run_is_reported_with_what_its_targets_looked_like(
    run: str, script: str, count: int, tmp_path: Path
) -> None:
    stored = read_run(RECORDED / "runs" / run)
    looks = recorded_looks(stored.model_copy(update={"settings": {"script": str(SCRIPTS / f"{script}.yaml")}}))
    acted = [event for event in read_events(RECORDED / "runs" / run) if isinstance(event, Acted)]
    wanted = {words["target"] for event in acted for words in [event.action.model_dump()] if words.get("target")}
    wanted |= {words for event in acted for words in event.action.model_dump().get("path", ())}
    assert len(wanted & set(looks)) == count
    assert write_html(RECORDED / "runs" / run, tmp_path / "report.html").stat().st_size > 1000


@old
def test_what_is_saved_from_an_old_run_is_the_script_that_was_saved_then(tmp_path: Path) -> None:
    then = read_script(SCRIPTS / "places.yaml")
    writer = ScriptWriter.of_run(read_events(RECORDED / "runs" / "places"), FakeReader(()))
    (tmp_path / "places.yaml").write_text(written(writer.script(then.name, app=then.app)), "utf-8")
    assert read_script(tmp_path / "places.yaml") == then
