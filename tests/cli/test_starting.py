"""A run that is only starting ends in one line, too: at a stop, and with too little memory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.paths import ROOT

STARTS = """
import signal, sys, time
signal.signal(int(sys.argv[1]), signal.SIG_DFL)  # a shell's background jobs ignore some
from screenagent.cli.starting import safely_started

@safely_started
def run():
    print("starting", flush=True)
    time.sleep(60)

run()
"""
INTERRUPTED_AS_IT_ENDS = """
import os, signal, sys
from screenagent.__main__ import main

class Late:
    def __del__(self, kill=os.kill, process=os.getpid(), number=signal.SIGINT):
        kill(process, number)

late = Late()
sys.argv = ["screenagent", "--version"]
main()
"""
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals and limits")


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGQUIT"])
def test_a_stop_while_the_libraries_are_loaded_is_said(name: str) -> None:
    number = getattr(signal, name)
    command = [sys.executable, "-c", STARTS, str(int(number))]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"starting\n"
        os.kill(process.pid, number)
        _, said = process.communicate(timeout=5)
    assert (process.returncode, said) == (130, b"stopped\n")


@pytest.mark.parametrize("command", [["run", "press a"], ["play", "letter.yaml"], ["console"]])
def test_too_little_memory_is_said_before_the_libraries_need_it(command: list[str], tmp_path: Path) -> None:
    import resource

    (tmp_path / "letter.yaml").touch()

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (450 << 20, 450 << 20))

    done = subprocess.run(
        [sys.executable, "-m", "screenagent", *command],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        preexec_fn=limited,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == (
        "screenagent: the limit on memory, 450 MB, is too small for what reads the screen; raise it to 1500 MB or more "
        "(`ulimit -v 1500000`)\n"
    )


def test_a_second_ctrl_c_does_not_change_how_a_command_ends() -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_AS_IT_ENDS], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("screenagent")
