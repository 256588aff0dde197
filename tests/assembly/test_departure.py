"""A stopped process ends: whatever hangs, with its ending written, and at every signal that means stop."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import threading
from queue import SimpleQueue

import pytest

from screenagent.assembly.departure import Departure, on_signals
from screenagent.control import Control, Stopped, until
from screenagent.events import Ended

DEAF = """
import time
from screenagent.assembly.parts import stoppable_control
with stoppable_control() as control:
    control.on_leave(lambda ended: print(ended.result, flush=True))
    print("ready", flush=True)
    while True:
        time.sleep(60)  # deaf to the stop, as a call to a display that has frozen
"""
SLEEPS = """
from screenagent.assembly.parts import stoppable_control
with stoppable_control() as control:
    print("ready", flush=True)
    control.wait(60)
"""
WRITES_LONG = """
import time
from screenagent.assembly.parts import stoppable_control
with stoppable_control() as control:
    print("ready", flush=True)
    while not control.stopped:
        time.sleep(0.01)
    control.over.set()
    time.sleep(1.8)
print("written", flush=True)
"""


def started(program: str, *, stdin: int | None = None) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def test_what_hangs_does_not_keep_a_stopped_process() -> None:
    left: SimpleQueue[int] = SimpleQueue()
    written: list[Ended] = []
    with Departure(leave=left.put, seconds=0.01) as departure:
        control = departure.watch(Control())
        control.on_leave(lambda _: threading.Event().wait(5))  # one sink hangs, too
        control.on_leave(written.append)
        control.stop()
        assert left.get(timeout=5) == 130
    assert [ended.result for ended in written] == ["stopped"]


def test_a_run_that_is_over_in_time_does_not_end_the_process() -> None:
    left: SimpleQueue[int] = SimpleQueue()
    with Departure(leave=left.put, seconds=0.05) as departure:
        control = departure.watch(Control())
        control.stop()
        control.over.set()
    assert not until(lambda: not left.empty(), seconds=0.15)


def test_a_lost_display_is_what_every_wait_raises() -> None:
    control, lost = Control(), OSError("the display has ended")
    control.end(lost)
    for wait in (
        control.check,
        control.check_input,
        control.checkpoint,
        lambda: control.wait(9),
        lambda: control.hold(9),
    ):
        with pytest.raises(OSError, match="the display has ended"):
            wait()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"])
def test_each_of_these_signals_is_a_stop(name: str) -> None:
    number = getattr(signal, name)
    before = signal.signal(number, signal.SIG_DFL)  # a shell's background jobs ignore some
    control = Control()
    try:
        with on_signals(stop=control.stop, resume=control.resume):
            os.kill(os.getpid(), number)
            with pytest.raises(Stopped):
                control.wait(5)
    finally:
        signal.signal(number, before)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_a_hangup_that_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        control = Control()
        with on_signals(stop=control.stop, resume=control.resume):
            os.kill(os.getpid(), signal.SIGHUP)
            control.wait(0.02)
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_a_process_that_is_deaf_leaves_with_its_ending() -> None:
    with started(DEAF) as process:
        process.terminate()
        said, _ = process.communicate(timeout=5)
    assert (process.returncode, said) == (130, b"stopped\n")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_what_a_stop_only_ends_the_watching_of_has_time_to_write_what_it_saw() -> None:
    with started(WRITES_LONG) as process:
        process.terminate()
        said, _ = process.communicate(timeout=10)
    assert (process.returncode, said) == (0, b"written\n")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="terminals of other systems do not tell")
def test_a_terminal_that_has_gone_is_a_stop_even_if_hangups_are_ignored() -> None:
    ours, theirs = pty.openpty()
    program = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n" + SLEEPS
    with started(program, stdin=theirs) as process:
        os.close(theirs)
        os.close(ours)
        assert process.wait(5) == 1  # `Stopped` has ended it
