"""A warm process carries commands out as they would be without it, or not at all."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from screenagent.desktop.process_stat import stat_fields
from tests.builders import becomes
from tests.paths import ROOT
from tests.warm.conftest import Here, children, has_gone

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="it needs what Linux says of processes"),
]

ALIKE = [
    ["ground", "screen.png", "the Save button", "--json"],
    ["ground", "screen.png", "the Banana button"],
    ["ground", "nowhere.png", "the Save button"],
    ["ground", "screen.png"],
    ["ground", "screen.png", "the Save button", "--no-such-option"],
    ["see", "screen.png"],
    ["run", "fly to the moon", "--plain"],
    ["run", "click Save", "--plain", "--approve", "never"],
    ["run", "press a, press b", "--json", "--max-steps", "1"],
]


@pytest.mark.parametrize("words", ALIKE, ids=" ".join)
def test_a_command_says_and_answers_the_same_with_a_warm_process(warm: Here, words: list[str]) -> None:
    served = warm.status()["served"]
    with_it = warm.run(*words)
    assert warm.status()["served"] == served + 1
    without = warm.run(*words, env=warm.without())
    assert (with_it.code, with_it.out) == (without.code, without.out)
    assert timeless(with_it.err) == timeless(without.err)


def timeless(said: str) -> str:
    return re.sub(r"\d+ ms|\(ms by stage.*?\)", "… ms", said)


def test_the_client_imports_next_to_nothing() -> None:
    program = "import sys, screenagent.__main__, socket, json, resource, signal; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    modules = done.stdout.split()
    assert {name for name in modules if name.startswith("screenagent")} == {
        "screenagent",
        "screenagent.__main__",
        "screenagent.sessions",
        "screenagent.sessions.runtime_folder",
        "screenagent.warm",
        "screenagent.warm.client",
        "screenagent.warm.place",
    }
    assert {"typing", "dataclasses", "pathlib", "click", "subprocess", "asyncio"} & set(modules) == set()


READS = """
import os, re

class Told(type(os.environ)):
    read = set()

    def __getitem__(self, name):
        self.read.add(name)
        return super().__getitem__(name)

    def __contains__(self, name):
        self.read.add(name)
        return super().__contains__(name)

os.environ.__class__ = Told
from screenagent.warm.loaded import load
from screenagent.cli.warm import MODULES
load(MODULES)
from screenagent.warm.asked import COUNTED
print("\\n".join(name for name in map(os.fsdecode, Told.read) if not COUNTED.fullmatch(name)))
"""


def test_what_loading_reads_of_the_environment_is_compared(warm: Here) -> None:
    environment = {name: warm.environment[name] for name in ("PYTHONPATH", "HOME")}
    done = subprocess.run([sys.executable, "-c", READS], env=environment, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= {"PATH"}  # ctypes looks for a program by it that lists the system's libraries


def test_settings_and_folder_are_the_clients(warm: Here, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "here.png").write_bytes(warm.picture.read_bytes())
    served = warm.status()["served"]
    environment = warm.environment | {"SCREENAGENT_MAX_STEPS": "1"}
    assert "gives up after 1" in warm.run("run", "press a, press b", "--plain", env=environment).err
    assert warm.run("ground", "here.png", "the Save button", cwd=tmp_path / "sub", first="umask 077;").code == 0
    assert (tmp_path / "sub" / "here-ground.png").stat().st_mode & 0o777 == 0o600
    assert warm.status()["served"] == served + 2


@pytest.mark.parametrize("name", ["LANG", "PYTHONUTF8", "HOME", "TMPDIR", "OMP_NUM_THREADS"])
def test_what_is_read_when_things_are_loaded_must_be_the_same(warm: Here, name: str, tmp_path: Path) -> None:
    served = warm.status()["served"]
    value = str(tmp_path) if name in ("HOME", "TMPDIR") else "1" if name != "LANG" else "C"
    assert warm.run("ground", "nowhere.png", "Save", env=warm.environment | {name: value}).code == 2
    assert warm.status()["served"] == served


def test_limits_are_the_clients(warm: Here) -> None:
    few_bytes = "ulimit -f 1;"
    with_it = warm.run("see", "screen.png", first=few_bytes)
    without = warm.run("see", "screen.png", first=few_bytes, env=warm.without())
    assert (with_it.code, with_it.err) == (without.code, without.err)
    assert "may not become as large" in with_it.err


def test_more_rights_than_the_warm_process_has_are_not_to_be_had_from_it(warm: Here) -> None:
    served = warm.status()["served"]
    command = ["setpriv", "--no-new-privs", sys.executable, "-m", "screenagent", "ground", "screen.png", "Save"]
    assert subprocess.run(command, cwd=warm.folder, env=warm.environment, check=False).returncode == 0
    assert warm.status()["served"] == served


BAD_REQUESTS: dict[str, Callable[[socket.socket], object]] = {
    "garbage": lambda connection: connection.sendall(os.urandom(1000)),
    "nonsense": lambda connection: connection.sendall(b"\0\0\0\x02{}"),
    "huge": lambda connection: connection.sendall(b"\xff\xff\xff\xff"),
    "cut off": lambda connection: connection.sendall(b"\0\0\0\x10{"),
    "nothing": lambda _: None,
}


@pytest.mark.parametrize("kind", BAD_REQUESTS)
def test_a_bad_request_harms_nobody_else(warm: Here, kind: str) -> None:
    before = warm.status()
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(warm.socket))
        BAD_REQUESTS[kind](connection)
        assert warm.run("ground", "screen.png", "Save").code == 0
        after = warm.status()
    assert (after["pid"], after["served"]) == (before["pid"], before["served"] + 1)


def test_a_client_that_never_says_go_gets_nothing_done(warm: Here) -> None:
    (warm.folder / "screen-ground.png").unlink(missing_ok=True)
    process = warm.status()["pid"]
    program = """
