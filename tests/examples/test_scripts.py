"""The example scripts, each played once on a real application and judged by what it left behind."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

import pytest

from screenagent.assembly.agent import build_unattended
from screenagent.bench.scripts import Case, attempt_replay, learn, perform_script, read_cases, set_up
from screenagent.bench.tasks import holds
from screenagent.scripts import Anchors, bound, read_script
from screenagent.scripts.lint import findings
from screenagent.scripts.replay import Replay
from tests.paths import ROOT

SCRIPTS: Final = ROOT / "examples" / "scripts"
CASES: Final = read_cases(SCRIPTS / "cases.yaml")
TUTORIAL: Final = "customers.yaml"
"""Played, for each row of its CSV file, by tests/docs/test_tutorial.py."""
QUICK: Final = ("letter", "amount")  # an editor and a spreadsheet; "remove", of a file manager, is recorded below


def test_there_are_enough_of_them_and_of_enough_applications() -> None:
    assert {case.script for case in CASES} == {path.name for path in SCRIPTS.glob("*.yaml")} - {"cases.yaml", TUTORIAL}
    assert len({case.app.split()[0] for case in CASES}) >= 6


@pytest.mark.parametrize("name", [*(case.script for case in CASES), TUTORIAL])
def test_nothing_is_wrong_with_an_example_script(name: str) -> None:
    assert findings(SCRIPTS / name, unreadable=lambda task: task) == []


PLAYED: Final = [pytest.param(case, id=case.id, marks=() if case.id in QUICK else pytest.mark.soak) for case in CASES]


@pytest.mark.display
@pytest.mark.parametrize("case", PLAYED)
def test_an_example_script_is_played_by_its_words(case: Case) -> None:
    installed(case)
    script = read_script(SCRIPTS / case.script)
    with set_up(case, "recorded") as (opened, folder, virtual, control):
        replay = Replay(script, bound(script, opened.values))
        perform_script(script, opened, build_unattended(control, virtual.desktop, replay))
        assert holds(opened.check, folder, virtual.environment)


@pytest.mark.display
@pytest.mark.soak
@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_an_example_script_is_played_twice_in_a_row(case: Case, tmp_path: Path) -> None:
    """What the first play has saved is there at the second one."""
    installed(case)
    script = read_script(SCRIPTS / case.script)
    for _ in range(2):
        with set_up(case, "recorded", tmp_path) as (opened, folder, virtual, control):
            replay = Replay(script, bound(script, opened.values))
            perform_script(script, opened, build_unattended(control, virtual.desktop, replay))
            assert holds(opened.check, folder, virtual.environment)


@pytest.mark.display
def test_an_example_script_is_recorded_and_played_by_the_looks_of_its_targets(tmp_path: Path) -> None:
    case = next(case for case in CASES if case.id == "remove")
    installed(case)
    file = tmp_path / case.script
    learn(case, read_script(SCRIPTS / case.script), file, build_unattended)
    found = attempt_replay(
        case, "shuffled", 0, script=read_script(file), anchors=Anchors.of(file), build=build_unattended
    )
    assert (found.aid, found.wrong, found.message) == ("unaided", False, "every step was carried out")


def installed(case: Case) -> None:
    if shutil.which(case.app.split()[0]) is None:
        pytest.skip(f"{case.app.split()[0]} is not installed")
