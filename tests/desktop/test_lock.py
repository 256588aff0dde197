"""One agent a desktop: who drives it is known, can be stopped from elsewhere, and leaves no lock when it is killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from screenagent.cli.stop import resume, stop
from screenagent.desktop import NoDesktop
from screenagent.desktop.lock import drivers, driving, named
from tests.builders import eventually

DRIVES = """
import sys, time
from screenagent.assembly.parts import stoppable_control
from screenagent.control import Stopped
from screenagent.desktop.lock import driving

with stoppable_control() as control, driving(sys.argv[1], "write to Ada"):
    control.interrupt("you touched the mouse")
    print("drives", flush=True)
    control.checkpoint()
    print("goes on", flush=True)
    if sys.argv[2:] == ["deaf"]:
        time.sleep(60)
    try:
        control.wait(60)
    except Stopped:
        print("stopped", flush=True)
"""


@pytest.fixture(autouse=True)
def own_runtime_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


@contextmanager
def another(display: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A process that drives `display`."""
    command = [sys.executable, "-c", DRIVES, display, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert said_by(process) == "drives"
            yield process
        finally:
            process.kill()


def said_by(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def call(command: object, *arguments: str) -> Result:
    assert command in (stop, resume)
    return CliRunner().invoke(stop if command is stop else resume, arguments)


@pytest.mark.slow
def test_a_second_agent_on_a_desktop_is_refused_with_who_is_there_and_how_to_stop_it() -> None:
    with (
        another(":7") as process,
        pytest.raises(
            NoDesktop, match=rf"“write to Ada” on :7 \(process {process.pid}, .*screenagent stop --display :7"
        ),
        driving(":7.0", "another task"),
    ):
        pass
    with driving(":7", "a"), driving(":8", "b"):
        assert {driver.display for driver in drivers()} == {":7", ":8"}
        assert [driver.task for driver in drivers(":8")] == ["b"]
    assert drivers() == []


@pytest.mark.slow
def test_a_killed_agent_leaves_no_lock() -> None:
    with another(":7") as process:
        process.kill()
        process.wait()
        assert drivers() == []
        with driving(":7", "t") as driver:
            assert driver.pid == os.getpid()


def test_what_a_lock_file_says_counts_only_while_it_is_locked(tmp_path: Path) -> None:
    folder = tmp_path / "screenagent"
    folder.mkdir()
    stale = {"pid": os.getpid(), "display": ":7", "task": "t", "since": "2026-01-01T00:00:00Z"}
    (folder / ":7.lock").write_text(json.dumps(stale))
    (folder / ":8.lock").write_text("rubbish")
    assert drivers() == []
    assert list(folder.iterdir()) == []


@pytest.mark.slow
def test_stop_ends_what_runs_and_says_what_it_was() -> None:
    with another(":7") as process, another(":8") as other:
        assert call(resume, "--display", ":7").exit_code == 0
        assert said_by(process) == "goes on"
        stopped = call(stop, "--display", ":7", "--json")
        assert stopped.exit_code == 0
        [entry] = json.loads(stopped.stdout)["stopped"]
        assert (entry["pid"], entry["display"], entry["task"]) == (process.pid, ":7", "write to Ada")
        assert said_by(process) == "stopped"
        assert other.poll() is None
        assert "“write to Ada” on :8" in call(stop).stderr


@pytest.mark.slow
def test_stop_says_where_nothing_runs_and_where_something_does_not_end() -> None:
    nothing = call(stop, "--json")
    assert (nothing.exit_code, json.loads(nothing.stdout)) == (1, {"stopped": [], "still_running": []})
    assert "no agent is at work" in nothing.stderr
    assert call(resume).exit_code == 1
    with another(":7", "deaf") as process:
        assert call(resume).exit_code == 0
        assert said_by(process) == "goes on"
        hangs = call(stop, "--seconds", "0.2")
        assert hangs.exit_code == 1
        assert f"kill -9 {process.pid}" in hangs.stderr


@pytest.mark.parametrize(
    ("display", "name"), [(":0", ":0"), (":0.0", ":0"), ("localhost:10.0", "localhost:10"), (None, "desktop")]
)
def test_a_screen_is_no_desktop_of_its_own(display: str | None, name: str) -> None:
    assert named(display) == name


@pytest.mark.display
def test_a_run_is_stopped_in_the_middle_of_typing_by_the_command(tmp_path: Path) -> None:
    run = [sys.executable, "-m", "screenagent", "run", f"type '{'long ' * 7}'" + ", wait 60 seconds"]
    options = ["--virtual", "--approve", "never", "--runs", str(tmp_path / "runs")]
    with subprocess.Popen([*run, *options], stderr=subprocess.PIPE, text=True) as process:
        eventually(lambda: drivers() or process.poll() is not None, seconds=60)
        ended = call(stop, "--seconds", "30")
        assert ended.exit_code == 0
        _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "stopped" in said
