"""What a killed or suspended agent held is up soon after, as the program says that had received it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

import pytest

from tests.builders import eventually
from tests.desktop.wayland.headless import HeadlessRig, headless_sway

pytest.importorskip("pywayland")

from screenagent.desktop.wayland.sway_ipc import SwayIpc
from tests.desktop.wayland.receiving import Receiver, opened_keys

pytestmark = pytest.mark.display

HOLDS_AND_WAITS: Final = """
import sys, time
from screenagent.desktop.json_lines import module_command
from screenagent.desktop.sent_input import HeldInput, SentInput
from screenagent.desktop.wayland.send_clock import SendClock
from screenagent.desktop.wayland.session import WaylandSession
from screenagent.desktop.wayland.wlroots_hand import WlrootsKeys, WlrootsPointer
from screenagent.geometry import Pixel

session, sent = WaylandSession({"WAYLAND_DISPLAY": sys.argv[1]}), SendClock()
pointer, keys = WlrootsPointer(session, sent), WlrootsKeys(session, sent)
held = HeldInput(module_command("screenagent.desktop.wayland.release_watchdog", session.socket), ledger=SentInput())
print("started", flush=True)
sys.stdin.readline()
pointer.move(Pixel(x=640, y=360))
for name in sys.argv[2:]:
    if name == "mouse":
        held.down("button", 1, lambda: None)
        pointer.button(1, pressed=True)
    else:
        stroke = keys.named(name) or keys.find(name)
        held.down("key", stroke.code, lambda: None)
        keys.send(stroke, pressed=True)
print("down", flush=True)
time.sleep(600)
"""
RELEASED_SECONDS: Final = 0.3
REPEATS_AFTER: Final = 0.4
"""Then a held key types again, 25 times a second; not sooner, or it would do so before the agent is ended."""


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HeadlessRig]:
    with headless_sway(tmp_path_factory.mktemp("sway")) as running, opened_keys(running):
        with closing(SwayIpc(running.session.leads["SWAYSOCK"])) as sway:
            sway.command(f"input * repeat_delay {REPEATS_AFTER * 1000:.0f}")
        yield running


@pytest.fixture(params=["3", "4"])
def receiver(rig: HeadlessRig, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Receiver]:
    yield Receiver(rig, request.param, tmp_path / "heard")
    rig.close_programs()


@contextmanager
def holding(rig: HeadlessRig, *names: str) -> Iterator[subprocess.Popen[bytes]]:
    """An agent that holds keys or the mouse's button, with a watchdog that has been ready before."""
    command = [sys.executable, "-c", HOLDS_AND_WAITS, rig.session.socket, *names]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as agent:
        assert agent.stdin
        assert agent.stdout
        try:
            assert agent.stdout.readline() == b"started\n"
            eventually(lambda: has_socket(watchdog_of(agent.pid)))
            agent.stdin.write(b"\n")
            agent.stdin.flush()
            assert agent.stdout.readline() == b"down\n"
            yield agent
        finally:
            agent.kill()


def watchdog_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])


def has_socket(pid: int) -> bool:
    with suppress(OSError):
        return any(os.readlink(one).startswith("socket:") for one in Path(f"/proc/{pid}/fd").iterdir())
    return False


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_a_held_button_comes_up(rig: HeadlessRig, receiver: Receiver, how: signal.Signals) -> None:
    with holding(rig, "mouse") as agent:
        eventually(lambda: receiver.heard("button"))
        ended_at = time.monotonic()
        agent.send_signal(how)
        eventually(lambda: len(receiver.heard("button")) == 2, seconds=3)
        pressed, released = receiver.heard("button")
        assert (pressed["pressed"], released["pressed"]) == (True, False)
        assert 0 <= released["at"] - ended_at <= RELEASED_SECONDS


@pytest.mark.parametrize(
    ("how", "held"),
    [(signal.SIGKILL, ("shift", "delete")), (signal.SIGSTOP, ("shift", "delete")), (signal.SIGSTOP, ("ü",))],
)
def test_a_held_key_types_no_more(
    rig: HeadlessRig, receiver: Receiver, how: signal.Signals, held: tuple[str, ...]
) -> None:
    with holding(rig, *held) as agent:
        eventually(lambda: len(receiver.heard("key")) == len(held))
        agent.send_signal(how)
        time.sleep(REPEATS_AFTER + 0.2)
        assert len([one for one in receiver.heard("key") if one["pressed"]]) == len(held)
        if how == signal.SIGKILL:
            assert [one["pressed"] for one in receiver.heard("key")] == [True] * len(held) + [False] * len(held)
