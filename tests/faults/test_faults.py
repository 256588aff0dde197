"""Faults that come from outside: each ends the run in a sentence, with its exit code, a readable log and nothing held.

A row of the table says at which moment of a run the fault comes, how it is caused, and how the run has to end.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

pytest.importorskip("Xlib")

from screenagent.control import Control, until
from screenagent.desktop import NoDesktop
from screenagent.desktop.input_listener import InputListener
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.events import Ended
from screenagent.fakes import plain_screen
from tests.desktop.test_killed import processes_of
from tests.faults.injected import DisturbedRun, disturbed_run

pytestmark = pytest.mark.display

GONE_SECONDS: Final = 2.0
"""A run that is stopped has left by then, whatever hangs."""
HUNG: Final = "it hung, and was left 1.5 s after the stop"

Cause = Callable[[DisturbedRun], object]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One fault: `code` is the run's exit code, `said` a part of its last line, `result` how its log ends.

    `stops`: the run is stopped by SIGTERM after the fault. `mended`: what ends the fault after the run is over, so that
    it can be seen whether anything is still held. Without `result` the log could not be finished. `limits` is a command
    that starts the run with limits.
    """

    name: str
    moment: str
    code: int
    said: str
    cause: Cause = lambda _: None
    result: str | None
    stops: bool = False
    mended: Cause = lambda _: None
    display_lives: bool = True
    environment: Mapping[str, str] | None = None
    limits: Sequence[str] = ()
    stdin: str | None = None
    soak: bool = False


def signalled(number: signal.Signals, program: str) -> Cause:
    return lambda run: run.send(number, program)


def grab_the_server(run: DisturbedRun) -> None:
    """Stop the run while the X server serves nobody but another program."""
    program = (
        "import time; from Xlib.display import Display; d = Display(); d.grab_server(); d.sync(); "
        "print(1, flush=True); time.sleep(30)"
    )
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, env=run.desktop.environment, stdout=subprocess.PIPE) as grabbing:
        assert grabbing.stdout is not None
        grabbing.stdout.readline()
        run.stop()
        run.ended()
        grabbing.kill()


def delete_the_runs(run: DisturbedRun) -> None:
    shutil.rmtree(run.work / "runs")
    answer_yes(run)


def cut_the_log(run: DisturbedRun) -> None:
    assert run.folder is not None
    os.truncate(run.folder / "events.jsonl", 50)
    answer_yes(run)


def remove_the_pictures(run: DisturbedRun) -> None:
    assert run.folder is not None
    shutil.rmtree(run.folder / "screens")
    answer_yes(run)


def answer_yes(run: DisturbedRun) -> None:
    assert run.process.stdin is not None
    run.process.stdin.write(b"y\n")
    run.process.stdin.flush()


FROZEN: Final = signalled(signal.SIGSTOP, "Xvfb")
THAWED: Final = signalled(signal.SIGCONT, "Xvfb")
DISPLAY_ENDED: Final = "screenagent: the display has ended while it was worked on"

