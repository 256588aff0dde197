"""A desk stays as it was left, for one agent at a time, and leaves nothing when it ends, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("Xlib")

from screenagent.actions import TypeText
from screenagent.control import Control
from screenagent.desktop import NoDesktop
from screenagent.desktop.clipboard import copied_text, copy_text
from screenagent.desktop.desk import Desk, desks, find_desk, start_desk, stop_desk
from screenagent.desktop.desk_desktop import DeskDesktop, desk_screenshot, desk_status
from screenagent.desktop.json_lines import module_command
from screenagent.desktop.lock import driving
from screenagent.desktop.testing.contract import perform_input
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.geometry import Size
from screenagent.web.desk_looks import DeskLooks
from tests.builders import becomes, eventually
from tests.desktop.test_killed import guard_of, processes_of

pytestmark = pytest.mark.display

SIZE = "640x480"
XTERM = ["xterm", "-T", "notes", "-e", "cat"]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Desk]]:
    """Start a desk at a place where there is none; it is stopped at the end."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("HF_TOKEN", "Kuh7Wolke")
    (tmp_path / "shared").mkdir()
    command = module_command("screenagent", "desk", "hold", "office", str(tmp_path / "shared"), "--size", SIZE)
    yield lambda: start_desk("office", command, Control())[0]
    for desk in desks():
        stop_desk(desk)


def traces(desk: Desk) -> list[str]:
    """Return what is left of a desk: processes, its folder, its file, the socket of its X server."""
    places = [desk.folder, Path(f"/tmp/.X11-unix/X{desk.display.removeprefix(':')}")]
    files = Path(os.environ["XDG_RUNTIME_DIR"], "screenagent").glob("*")
    return [*processes_of(desk.folder).values(), *(str(path) for path in (*places, *files) if os.path.lexists(path))]


def admits_another_user(desk: Desk) -> bool:
    other = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "xdpyinfo", "-display", desk.display]
    return subprocess.run(other, capture_output=True, check=False).returncode == 0


def test_two_runs_work_on_what_stays_there_one_at_a_time_and_a_stop_leaves_nothing(
    start: Callable[[], Desk], tmp_path: Path
) -> None:
    desk = start()
    assert find_desk("office") == start() == desk
    assert "Kuh7Wolke" not in str(desk.environment)
    with DeskDesktop(desk) as first, driving(desk.display, "write to Ada", Control()):
        opened = first.launch(XTERM)
        perform_input(first.desktop, TypeText(text="Dear Ada"))
        assert desk_status(desk).at_work == "write to Ada"
        with pytest.raises(NoDesktop, match="write to Ada"):
            desk_screenshot(desk)
        with pytest.raises(NoDesktop, match="an agent is at work"), driving(desk.display, "read", Control()):
            pytest.fail("two agents drive it")
    shown = desk_screenshot(desk)
    assert shown.window is not None
    assert (shown.size, shown.window.id) == (Size(width=640, height=480), opened.id)
    assert not (os.getuid() == 0 and admits_another_user(desk))
    with DeskDesktop(desk) as second:
        assert second.bring_to_front("/usr/bin/xterm -T other")
        assert not second.bring_to_front("mousepad")
        assert second.desktop.screenshot().window == shown.window
    status = desk_status(desk)
    assert (status.programs, status.at_work) == (("XTerm",), None)
    (tmp_path / "shared" / "kept.txt").touch()
    stop_desk(desk)
    assert traces(desk) == []
    assert (tmp_path / "shared" / "kept.txt").exists()


@pytest.mark.parametrize("text", ["Größe 你好 😀\n<b>", "x" * 90_000])
def test_a_text_is_handed_to_a_clipboard_and_read_from_it(text: str, virtual: VirtualDesktop) -> None:
    assert copy_text(virtual.display, text)
    assert copied_text(virtual.display) == text


@pytest.mark.soak
@pytest.mark.parametrize("killed", ["holder", "X server", "holder and guard", "everything"])
@pytest.mark.parametrize("when", range(3))
def test_whatever_is_killed_the_next_look_finds_no_desk_and_nothing_is_left(
    killed: str, when: int, start: Callable[[], Desk]
) -> None:
    desk = start()
    with DeskDesktop(desk) as opened:
        opened.launch(XTERM)
    time.sleep(when * 0.1)
    guard = guard_of(desk.folder)
    ended = {
        "holder": [desk.holder],
        "X server": [desk.server],
        "holder and guard": [guard, desk.holder],
        "everything": [guard, desk.holder, *processes_of(desk.folder)],
    }
    for process in ended[killed]:
        os.kill(process, signal.SIGKILL)
    assert becomes(lambda: desks() == [], seconds=10)
    eventually(lambda: traces(desk) == [], seen=lambda: str(traces(desk)))
    again = start()
    assert again.holder != desk.holder


@pytest.mark.soak
def test_the_page_looks_at_a_desk_and_says_that_one_is_silent(start: Callable[[], Desk]) -> None:
    desk, clock = start(), [0.0]
    looks = DeskLooks(now=lambda: clock[0])
    assert becomes(lambda: bool(looks.shown()[0].picture))
    os.kill(desk.server, signal.SIGSTOP)
    try:
        for _ in range(3):
            clock[0] += 2
            assert looks.shown()[0].why == "it does not answer"
    finally:
        os.kill(desk.server, signal.SIGCONT)
    clock[0] += 2
    eventually(lambda: looks.shown()[0].picture)


@pytest.mark.soak
def test_a_killed_x_server_ends_a_run_in_a_sentence(start: Callable[[], Desk]) -> None:
    desk = start()
    command = [sys.executable, "-m", "screenagent", "run", "wait 60 seconds", "--desk", "office", "--approve", "never"]
    with subprocess.Popen([*command, "--plain", "--no-record"], stderr=subprocess.PIPE, text=True) as run:
        assert becomes(lambda: desk_status(desk).at_work == "wait 60 seconds", seconds=30)
        os.kill(desk.server, signal.SIGKILL)
        _, said = run.communicate(timeout=20)
    assert run.returncode == 1
    last = said.splitlines()[-1]
    assert last.startswith("screenagent: the ")
    assert "display" in last


@pytest.mark.soak
def test_text_typed_by_one_run_is_there_for_the_next(start: Callable[[], Desk]) -> None:
    start()
    first = ("type 'Dear Ada it rains'", "--app", "mousepad")
    for task, *app in (first, ("type ' today', check that Dear Ada it rains is shown",)):
        words = ["run", task, "--desk", "office", *app, "--approve", "never", "--plain", "--no-record"]
        command = [sys.executable, "-m", "screenagent", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
