"""What a program may still do by itself: by what its threads wait for, made up, and of processes that really wait."""

from __future__ import annotations

import os
import platform
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from screenagent.actions import Click, Drag, Input, PressKeys, Target
from screenagent.desktop.pending_work import FOREVER, UNKNOWN, PendingWork, ThreadId, limit_of, program_of
from screenagent.events import Approve
from screenagent.fakes import plain_screen
from screenagent.geometry import Box, Location, Point
from screenagent.protocols import Approved
from screenagent.screenshot import Window
from tests.builders import becomes

NEEDS = "needs to ask what the threads of a child wait for"
CAN_ASK = sys.platform == "linux" and platform.machine() == "x86_64"
MAIN, WORKER = ThreadId(100, 100), ThreadId(100, 101)
PLACE = "0x7ffe1ace7f20 0x7fc9cf08c26f"


@pytest.mark.parametrize(
    ("call", "limit"),
    [
        (f"7 0x2e296200 0x4 0xffffffff 0x0 0x0 0x0 {PLACE}", FOREVER),
        (f"7 0x2e296200 0x4 0x190 0x0 0x0 0x0 {PLACE}", 0.4),
        (f"232 0x19 0x7fa3d27fcfa0 0x10 0xffffffff 0x0 0x7 {PLACE}", FOREVER),
        (f"202 0x565121309db4 0x189 0x0 0x0 0x0 0xffffffff {PLACE}", FOREVER),
        (f"202 0x565121309db4 0x189 0x0 0x7fa3d7383000 0x0 0xffffffff {PLACE}", 0),  # a limit in the program's memory
        (f"202 0x565121309db4 0x86 0x0 0x0 0x0 0x0 {PLACE}", 0),  # waits for a lock, not for events
        (f"270 0x5 0x555ae38f8d60 0x555ae38f8ce0 0x0 0x0 0x0 {PLACE}", FOREVER),
        (f"230 0x0 0x0 0x7ffc9234ef70 0x7ffc9234efb0 0x0 0x0 {PLACE}", 0),  # sleeps
        ("7 0x2e296200 0x4 0xffffffff 0x0 0x0 0x0 0xffe0d4c0 0xf7f1c549", 0),  # a program of 32 bits
        ("running", 0),
        ("-1 0x7ffe1ace7f20 0x7fc9cf08c26f", 0),
        ("", 0),
    ],
)
def test_how_long_a_thread_waits_at_most_is_what_the_kernel_says(call: str, limit: float) -> None:
    assert limit_of(call, machine="x86_64") == limit
    assert limit_of(call, machine="riscv64") == 0


@dataclass
class Program:
    """A program of two threads, which have run so often and wait so long, and a clock."""

    times: dict[ThreadId, int] = field(default_factory=lambda: {MAIN: 7, WORKER: 2})
    limits: dict[ThreadId, float] = field(default_factory=dict)
    online: bool = False
    time: float = 10.0

    def after_input(self, *threads: ThreadId) -> PendingWork:
        """Let these threads run for an input, and then be still for a while."""
        pending = PendingWork(
            runs=lambda _: dict(self.times),
            limit=lambda thread: self.limits.get(thread, 0.0),
            online=lambda _: self.online,
            now=lambda: self.time,
        )
        pending.begin(100)
        for thread in threads:
            self.times[thread] = self.times.get(thread, 0) + 1
        pending.none_until()
        self.time += 0.1
        return pending


def test_a_program_whose_threads_wait_for_events_alone_rests() -> None:
    assert Program(limits={MAIN: FOREVER}).after_input(MAIN).none_until() == FOREVER


def test_a_timer_is_due_no_sooner_than_its_wait_after_the_input() -> None:
    assert Program(limits={MAIN: 0.4}).after_input(MAIN).none_until() == 10.4


def test_what_a_thread_waits_for_that_has_not_run_since_is_not_due_to_the_input() -> None:
    assert Program(limits={MAIN: FOREVER, WORKER: 0.0}).after_input(MAIN).none_until() == FOREVER


