"""Runs commands in this process, and keeps what they said."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from screenagent import cli
from screenagent.settings import Settings


class Said(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def line(self) -> str:
        """The one line on stderr."""
        [line] = self.err.splitlines()
        return line


Invoke = Callable[..., Said]


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No display, no settings but the defaults, and an empty folder."""
    for name in [*os.environ]:
        if name.startswith("SCREENAGENT_") or name in ("DISPLAY", "WAYLAND_DISPLAY"):
            monkeypatch.delenv(name)
    monkeypatch.setattr(Settings, "file", tmp_path / "settings.toml")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def invoke(alone: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Invoke:
    """Run a command in this process, as `main` does."""

    def invoke(*words: str | Path) -> Said:
        monkeypatch.setattr(sys, "argv", ["screenagent", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert isinstance(ended.value.code, int)
        return Said(ended.value.code, *capsys.readouterr())

    return invoke
