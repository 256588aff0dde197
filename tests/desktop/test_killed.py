"""A process that is killed in the middle leaves no key held, no server running, no folder behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import pytest

from screenagent.control import Control
from screenagent.desktop.json_lines import Lines
from screenagent.desktop.session_folder import LOCK, PREFIX
from screenagent.desktop.testing.contract import keys_still_down
from screenagent.desktop.testing.probe import Probe
from screenagent.desktop.virtual import VirtualDesktop
from tests.builders import eventually

pytestmark = pytest.mark.display

HOLDS_A_KEY = """
import sys
from screenagent.actions import Click, Drag, HoldKeys
from screenagent.control import Control
from screenagent.desktop.testing.contract import perform_input
from screenagent.desktop.local import LocalDesktop
from screenagent.geometry import Location, Point

with LocalDesktop(control=Control(), display=sys.argv[1]) as desktop:
    perform_input(desktop, HoldKeys(keys=("ctrl", "a"), seconds=60))
"""

HOLDS_A_BUTTON = HOLDS_A_KEY.replace(
    'HoldKeys(keys=("ctrl", "a"), seconds=60)',
    """Drag(path=("here", "there") * 500), *[
        Location(point=Point(x=x, y=0.3), confidence=1.0, by="test") for x in (0.2, 0.3) * 500
    ]""",
)

OPENS_A_DESKTOP = """
import json, sys, time
from screenagent.control import Control
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.desktop.session_folder import LOCK, PREFIX

virtual = VirtualDesktop([sys.executable, "-m", "screenagent.desktop.testing.probe_window"], control=Control())
with virtual:
    print(json.dumps({"event": "open", "folder": str(virtual.folder)}), flush=True)
    if sys.argv[1:] == ["crash"]:
        raise RuntimeError("crashed")
    time.sleep(600)
"""


@pytest.mark.parametrize(("program", "held"), [(HOLDS_A_KEY, "key_down"), (HOLDS_A_BUTTON, "press")])
def test_what_a_killed_process_held_is_released(virtual: VirtualDesktop, program: str, held: str) -> None:
    with Probe(virtual.display) as probe, python(program, virtual.display) as process:
        probe.wait_for(held, seconds=20.0)
        if held == "key_down":
            probe.wait_for(held, key="a")
        process.kill()
        killed_at = time.monotonic()
        eventually(lambda: not keys_still_down(probe.drain()))
        assert probe.of("key_up", "release")[-1]["sent"] - killed_at < 0.3


@pytest.mark.parametrize("end", ["kill", "terminate", "crash"])
def test_nothing_of_a_virtual_desktop_outlives_its_process(end: str) -> None:
    with python(OPENS_A_DESKTOP, end) as process:
        assert process.stdout is not None
        opened = Lines(process.stdout).next(30.0)
        assert opened is not None
        folder = Path(opened["folder"])
        if end != "crash":
            assert len(processes_of(folder)) >= 4
            process.send_signal(signal.SIGKILL if end == "kill" else signal.SIGTERM)
        process.wait()
        eventually(lambda: not folder.exists())
        assert processes_of(folder) == {}


def test_a_virtual_desktop_whose_guard_was_killed_is_taken_down_all_the_same() -> None:
    with VirtualDesktop(control=Control()) as desktop:
        assert len(processes_of(desktop.folder)) >= 4
        os.kill(guard_of(desktop.folder), signal.SIGKILL)
        leaving = time.monotonic()
    assert time.monotonic() - leaving < 2
    eventually(lambda: processes_of(desktop.folder) == {})


def test_folders_left_behind_are_removed_at_the_next_start() -> None:
    unlocked, unguarded, fresh = (Path(tempfile.mkdtemp(prefix=PREFIX)) for _ in range(3))
    (unguarded / LOCK).touch()
    os.utime(unlocked, (0, 0))
    with VirtualDesktop(control=Control()) as desktop, VirtualDesktop(control=Control()):
        assert [folder.exists() for folder in (unlocked, unguarded, fresh)] == [False, False, True]
        assert desktop.folder.exists()
    fresh.rmdir()


def python(program: str, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )


def processes_of(folder: Path) -> dict[int, str]:
    """The processes that belong to the desktop with this folder, and their programs."""
    marked = f"SCREENAGENT_DESKTOP={folder}".encode()
    found = {}
    for environment in Path("/proc").glob("[0-9]*/environ"):
        try:
            if marked in environment.read_bytes().split(b"\0"):
                found[int(environment.parent.name)] = os.readlink(environment.with_name("exe"))
        except OSError:
            continue  # it has ended
    return found


def guard_of(folder: Path) -> int:
    """Return the process that is told the folder as its argument."""
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if command.read_bytes().endswith(f"\0guard\0{folder}\0".encode()):
                return int(command.parent.name)
    raise LookupError(f"no guard of {folder}")