@pytest.mark.parametrize(
    "program",
    [
        Program(limits={MAIN: FOREVER, WORKER: 0.0}),
        Program(limits={MAIN: FOREVER, WORKER: 0.05}),
        Program(limits={MAIN: FOREVER, WORKER: FOREVER}, online=True),
        Program(times={}),
    ],
)
def test_of_a_program_that_may_be_told_something_or_cannot_be_asked_nothing_is_known(program: Program) -> None:
    assert program.after_input(MAIN, WORKER).none_until() == UNKNOWN


def test_a_program_that_has_not_noticed_the_input_is_not_known_to_rest() -> None:
    assert Program(limits={MAIN: FOREVER}).after_input().none_until() == UNKNOWN


def test_a_program_that_has_just_run_is_not_known_to_rest_yet() -> None:
    program = Program(limits={MAIN: FOREVER})
    pending = program.after_input(MAIN)
    program.times[MAIN] += 1
    assert pending.none_until() == UNKNOWN
    program.time += 0.1
    assert pending.none_until() == FOREVER


def test_of_a_new_process_or_thread_it_is_asked_what_it_waits_for() -> None:
    new = ThreadId(102, 102)
    assert Program(limits={MAIN: FOREVER, new: 0.0}).after_input(MAIN, new).none_until() == UNKNOWN


@contextmanager
def waiting(code: str) -> Iterator[tuple[subprocess.Popen[bytes], PendingWork]]:
    """A program that runs `code` when it is told something, and then waits to be told more."""
    begins = "import os, select, time\nevents = select.poll(); events.register(0)\nevents.poll(); os.read(0, 1)\n"
    command = [sys.executable, "-c", begins + code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdin
        pending = PendingWork()
        assert becomes(lambda: "poll" in kernel_function(process.pid))
        pending.begin(process.pid)
        process.stdin.write(b"x")
        process.stdin.flush()
        try:
            yield process, pending
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def kernel_function(pid: int) -> str:
    with open(f"/proc/{pid}/wchan") as file:
        return file.read()


@pytest.mark.skipif(not CAN_ASK, reason=NEEDS)
def test_a_real_program_that_waits_for_events_rests() -> None:
    with waiting("events.poll()") as (_, pending):
        assert becomes(lambda: pending.none_until() == FOREVER)


@pytest.mark.skipif(not CAN_ASK, reason=NEEDS)
@pytest.mark.parametrize(
    "code",
    [
        "events.poll(300)",
        "import threading; threading.Timer(9, print).start(); events.poll()",
        "import subprocess; subprocess.Popen(['sleep', '9']); events.poll()",
        "time.sleep(9)",
    ],
)
def test_a_real_program_with_a_timer_a_thread_or_a_child_that_will_act_is_never_known_to_rest(code: str) -> None:
    with waiting(code) as (_, pending):
        until = time.monotonic() + 0.25
        assert not becomes(lambda: pending.none_until() > until + 1, seconds=0.2)


@pytest.mark.skipif(not CAN_ASK, reason=NEEDS)
def test_a_real_program_that_is_connected_to_another_machine_is_never_known_to_rest() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = f"import socket; c = socket.create_connection(('127.0.0.1', {port})); events.poll()"
        with waiting(code) as (_, pending), server.accept()[0]:
            assert not becomes(lambda: pending.none_until() == FOREVER, seconds=0.2)


LEFT, RIGHT = (Location(point=Point(x=x, y=0.5), confidence=1, by="text") for x in (0.25, 0.75))


@pytest.mark.parametrize(
    ("action", "places", "program"),
    [
        (Click(target=Target(words="Save")), (LEFT,), 1),
        (Click(target=Target(words="Save")), (RIGHT,), 2),
        (Drag(path=(Target(words="here"), Target(words="there"))), (LEFT, RIGHT), None),
        (PressKeys(keys=("enter",)), (), 1),
    ],
)
def test_the_program_of_an_input_is_that_of_the_window_it_goes_to(
    action: Input, places: tuple[Location, ...], program: int | None
) -> None:
    halves = (Box(left=0, top=0, right=0.5, bottom=1), Box(left=0.5, top=0, right=1, bottom=1))
    windows = tuple(Window(id=pid, pid=pid, box=half) for pid, half in enumerate(halves, 1))
    screen = plain_screen(0, window=windows[0]).model_copy(update={"windows": windows})
    assert program_of(Approved(action=action, locations=places, on=screen, verdict=Approve())) == program
