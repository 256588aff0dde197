"""The tutorial, carried out as it is printed: its commands one after the other, on a desktop with its form."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from screenagent.desktop.virtual import VirtualDesktop
from tests.paths import ROOT
from tests.person import at

PAGE: Final = (ROOT / "docs" / "tutorial.md").read_text("utf-8")
COMMANDS: Final = re.findall(r"^ {4}((?:screenagent|mkdir|chromium) .*)$", PAGE, re.MULTILINE)
BLOCKS: Final = re.findall(r"^```\w*\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
ROWS: Final = 8
"""So many of the thirty are played here: each takes as long as the others."""

EXAMPLES: Final = ROOT / "examples" / "scripts"


def test_the_script_and_the_rows_that_are_shown_are_those_that_come_along() -> None:
    script, rows = BLOCKS
    assert script == (EXAMPLES / "customers.yaml").read_text("utf-8")
    assert (EXAMPLES / "customers.csv").read_text("utf-8").startswith(rows)
    assert len((EXAMPLES / "customers.csv").read_text("utf-8").splitlines()) == 31


def test_every_command_is_carried_out_by_the_test_below() -> None:
    assert len(COMMANDS) == len(re.findall(r"^ {4}(?!- )(?!make|\. )\S.*$", BLOCKLESS, re.MULTILINE)) > 8


BLOCKLESS: Final = re.sub(r"^```.*?^```$", "", PAGE, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that comes first in PATH: this `screenagent`, and Chromium as root may run it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not installed")
    flags = "--no-sandbox --test-type --disable-gpu --no-first-run --password-store=basic"
    scripts = {
        "screenagent": f"{sys.executable} -m screenagent",
        "chromium": f"{chromium} {flags} --user-data-dir={tmp_path}/profile-$PPID",
    }
    for name, command in scripts.items():
        (folder / name).write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return folder


@pytest.mark.display
@pytest.mark.soak
@pytest.mark.timeout(600)
def test_the_tutorial_is_carried_out_as_it_is_printed(tmp_path: Path, programs: Path) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    folder = tmp_path / "tutorial"
    with VirtualDesktop(cwd=tmp_path) as virtual:
        for command in COMMANDS:
            carried_out(command, folder if folder.exists() else tmp_path, virtual)
            if command.startswith("mkdir"):
                table = folder / "customers.csv"
                table.write_text("".join(table.read_text("utf-8").splitlines(keepends=True)[: ROWS + 1]), "utf-8")
    assert "with: Adler Books" in (folder / "draft.yaml").read_text("utf-8")
    assert (folder / "rows.csv").read_text("utf-8").count(",done,") == ROWS
    assert 'failures="0"' in (folder / "night.xml").read_text("utf-8")


def carried_out(command: str, folder: Path, virtual: VirtualDesktop) -> None:
    if command.startswith("chromium"):
        opened = command.removesuffix(" &").replace("$PWD", str(folder))
        virtual.launch(shlex.split(opened))
        virtual.desktop.settled()
        return
    with subprocess.Popen(
        ["sh", "-c", f"exec {command}" if command.startswith("screenagent") else command],
        cwd=folder,
        env=virtual.environment,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as carried:
        said = list(heard(carried, command, virtual))
    interrupted = 130 if "Ctrl-C while" in command else 0
    assert carried.returncode == interrupted, f"{command}\n{''.join(said)}"


def heard(carried: subprocess.Popen[str], command: str, virtual: VirtualDesktop) -> Iterator[str]:
    """What the command says, up to its end; what a person does meanwhile is done."""
    assert carried.stderr is not None  # it was opened with a pipe
    row = re.search(r"Ctrl-C while .*row (\d+)", command)
    is_row = False
    for line in carried.stderr:
        yield line
        is_row |= row is not None and line.startswith(f"row {row[1]} of")
        if is_row and line.startswith("  2 "):
            carried.send_signal(signal.SIGINT)
        if "record" in command and line.startswith("watching"):
            at(virtual.display, *HAND)
            carried.send_signal(signal.SIGINT)


HAND: Final = ("rest 1", "click 330 155", "type Adler Books", "rest 1", "click 88 382", "rest 2")
"""Into the Company field, and on Save; in pixels of the form's window."""
