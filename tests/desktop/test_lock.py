"""One agent a desktop: who drives it is known, can be stopped from elsewhere, and leaves no lock when it is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier

import pytest
from click.testing import CliRunner, Result

pytest.importorskip("Xlib")

from Xlib import X

from screenagent.cli.stop import resume, stop
from screenagent.control import Control, Stopped
from screenagent.desktop import NoDesktop
from screenagent.desktop.at_work import at_work
from screenagent.desktop.lock import LONGEST_TASK, Driver, driver_from, drivers, driving, listed, named, user
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.desktop.x11 import driver_selection
from screenagent.desktop.x11.connection import connect_display, disconnect_display
from screenagent.desktop.x11.driver_selection import SELECTION, SOCKETS, DriverSelection, local_displays
from screenagent.errors import BadFile
from tests.builders import eventually

DRIVES = """
import sys, time
from datetime import datetime, timezone
from screenagent.assembly.parts import stoppable_control
from screenagent.control import Stopped
from screenagent.desktop.lock import Driver, driving, listed, process_table
import os

def begun(display, control):
    if sys.argv[2] == "listed":
        now = datetime.now(timezone.utc)
        return listed(Driver(pid=os.getpid(), display=display, task="write to Ada", since=now))
    return driving(None if display == "desktop" else display, "write to Ada", control)

with stoppable_control() as control, begun(sys.argv[1], control):
    control.interrupt("you touched the mouse")
    print("drives", flush=True)
    control.checkpoint()
    print("goes on", flush=True)
    if sys.argv[3:] == ["deaf"]:
        time.sleep(60)
    try:
        control.wait(60)
    except Stopped:
        print("stopped", flush=True)
