"""What the command line reads and says is bounded: endless lines, logs without a terminal, closed streams, errors."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from screenagent.cli.progress import Ticker
from screenagent.cli.typed import read_line
from screenagent.errors import UserError
from screenagent.planning import read_instructions


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such file")
def test_a_line_without_an_end_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    with Path("/dev/zero").open() as endless:
        monkeypatch.setattr(sys, "stdin", endless)
        assert read_line("", waits=lambda: True) is None


def test_half_a_line_does_not_keep_a_question_open(monkeypatch: pytest.MonkeyPatch) -> None:
    ear, mouth = os.pipe()
    os.write(mouth, b"y")
    looks = iter([True, True, True])
    with os.fdopen(ear) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        assert read_line("", waits=lambda: next(looks, False)) is None
    os.close(mouth)


def test_progress_in_a_log_is_whole_lines_and_not_all_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    ticker = Ticker(silent=0.0)
    for number in range(1, 101):
        ticker.count(number, 100)
    assert capsys.readouterr().err == "1 of 100\n100 of 100\n"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="the shell is POSIX's")
def test_closed_streams_are_no_fault() -> None:
    command = f"{sys.executable} -m screenagent --version <&- >&- 2>&-"
    assert subprocess.run(["sh", "-c", command], check=False).returncode == 0


def test_an_error_reaches_another_process_whole() -> None:
    with pytest.raises(UserError) as caught:
        read_instructions("click Save, frobnicate the widget")
    sent = pickle.loads(pickle.dumps(caught.value))
    assert (type(sent), str(sent), vars(sent)) == (type(caught.value), str(caught.value), vars(caught.value))