import os
import screenagent.__main__  # sets what a command sets before it loads anything
from screenagent.sessions.runtime_folder import open_runtime_folder
from screenagent.warm import client, place
connection = client.connect_warm(place.socket_address(open_runtime_folder()))
asked, here = client.request("run", ["ground", "screen.png", "Save"]), os.open(".", os.O_PATH)
client.send_request(connection, asked, [0, 1, 2, here])
print(client.line_from(connection))
"""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=warm.folder, env=warm.environment, capture_output=True, text=True, check=True)
    assert done.stdout == "ready\n"
    assert becomes(lambda: not children(process), seconds=10)
    assert not (warm.folder / "screen-ground.png").exists()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_another_user_is_refused_with_a_sentence(here: Here) -> None:
    here.run("warm", "start")
    for path in (here.folder, here.socket.parent, here.socket):
        path.chmod(0o777)
    program = (
        "import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); print(s.recv(100).decode())"
    )
    command = [
        "setpriv",
        "--reuid",
        "65534",
        "--clear-groups",
        "/usr/bin/env",
        "python3",
        "-c",
        program,
        str(here.socket),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "this process serves user 0" in done.stdout
    here.socket.parent.chmod(0o700)
    assert here.status()["served"] == 0


@pytest.fixture
def waiting(warm: Here, tmp_path: Path) -> list[str]:
    """A command that waits for a picture that nobody writes."""
    os.mkfifo(tmp_path / "never.png")
    return ["ground", str(tmp_path / "never.png"), "Save"]


@pytest.mark.parametrize(("name", "code", "said"), [("SIGINT", 130, "stopped\n"), ("SIGTERM", 1, "ended by signal 15")])
def test_signals_reach_the_command(warm: Here, waiting: list[str], name: str, code: int, said: str) -> None:
    process = warm.open(*waiting)
    run = warm.begun(warm.status()["pid"])
    process.send_signal(getattr(signal, name))
    _, err = process.communicate(timeout=20)
    assert process.returncode == code
    assert said in err
    assert has_gone(run)


def test_a_command_is_suspended_and_goes_on_with_its_client(warm: Here, waiting: list[str]) -> None:
    process = warm.open(*waiting)
    run = warm.begun(warm.status()["pid"])
    process.send_signal(signal.SIGTSTP)
    assert becomes(lambda: stat_fields(run)[0] == "T" == stat_fields(process.pid)[0], seconds=10)
    process.send_signal(signal.SIGCONT)
    assert becomes(lambda: stat_fields(run)[0] == "S" == stat_fields(process.pid)[0], seconds=10)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 130


@pytest.mark.parametrize("first", ["", "trap '' HUP;"])
def test_a_command_ends_with_its_client(warm: Here, waiting: list[str], first: str) -> None:
    process = warm.open(*waiting, first=first)
    run = warm.begun(warm.status()["pid"])
    process.kill()
    process.communicate(timeout=20)
    assert has_gone(run)


@pytest.mark.parametrize("killed", ["run", "keeper"])
def test_a_command_that_is_killed_is_a_crash_and_said(warm: Here, waiting: list[str], killed: str) -> None:
    process = warm.open(*waiting)
    run = warm.begun(warm.status()["pid"])
    os.kill(run if killed == "run" else int(stat_fields(run)[1]), signal.SIGKILL)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "what was begun is not finished" in err
    assert has_gone(run)
    assert warm.run("ground", "screen.png", "Save").code == 0


def test_a_command_outlives_the_warm_process(here: Here) -> None:
    here.run("warm", "start")
    os.mkfifo(here.folder / "late.png")
    process = here.open("ground", "late.png", "the Save button", "--out", "found.png")
    warm = here.status()["pid"]
    here.begun(warm)
    os.kill(warm, signal.SIGKILL)
    (here.folder / "late.png").write_bytes(here.picture.read_bytes())
    process.communicate(timeout=20)
    assert process.returncode == 0
    assert (here.folder / "found.png").is_file()
    assert here.run("ground", "screen.png", "Save").code == 0  # the socket that it left behind leads nowhere


def test_one_of_two_that_start_at_once_is_used_by_both(here: Here) -> None:
    both = [here.open("warm", "start") for _ in range(2)]
    said = [process.communicate(timeout=60)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert here.run("ground", "screen.png", "Save").code == 0
    assert here.status()["served"] == 1


def test_another_version_is_replaced(here: Here) -> None:
    here.run("warm", "start", env=here.environment | {"PYTHONOPTIMIZE": "1"})
    before = here.status()
    assert not before["is_current"]
    assert here.run("ground", "screen.png", "Save").code == 0
    assert has_gone(before["pid"], seconds=30)
    assert becomes(lambda: here.run("warm", "status").code == 0, seconds=30)
    assert here.status()["is_current"]


def test_it_ends_by_itself_when_nobody_comes(here: Here) -> None:
    assert here.run("warm", "start", env=here.environment | {"SCREENAGENT_WARM_SECONDS": "0.5"}).code == 0
    assert becomes(lambda: not here.socket.exists(), seconds=10)
    assert here.run("warm", "status").code == 1


def test_it_ends_when_nobody_can_come_any_more(here: Here) -> None:
    program = """
