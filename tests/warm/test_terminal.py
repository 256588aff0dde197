"""A command that the warm process carries out belongs to its terminal as if it ran there."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from screenagent.desktop.process_stat import stat_fields
from tests.builders import becomes
from tests.cli.terminal import Terminal
from tests.warm.conftest import Here, has_gone

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux" or shutil.which("tmux") is None, reason="it takes Linux and tmux"),
]


@pytest.fixture
def shell(warm: Here) -> Iterator[Terminal]:
    with Terminal(["env", "-i", "bash", "--norc", "--noprofile", "-i"]) as terminal:
        for name, value in (warm.environment | {"PS1": "ready> ", "TERM": os.environ.get("TERM", "dumb")}).items():
            type_line(terminal, f"export {name}={shlex.quote(value)}")
        type_line(terminal, "clear")
        terminal.wait_for("ready>")
        yield terminal


def type_line(terminal: Terminal, line: str) -> None:
    terminal.press(line, "Enter")


def command(tmp_path: Path) -> str:
    os.mkfifo(tmp_path / "never.png")
    return shlex.join([sys.executable, "-m", "screenagent", "ground", str(tmp_path / "never.png"), "Save"])


def test_ctrl_z_and_ctrl_c_work(warm: Here, shell: Terminal, tmp_path: Path) -> None:
    type_line(shell, command(tmp_path))
    run = warm.begun(warm.status()["pid"])
    shell.press("C-z")
    shell.wait_for("Stopped")
    assert becomes(lambda: stat_fields(run)[0] == "T", seconds=10)
    type_line(shell, "fg")
    assert becomes(lambda: stat_fields(run)[0] == "S", seconds=10)
    shell.press("C-c")
    shell.wait_for("stopped")
    assert has_gone(run)


def test_in_the_background_it_stays_suspended(warm: Here, shell: Terminal, tmp_path: Path) -> None:
    type_line(shell, command(tmp_path))
    run = warm.begun(warm.status()["pid"])
    shell.press("C-z")
    assert becomes(lambda: stat_fields(run)[0] == "T", seconds=10)
    type_line(shell, "bg")
    type_line(shell, "echo still; jobs")
    shell.wait_for("still\n")
    assert stat_fields(run)[0] == "T"
    type_line(shell, "kill -9 %1")
    assert has_gone(run)


def test_a_command_in_the_background_is_not_handed_over(warm: Here, shell: Terminal) -> None:
    served = warm.status()["served"]
    picture = shlex.quote(str(warm.picture))
    type_line(shell, f"cd {warm.folder}; {sys.executable} -m screenagent ground {picture} Save & wait; echo all over")
    shell.wait_for("all over\n")
    assert warm.status()["served"] == served