"""
"""A run that waits, on an X display or "desktop", or only listed as if it drove one."""


@pytest.fixture(autouse=True)
def nobody_elses_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setattr("screenagent.desktop.x11.driver_selection.local_displays", list)


@contextmanager
def another(display: str, *arguments: str, how: str = "driving", **environment: str) -> Iterator[subprocess.Popen[str]]:
    """A process that drives `display`, or is only listed for it."""
    command = [sys.executable, "-c", DRIVES, display, how, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | environment) as process:
        try:
            assert said_by(process) == "drives"
            yield process
        finally:
            process.kill()


def driver(display: str, task: str) -> Driver:
    return Driver(pid=os.getpid(), display=display, task=task, since=datetime.now(UTC), user=user())


def take(display: str) -> None:
    with driving(display, "another task", Control()):
        pass


def linked(display: str) -> str:
    """Another name of the server, by a link to its socket."""
    number = 7000 + int(display[1:])
    link = Path(f"{SOCKETS}/X{number}")
    link.unlink(missing_ok=True)
    link.symlink_to(f"X{display[1:]}")
    return f":{number}"


@contextmanager
def frozen_server() -> Iterator[str]:
    """An X server that does not answer."""
    ear, mouth = os.pipe()
    server = subprocess.Popen(["Xvfb", "-displayfd", str(mouth), "-nolisten", "tcp"], pass_fds=[mouth])
    os.close(mouth)
    try:
        with os.fdopen(ear) as said:
            display = f":{said.readline().strip()}"
        server.send_signal(signal.SIGSTOP)
        yield display
    finally:
        server.send_signal(signal.SIGCONT)
        server.terminate()
        server.wait()


def said_by(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def call(command: object, *arguments: str) -> Result:
    assert command in (stop, resume)
    return CliRunner().invoke(stop if command is stop else resume, arguments)


@pytest.mark.slow
def test_a_second_agent_on_the_only_desktop_is_refused_with_who_is_there_and_how_to_stop_it() -> None:
    with (
        another("desktop") as process,
        pytest.raises(NoDesktop, match=rf"“write to Ada” on desktop \(process {process.pid}, .*screenagent stop"),
        driving(None, "another task", Control()),
    ):
        pass


def test_the_list_has_every_run_and_forgets_those_that_have_ended() -> None:
    with listed(driver(":7", "a")), listed(driver(":7", "b")), listed(driver(":8", "c")):
        assert {one.task for one in drivers()} == {"a", "b", "c"}
        assert [one.task for one in drivers(":8")] == ["c"]
    assert drivers() == []


@pytest.mark.slow
def test_a_killed_agent_leaves_no_lock() -> None:
    with another("desktop") as process:
        process.kill()
        process.wait()
        assert drivers() == []
        with driving(None, "t", Control()) as now:
            assert now.pid == os.getpid()


def test_what_a_lock_file_says_counts_only_while_it_is_locked(tmp_path: Path) -> None:
    folder = tmp_path / "screenagent"
    folder.mkdir()
    stale = {"pid": os.getpid(), "display": ":7", "task": "t", "since": "2026-01-01T00:00:00Z"}
    (folder / ":7.lock").write_text(json.dumps(stale))
    (folder / ":8.lock").write_text("rubbish")
    assert drivers() == []
    assert list(folder.iterdir()) == []


def test_what_is_no_lock_file_of_ours_is_passed_over_and_never_waited_for(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "screenagent", tmp_path / "letter.txt"
    folder.mkdir()
    elsewhere.write_text("my letter")
    os.mkfifo(folder / "a.lock")
    (folder / "b.lock").symlink_to(elsewhere)
    (folder / "c.lock").mkdir()
    with listed(driver(":7", "t")):
        assert [one.task for one in drivers()] == ["t"]
    assert elsewhere.read_text() == "my letter"
    os.mkfifo(folder / "desktop.lock")
    with pytest.raises(BadFile, match="not a file of yours"), driving(None, "t", Control()):
        pass


def test_a_runtime_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "screenagent").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(NoDesktop, match="not a folder of yours"):
        drivers()


def test_a_task_of_any_length_and_an_older_lock_can_be_read() -> None:
    with driving(None, "x" * 1_000_000, Control()):
        assert [len(one.task) for one in drivers()] == [LONGEST_TASK]
    old = driver_from(b'{"pid": 1, "display": ":0", "task": "t", "since": "2026-01-01T00:00:00Z"}')
    assert old is not None
    assert old.is_reachable()
    assert driver_from(b"[]") is None


@pytest.mark.display
@pytest.mark.parametrize("spelling", ["{0}", "{0}.0", "unix{0}", ":00{1}", "folder", "link"])
def test_the_lock_is_the_servers_whatever_it_is_called(
    spelling: str, virtual: VirtualDesktop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    display = spelling.format(virtual.display, virtual.display[1:])
    with another(virtual.display) as process:
        if spelling in ("folder", "link"):
            display = virtual.display
            monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "other"))
        if spelling == "link":
            display = linked(virtual.display)
        with pytest.raises(NoDesktop, match=rf"“write to Ada” .*process {process.pid}"):
            take(display)
        told = call(stop, "--display", display)
        assert (told.exit_code, "“write to Ada”" in told.stderr) == (0, True)
        assert process.wait(5) is not None
    take(display)


@pytest.mark.display
def test_a_killed_agent_lets_go_of_the_server(virtual: VirtualDesktop) -> None:
    with another(virtual.display) as process:
        process.kill()
        process.wait()
        take(virtual.display)


@pytest.mark.display
def test_of_several_that_start_at_once_one_drives(virtual: VirtualDesktop) -> None:
    gate = Barrier(4)

    def begins(stack: ExitStack) -> bool:
        gate.wait()
        with suppress(NoDesktop):
            stack.enter_context(driving(virtual.display, "t", Control()))
            return True
        return False

    with ThreadPoolExecutor(4) as pool:
        for _ in range(5):
            with ExitStack() as stack:
                assert sum(pool.map(begins, [stack] * 4)) == 1


@pytest.mark.display
def test_a_run_of_another_process_table_is_stopped_by_way_of_the_server(
    virtual: VirtualDesktop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("screenagent.desktop.lock.process_table", lambda: "pid:[1]")
    control, killed = Control(), []
    monkeypatch.setattr(os, "kill", lambda *args: killed.append(args))
    with ThreadPoolExecutor(1) as pool:
        with driving(virtual.display, "t", control), at_work(virtual.display) as found:
            monkeypatch.setattr("screenagent.desktop.lock.process_table", lambda: "pid:[2]")
            ended = pool.submit(call, stop, "--display", virtual.display)
            with pytest.raises(Stopped):
                control.wait(5)
            assert [run.driver.task for run in found.runs] == ["t"]
        assert ended.result(5).exit_code == 0
    assert killed == []


@pytest.mark.display
def test_who_loses_the_lock_stops(virtual: VirtualDesktop) -> None:
    control = Control()
    with driving(virtual.display, "t", control):
        thief = connect_display(virtual.display)
        window = thief.screen().root.create_window(0, 0, 1, 1, 0, X.CopyFromParent)
        window.set_selection_owner(thief.intern_atom(SELECTION), X.CurrentTime)
        thief.sync()
        with pytest.raises(NoDesktop, match="taken the lock"):
            control.wait(5)
        disconnect_display(thief)


@pytest.mark.display
def test_what_a_program_says_of_another_process_stops_no_process(
    virtual: VirtualDesktop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every program on a display can say anything on it."""
    killed = []
    monkeypatch.setattr(os, "kill", lambda *args: killed.append(args))
    lie = driver(virtual.display, "t").model_copy(update={"pid": os.getppid()})
    selection = DriverSelection(virtual.display, stop=list, taken=list)
    with closing(selection):
        assert selection.take(lie.model_dump_json().encode()) is None
        told = call(stop, "--display", virtual.display, "--seconds", "0.1")
    assert (told.exit_code, killed) == (1, [])
    assert "kill -9" not in told.stderr