from screenagent.warm import process
process.LOOK_SECONDS = 0.05
process.serve([], exit, idle_seconds=60)
"""
    with subprocess.Popen([sys.executable, "-c", program], env=here.environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        here.socket.unlink()
        assert process.wait(10) == 0


def test_the_terminal_is_the_clients(warm: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    from screenagent.desktop import front
    from screenagent.desktop.controlling_terminal import ancestors, controlling_terminals

    with warm.open("--version") as client:
        monkeypatch.setattr(front._Front, "client", client.pid)
        assert controlling_terminals(environ={})[0].ancestors == ancestors(client.pid) >= {os.getpid()}


def test_it_is_left_behind_where_the_setting_says_so(here: Here) -> None:
    assert here.run("ground", "screen.png", "Save", env=here.environment | {"SCREENAGENT_WARM": "true"}).code == 0
    assert becomes(lambda: here.run("warm", "status").code == 0, seconds=30)


@pytest.mark.parametrize("what", ["link", "file", "dead socket", "open folder"])
def test_what_is_no_socket_of_ours_is_not_used(here: Here, what: str) -> None:
    here.socket.parent.mkdir(mode=0o700)
    match what:
        case "link":
            here.socket.symlink_to("/dev/null")
        case "file":
            here.socket.touch()
        case "dead socket":
            with socket.socket(socket.AF_UNIX) as left:
                left.bind(str(here.socket))
        case "open folder":
            here.socket.parent.chmod(0o777)
    said = here.run("ground", "screen.png", "Save")
    assert said.code == 0
    assert ("is not yours alone, so no warm process is used" in said.err) == (what != "dead socket")
    here.socket.parent.chmod(0o700)
    assert here.run("warm", "start").code == 0
    assert here.status()["is_current"]


def test_idle_it_takes_no_time_and_little_memory(warm: Here) -> None:
    found = warm.status()
    before = stat_fields(found["pid"])[11:13]
    time.sleep(0.5)
    assert stat_fields(found["pid"])[11:13] == before
    assert found["memory_mb"] <= 320
