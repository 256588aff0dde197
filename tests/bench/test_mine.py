"""What people corrected in recorded runs, as a benchmark: found, asked again, and given away."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image, ImageDraw

from screenagent.actions import Action, Click, Drag, Finish
from screenagent.agent import drive
from screenagent.approval.approvers import NOBODY_ANSWERED
from screenagent.bench.corrections import Correction, corrections, mine_corrections
from screenagent.bench.mine import run_mine
from screenagent.bench.mine_export import NotExportable, export_corrections
from screenagent.bench.outcomes import read_outcomes
from screenagent.bench.questions import read_questions
from screenagent.cli import screenagent
from screenagent.events import Approve, Decision, LookAgain, Plan, PlannedStep, Reject, Revise, Skip, Verdict
from screenagent.fakes import FakeApprover, FakeDesktop, FakeGrounder, FakeReader, InstantControl, ScriptedPlanner
from screenagent.geometry import Box, Location, Point
from screenagent.runs.log import Recorder
from screenagent.screenshot import Screenshot, Window, Word
from tests.builders import fake_agent

SAVE, OPEN = Point(x=0.5, y=0.5), Point(x=0.2, y=0.2)
ELSEWHERE = Location(point=Point(x=0.8, y=0.8), confidence=1, by="you")


def page(_number: int = 0) -> Screenshot:
    image = Image.new("RGB", (640, 400), "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((300, 190, 340, 210), outline="black")
    draw.text((20, 20), "Jane Doe, 4111 1111 1111 1111", fill="black")
    draw.text((345, 195), "Jane", fill="black")
    return Screenshot.of(image, window=Window(id=1, title="Letters of Jane Doe", app="editor"))


def run(folder: Path, action: Action, *verdicts: Verdict) -> Path:
    """Record a run of fakes in which a person answers so."""
    control = InstantControl()
    steps = (PlannedStep(action=action), PlannedStep(action=Finish(success=True)))
    agent = fake_agent(
        ScriptedPlanner([Decision(plan=Plan(steps=steps)), *[Decision(plan=Plan(steps=steps[1:]))] * 3]),
        grounder=FakeGrounder({"Save": SAVE, "Open": OPEN}),
        control=control,
        approver=FakeApprover([*verdicts, Approve()]),
        desktop=FakeDesktop(screen=page, control=control),
    )
    with Recorder(folder) as recorder:
        drive(agent, "do it", recorder)
    return folder


def found(folder: Path) -> list[tuple[str, str, Point]]:
    return [(item.kind, item.instruction, item.place.point) for item in corrections(folder)]


CASES: list[tuple[Action, tuple[Verdict, ...], list[tuple[str, str, Point]]]] = [
    (Click(target="Save"), (Approve(locations=(ELSEWHERE,)),), [("moved", "Save", ELSEWHERE.point)]),
    (Click(target="Save"), (Revise(action=Click(target="Open")),), [("reworded", "Open", OPEN)]),
    (
        Click(target="Save"),
        (Revise(action=Click(target="Open")), Approve(locations=(ELSEWHERE,))),
        [("reworded", "Open", ELSEWHERE.point)],
    ),
    (Click(target="Save"), (Reject(reason="not that one"),), [("rejected", "Save", SAVE)]),
    (Drag(path=("Save", "Open")), (Approve(locations=(Location(point=SAVE, confidence=1, by="fake"), ELSEWHERE)),),
     [("moved", "Open", ELSEWHERE.point)]),
    (Click(target="Save"), (Approve(),), []),
    (Click(target="Save"), (Skip(),), []),
    (Click(target="Save"), (LookAgain(),), []),
    (Click(target="Save"), (Reject(reason="no", by="policy"),), []),
    (Click(target="Save"), (Reject(reason=NOBODY_ANSWERED),), []),
    (Click(target="Save"), (Revise(action=Click(target="Open")), Reject(reason="no")), [("rejected", "Open", OPEN)]),
]  # fmt: skip


@pytest.mark.parametrize(("action", "verdicts", "wanted"), CASES)
def test_an_item_is_what_a_person_corrected_and_nothing_else(
    tmp_path: Path, action: Action, verdicts: tuple[Verdict, ...], wanted: list[tuple[str, str, Point]]
) -> None:
    assert found(run(tmp_path / "run", action, *verdicts)) == wanted


@pytest.fixture
def three(tmp_path: Path) -> Path:
    runs = tmp_path / "runs"
    run(runs / "1", Click(target="Save"), Approve(locations=(ELSEWHERE,)))
    run(runs / "2", Click(target="Save"), Revise(action=Click(target="Open")))
    run(runs / "3", Click(target="Save"), Reject(reason="no"))
    return runs


def mined(runs: Path) -> Any:
    return mine_corrections(sorted(path for path in runs.iterdir()))


def test_a_grounder_is_scored_by_application_and_kind(three: Path, tmp_path: Path) -> None:
    found = run_mine(mined(three), FakeGrounder({"Save": SAVE, "Open": OPEN}), results=tmp_path / "a.jsonl")
    (editor,) = found.by_app
    assert editor.app == "editor"
    assert (editor.moved.passed, editor.reworded.passed, editor.rejected.passed) == (0, 1, 0)
    better = run_mine(mined(three), FakeGrounder({"Save": ELSEWHERE.point, "Open": OPEN}), results=tmp_path / "b.jsonl")
    assert (better.placed.passed, better.placed.n, better.rejected.passed) == (2, 2, 1)
    kinds = {outcome.failure for outcome in read_outcomes(tmp_path / "a.jsonl").outcomes}
    assert kinds == {"missed", "", "pointed at what was rejected"}


def test_what_is_answered_is_not_asked_again(three: Path, tmp_path: Path) -> None:
    results = tmp_path / "a.jsonl"
    first = run_mine(mined(three), FakeGrounder({}), results=results)
    again = FakeGrounder({})
    assert run_mine(mined(three), again, results=results) == first
    assert again.asked == []


def test_runs_without_pictures_and_damaged_ones_are_counted(three: Path) -> None:
    for picture in (three / "1" / "screens").iterdir():
        picture.unlink()
    (three / "3" / "events.jsonl").write_text("no event\n")
    found = mined(three)
    assert (found.runs, found.unseen, len(found.found)) == (3, 1, 1)
    assert found.unreadable[0].startswith("3: ")


def item(runs: Path, kind: str) -> Correction:
    found: list[Correction] = [item for item in mined(runs).found if item.kind == kind]
    return found[0]


def test_an_export_hides_all_but_the_surroundings_of_the_target(three: Path, tmp_path: Path) -> None:
    runs = tmp_path / "more"
    box = Box(left=300 / 640, top=190 / 400, right=340 / 640, bottom=210 / 400)
    run(runs / "1", Click(target="Open"), Approve(locations=(Location(point=SAVE, box=box, confidence=1, by="you"),)))
    word = Word(text="Jane", box=Box(left=345 / 640, top=194 / 400, right=372 / 640, bottom=208 / 400))
    (picture,) = export_corrections([item(runs, "moved")], tmp_path / "out", reader=FakeReader([word]))
    with Image.open(picture) as image:
        shown = np.asarray(image.convert("L")).astype(int)
    before = np.asarray(page().image.convert("L")).astype(int)  # type: ignore[union-attr]
    assert (shown[192:208, 302:338] == before[192:208, 302:338]).all()
    assert np.ptp(before[194:208, 345:372]) > 100
    assert np.ptp(shown[194:208, 345:372]) == 0
    assert np.ptp(before[20:32, 20:190]) > 100
    assert all(np.ptp(shown[:23, left : left + 28]) == 0 for left in (0, 32, 64, 96))
    (question,) = read_questions(tmp_path / "out")
    assert (question.instruction, question.app, question.bbox) == ("Open", "editor", (300.0, 190.0, 40.0, 20.0))
    assert "Jane" not in (tmp_path / "out" / "annotations.json").read_text()


def test_a_rejected_item_and_a_full_folder_are_refused(three: Path, tmp_path: Path) -> None:
    with pytest.raises(NotExportable):
        export_corrections([item(three, "rejected")], tmp_path / "out", reader=FakeReader([]))
    with pytest.raises(NotExportable):
        export_corrections([item(three, "moved")], three, reader=FakeReader([]))


def test_nothing_is_exported_that_was_not_named(three: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(screenagent, ["bench", "mine", str(three), "--export", str(tmp_path / "out")])
    assert done.exit_code == 2
    assert not (tmp_path / "out").exists()


def test_the_command_asks_the_embedded_grounder(three: Path, tmp_path: Path) -> None:
    results = tmp_path / "mine.jsonl"
    done = CliRunner().invoke(screenagent, ["bench", "mine", str(three), "--results", str(results)])
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout.splitlines()[-1])
    assert (said["runs"], said["items"], said["placed"]["n"], said["rejected"]["n"]) == (3, 3, 2, 1)
    listed = CliRunner().invoke(screenagent, ["bench", "mine", str(three), "--list"])
    assert len(listed.stdout.splitlines()) == 3