@pytest.mark.display
def test_a_display_that_does_not_answer_keeps_nobody_waiting(tmp_path: Path) -> None:
    with frozen_server() as display, another(display, how="listed") as process:
        began = time.monotonic()
        told = call(stop, "--display", display)
        assert time.monotonic() - began < 5
        assert (told.exit_code, process.poll()) == (0, 1)
        assert "does not answer" in told.stderr


@pytest.mark.display
def test_only_servers_of_this_user_or_the_system_are_looked_for(
    virtual: VirtualDesktop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    assert virtual.display in local_displays()
    monkeypatch.setattr(os, "getuid", lambda: 4321)
    monkeypatch.setattr(driver_selection, "_peer", lambda _: 1234)
    assert virtual.display not in local_displays()


@pytest.mark.slow
def test_stop_ends_what_runs_and_says_what_it_was() -> None:
    with another(":7", how="listed") as process, another(":8", how="listed") as other:
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
    with another(":7", "deaf", how="listed") as process:
        assert call(resume).exit_code == 0
        assert said_by(process) == "goes on"
        hangs = call(stop, "--seconds", "0.2")
        assert hangs.exit_code == 1
        assert f"kill -9 {process.pid}" in hangs.stderr


@pytest.mark.parametrize(
    ("display", "name"),
    [
        (":0", ":0"),
        (":0.0", ":0"),
        (":00", ":0"),
        ("unix:0", ":0"),
        ("unix/:7.1", ":7"),
        ("localhost:10.0", "localhost:10"),
        (None, "desktop"),
    ],
)
def test_a_screen_is_no_desktop_of_its_own(display: str | None, name: str) -> None:
    assert named(display) == name


def choose(monkeypatch: pytest.MonkeyPatch, answer: str) -> Result:
    """Stop at a terminal, and answer which."""
    monkeypatch.setattr("screenagent.cli.running.is_terminal", lambda: True)
    return CliRunner().invoke(stop, input=answer)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "here", "exit_code", "left"),
    [
        ("2\n", None, 0, [":7"]),
        ("9\nx\n1, 2\n", None, 0, []),
        ("a\n", None, 0, []),
        ("\n", None, 1, [":7", ":8"]),
        ("\n", ":8.0", 0, [":7"]),
        ("", None, 1, [":7", ":8"]),
    ],
    ids=["one", "a list, at last", "all", "none", "the one here", "no answer"],
)
def test_of_several_the_user_chooses(
    answer: str, here: str | None, exit_code: int, left: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if here:
        monkeypatch.setenv("DISPLAY", here)
    with another(":7", how="listed") as process, another(":8", how="listed"):
        told = choose(monkeypatch, answer)
        assert told.exit_code == exit_code
        assert f"(process {process.pid}, " in told.stderr
        assert sorted(one.display for one in drivers()) == left


@pytest.mark.slow
def test_of_several_nobody_is_asked_about_the_one_of_this_display_is_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    with another(":7", how="listed"), another(":8", how="listed"):
        refused = call(stop)
        assert (refused.exit_code, len(drivers())) == (2, 2)
        assert all(word in refused.stderr for word in ("on :7", "on :8", "--display", "--all"))
        monkeypatch.setenv("DISPLAY", "unix:8")
        here = call(stop)
        assert (here.exit_code, [one.display for one in drivers()]) == (0, [":7"])
        assert "1 more" in here.stderr
        assert call(stop, "--all").exit_code == 0
        assert drivers() == []


@pytest.mark.display
def test_a_run_is_stopped_in_the_middle_of_typing_by_the_command(tmp_path: Path) -> None:
    run = [sys.executable, "-m", "screenagent", "run", f"type '{'long ' * 7}'" + ", wait 60 seconds"]
    options = ["--virtual", "--approve", "never", "--runs", str(tmp_path / "runs")]
    with subprocess.Popen([*run, *options], stderr=subprocess.PIPE, text=True) as process:
        eventually(lambda: drivers() or process.poll() is not None, seconds=60)
        ended = call(stop, "--seconds", "30")
        assert process.poll() is not None
        assert ended.exit_code == 0
        _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "stopped" in said
