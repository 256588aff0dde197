"""What takes long says how far it is: on a terminal in one line, elsewhere in a line now and then."""

from __future__ import annotations

import sys

import pytest

from screenagent.cli import progress
from screenagent.cli.progress import Ticker


@pytest.fixture
def told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SILENT_SECONDS", "TERMINAL_SECONDS", "FILE_SECONDS"):
        monkeypatch.setattr(progress, name, 0.0)


def tick() -> None:
    with Ticker() as ticker:
        for number in (1, 2):
            ticker(f"{number} of 2")


def test_what_is_over_in_a_moment_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    tick()
    assert capsys.readouterr() == ("", "")


@pytest.mark.usefixtures("told_at_once")
def test_in_a_log_each_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    tick()
    assert capsys.readouterr() == ("", "1 of 2\n2 of 2\n")


@pytest.mark.usefixtures("told_at_once")
def test_on_a_terminal_the_line_is_written_over_and_removed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    tick()
    assert capsys.readouterr().err == "\r\x1b[K1 of 2\r\x1b[K2 of 2\r\x1b[K"