FAULTS: Final = (
    Fault(
        name="the X server is killed at a question",
        moment="asks",
        cause=signalled(signal.SIGKILL, "Xvfb"),
        display_lives=False,
        code=1,
        said=DISPLAY_ENDED,
        result="crashed",
    ),
    Fault(
        name="the X server is killed while a key is held",
        moment="holds",
        cause=signalled(signal.SIGKILL, "Xvfb"),
        display_lives=False,
        code=1,
        said=DISPLAY_ENDED,
        result="crashed",
        soak=True,
    ),
    Fault(
        name="the X server is killed while a text is waited for",
        moment="waits",
        cause=signalled(signal.SIGKILL, "Xvfb"),
        display_lives=False,
        code=1,
        said=DISPLAY_ENDED,
        result="crashed",
        soak=True,
    ),
    Fault(
        name="the X server is frozen while a key is held",
        moment="holds",
        cause=FROZEN,
        stops=True,
        mended=THAWED,
        code=130,
        said=HUNG,
        result="stopped",
    ),
    Fault(
        name="the X server is frozen while a text is typed",
        moment="types",
        cause=FROZEN,
        stops=True,
        mended=THAWED,
        code=130,
        said="stopped",
        result="stopped",
        soak=True,
    ),
    Fault(
        name="the X server is frozen at a question",
        moment="asks",
        cause=FROZEN,
        stops=True,
        mended=THAWED,
        code=130,
        said=HUNG,
        result="stopped",
        soak=True,
    ),
    Fault(
        name="the window manager is frozen while a text is typed",
        moment="types",
        cause=signalled(signal.SIGSTOP, "openbox"),
        stops=True,
        mended=signalled(signal.SIGCONT, "openbox"),
        code=130,
        said="stopped",
        result="stopped",
        soak=True,
    ),
    Fault(
        name="another program grabs the X server while a key is held",
        moment="holds",
        cause=grab_the_server,
        code=130,
        said=HUNG,
        result="stopped",
    ),
    Fault(
        name="another program grabs the X server while a text is typed",
        moment="types",
        cause=grab_the_server,
        code=130,
        said="stopped",
        result="stopped",
        soak=True,
    ),
    Fault(
        name="the window manager is killed while a text is typed",
        moment="types",
        cause=signalled(signal.SIGKILL, "openbox"),
        code=1,
        said="gave up: type",
        result="gave_up",
    ),
    Fault(
        name="D-Bus is frozen while a text is waited for",
        moment="waits",
        cause=signalled(signal.SIGSTOP, "dbus-daemon"),
        stops=True,
        mended=signalled(signal.SIGCONT, "dbus-daemon"),
        code=130,
        said="stopped",
        result="stopped",
        soak=True,
    ),
    Fault(
        name="the folder of all runs is deleted",
        moment="asks",
        cause=delete_the_runs,
        environment={"SCREENAGENT_KEEP_SCREENS": "false"},
        code=1,
        said="events.jsonl: another program has deleted it; record to another folder",
        result=None,
    ),
    Fault(
        name="the log is cut by another program",
        moment="asks",
        cause=cut_the_log,
        code=1,
        said="events.jsonl: another program has changed it; record to another folder",
        result=None,
        soak=True,
    ),
    Fault(
        name="the folder of the pictures is deleted",
        moment="asks",
        cause=remove_the_pictures,
        code=1,
        said="record to another folder",
        result="crashed",
        soak=True,
    ),
    Fault(
        name="40 file descriptors",
        moment="presses",
        limits=("prlimit", "--nofile=40"),
        code=0,
        said="done",
        result="done",
        soak=True,
    ),
    Fault(
        name="20 file descriptors",
        moment="presses",
        limits=("prlimit", "--nofile=20"),
        code=1,
        said="screenagent: too many files are open; raise the limit (`ulimit -n 1024`)",
        result=None,
        soak=True,
    ),
    Fault(
        name="files of at most 2 kB",
        moment="presses",
        limits=("prlimit", "--fsize=2000"),
        environment={"PYTHONDONTWRITEBYTECODE": "1"},  # it would be cut off, and other runs would load it
        code=1,
        said="raise the limit (`ulimit -f unlimited`)",
        result=None,
        soak=True,
    ),
    Fault(
        name="LANG=C without UTF-8",
        moment="asks",
        environment={"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        cause=answer_yes,
        code=0,
        said="done",
        result="done",
        soak=True,
    ),
    Fault(
        name="standard input without an end",
        moment="asks",
        stdin="/dev/zero",
        code=1,
        said="press a: it was rejected: nobody answered",
        result="gave_up",
        soak=True,
    ),
    Fault(
        name="half an answer",
        moment="asks",
        cause=lambda run: run.process.stdin and os.write(run.process.stdin.fileno(), b"y"),
        stops=True,
        code=130,
        said="stopped — 0 steps performed",
        result="stopped",
        soak=True,
    ),
)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(fault, id=fault.name.replace(" ", "-"), marks=pytest.mark.soak if fault.soak else ())
        for fault in FAULTS
    ],
)
def test_a_fault_from_outside(fault: Fault, tmp_path: Path) -> None:
    stdin = os.open(fault.stdin, os.O_RDONLY) if fault.stdin else subprocess.PIPE
    with disturbed_run(tmp_path, fault.moment, environment=fault.environment, limits=fault.limits, stdin=stdin) as run:
        fault.cause(run)
        if fault.stops:
            run.stop()
        code = run.ended()
        fault.mended(run)
        assert fault.said in run.sentence
        assert "Traceback" not in run.said
        assert code == fault.code
        assert run.seconds_to_leave < GONE_SECONDS
        if fault.result is not None:
            ended = run.events()[-1]
            assert isinstance(ended, Ended)
            assert ended.result == fault.result
        assert not fault.display_lives or until(lambda: not run.held(), seconds=5)
        assert run.processes_left() == set()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # the library that listens
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # leaves its threads and sockets
def test_a_recording_ends_with_its_display() -> None:
    with VirtualDesktop(control=Control()) as desktop:
        listener = InputListener(lambda *_: plain_screen(0), control=Control(), display=desktop.display)
        with listener as listening:
            for process, program in processes_of(desktop.folder).items():
                if Path(program).name == "Xvfb":
                    os.kill(process, signal.SIGKILL)
            with pytest.raises(NoDesktop, match="the display has ended"):
                next(listening.heard())
            killed_at = time.monotonic()
    assert time.monotonic() - killed_at < 10
