"""What nobody foresaw ends in one line, too: it says where the traceback lies."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.paths import ROOT

CRASHES = """
import sys
from screenagent import cli
from screenagent.__main__ import main

def mistaken(**_):
    raise {error}

cli.screenagent.main = mistaken
main()
"""


def crash(error: str, state: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    surroundings = os.environ | {"XDG_STATE_HOME": str(state)} | environment
    command = [sys.executable, "-c", CRASHES.format(error=error)]
    return subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True, timeout=60, check=False)


def test_a_mistake_of_ours_is_one_line_and_a_file_that_nobody_else_can_read(tmp_path: Path) -> None:
    done = crash("KeyError('title')", tmp_path)
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    named = re.search(r"what happened is in (\S+), please", line)
    assert named is not None
    file = Path(named[1])
    assert "KeyError: 'title'" in file.read_text()
    assert "in mistaken" in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_a_secret_in_an_error_is_its_name_in_the_file(tmp_path: Path) -> None:
    crash("KeyError(__import__('os').environ['SCREENAGENT_SECRET_BANK'])", tmp_path, SCREENAGENT_SECRET_BANK="Kuh7")
    [file] = tmp_path.glob("screenagent/crashes/*.txt")
    assert "<SCREENAGENT_SECRET_BANK>" in file.read_text()
    assert "Kuh7" not in file.read_text()


def test_where_no_file_can_be_written_the_traceback_is_shown(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = crash("KeyError('title')", tmp_path / "file")
    assert done.returncode == 1
    assert "KeyError: 'title'" in done.stderr


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("MemoryError", "not enough memory"),
        ('RuntimeError("can\'t start new thread")', "too many threads"),
        ("OSError(24, 'Too many open files')", "too many files are open"),
        ("ImportError('no segment', name='numpy')", "numpy cannot be loaded: no segment"),
        ("PermissionError(13, 'Permission denied', '/runs')", "/runs: Permission denied"),
    ],
)
def test_what_the_machine_lacks_is_one_line_without_a_file(tmp_path: Path, error: str, said: str) -> None:
    done = crash(error, tmp_path)
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert said in line
    assert list(tmp_path.iterdir()) == []


def in_bash(command: str, *, folder: Path, state: Path) -> subprocess.CompletedProcess[str]:
    """Run a line of a shell in `folder`; its $0 is Python, and what we keep of a crash goes to `state`."""
    return subprocess.run(
        ["bash", "-c", command, sys.executable],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "XDG_STATE_HOME": str(state)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&-", "<&- >&- 2>&-"])
def test_a_closed_stream_is_none_that_the_next_file_takes(tmp_path: Path, closed: str) -> None:
    """A file that is opened while stream 2 is closed would get its number, and every message."""
    command = f'exec "$0" -m screenagent check letter.yaml {closed}'
    (tmp_path / "letter.yaml").write_text("name: x\nsteps:\n  - press: enter\n")
    done = in_bash(command, folder=tmp_path, state=tmp_path / "state")
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)
    assert {path.name for path in tmp_path.iterdir()} == {"letter.yaml"}


@pytest.mark.parametrize("stream", [">", "2>"])
def test_an_output_that_cannot_be_written_is_no_traceback(tmp_path: Path, stream: str) -> None:
    command = f'exec "$0" -m screenagent policy default {stream}/dev/full'
    done = in_bash(command, folder=tmp_path, state=tmp_path)
    assert done.returncode == (1 if stream == ">" else 0)
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []
