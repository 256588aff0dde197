"""`screenagent bench suite` without a desktop: what it lists, and what it refuses."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

from screenagent.agent import drive
from screenagent.bench.suites.untouched import build_idle
from screenagent.cli import screenagent
from screenagent.fakes import FakeDesktop, InstantControl
from tests.bench.suites.test_opencomputer import LEFT_OUT, checkout


def suite(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(screenagent, ["bench", "suite", "opencomputer", str(folder), *words])


def test_the_list_names_what_can_be_tried_and_what_is_left_out(tmp_path: Path) -> None:
    folder = checkout(tmp_path, good={}, network=LEFT_OUT["network"][0])
    done = suite(folder, "--launch", "sh=sh {first}", "--list")
    assert done.exit_code == 0, done.output
    assert done.stdout == "good  sh\n"
    assert "licence Apache-2.0" in done.stderr
    assert "left out, it needs the network (1): network" in done.stderr


def test_a_suite_with_nothing_to_try_is_refused(tmp_path: Path) -> None:
    assert suite(checkout(tmp_path, one={})).exit_code == 2
    assert suite(tmp_path, "--launch", "sh").exit_code == 2
    assert suite(tmp_path / "task_generator").exit_code != 0


def test_the_agent_that_proves_the_checks_sends_nothing() -> None:
    control = InstantControl()
    desktop = FakeDesktop(control=control)
    episode = drive(build_idle(control, desktop), "click the button")
    assert episode.ended is not None
    assert episode.ended.result == "gave_up"
    assert desktop.performed == []
