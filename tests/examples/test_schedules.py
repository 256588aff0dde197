"""The example units and the lines for cron are such, and call `screenagent play` with options that it has."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from screenagent.cli.play import play
from tests.paths import ROOT

SCHEDULES = ROOT / "examples" / "schedules"
UNITS = sorted(SCHEDULES.glob("screenagent-rows.*"))


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_takes_the_units(unit: Path, tmp_path: Path) -> None:
    for each in UNITS:
        shutil.copy(each, tmp_path)
    command = ["systemd-analyze", "verify", "--user", "--man=no", f"./{unit.name}"]
    place = {**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)}
    found = subprocess.run(command, cwd=tmp_path, env=place, capture_output=True, text=True, check=False, timeout=30)
    assert (found.returncode, found.stderr) == (0, "")


def commands() -> list[list[str]]:
    service = (SCHEDULES / "screenagent-rows.service").read_text("utf-8").splitlines()
    lines = [line for line in service if line.startswith("ExecStart=")]
    lines += [line for line in (SCHEDULES / "crontab").read_text("utf-8").splitlines() if "screenagent" in line]
    return [shlex.split(line[line.index("screenagent play") :].partition(">>")[0])[2:] for line in lines]


def test_they_call_play_with_options_that_it_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("invoice.yaml", "mail.yaml", "customers.csv"):
        Path(name).touch()
    assert len(commands()) == 3
    for words in commands():
        context = play.make_context("play", words)
        assert isinstance(context, click.Context)
