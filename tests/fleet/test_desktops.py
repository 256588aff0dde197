"""`bench tasks --workers` on real desktops: whatever ends it, nothing is left, and the same command goes on."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psutil
import pytest

from screenagent.control import until

TASKS: Final = """
- id: first
  app: mousepad {dir}/first.txt
  files: {first.txt: ""}
  task: type "one", press ctrl+s
  check: {file: first.txt, text: one}
- id: second
  app: mousepad {dir}/second.txt
  files: {second.txt: ""}
  task: type "two", press ctrl+s
  check: {file: second.txt, text: two}
- id: broken
  task: [1, 2]
"""


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder for temporary files whose name is short enough for the sockets below it."""
    folder = Path(tempfile.mkdtemp(prefix="sa-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def bench(folder: Path, short: Path) -> subprocess.Popen[str]:
    (folder / "tasks.yaml").write_text(TASKS)
    words = ("bench", "tasks", folder / "tasks.yaml", "--workers", "2", "--results", folder / "results")
    return subprocess.Popen(
        [sys.executable, "-m", "screenagent", *map(str, words)],
        env={**os.environ, "TMPDIR": str(short)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def desktops(short: Path) -> list[Path]:
    return [folder for folder in short.glob("screenagent-desktop-*") if (folder / "home" / ".config").is_dir()]


def left(short: Path) -> list[str]:
    """The folders that are there, and the processes that belong to a desktop in one of them."""
    found = [str(folder) for folder in short.glob("screenagent-*")]
    for process in psutil.process_iter(["environ", "cmdline"]):
        if (process.info["environ"] or {}).get("SCREENAGENT_DESKTOP", "").startswith(str(short)):
            found.append(str(process.info["cmdline"]))
    return found


@pytest.mark.display
def test_two_desktops_at_once_leave_nothing_when_killed_and_the_same_command_goes_on(
    tmp_path: Path, short: Path
) -> None:
    driver = bench(tmp_path, short)
    assert until(lambda: len(desktops(short)) == 2, seconds=90), driver.communicate()
    driver.kill()
    driver.communicate()
    assert until(lambda: not left(short), seconds=15), left(short)

    said, told = bench(tmp_path, short).communicate(timeout=200)
    summary = json.loads(said)
    assert (summary["n"], summary["failed"], summary["infra"]) == (3, ["broken"], []), told
    assert until(lambda: not left(short), seconds=5), left(short)


@pytest.mark.display
def test_ctrl_c_ends_the_driver_and_both_desktops_within_two_seconds(tmp_path: Path, short: Path) -> None:
    driver = bench(tmp_path, short)
    assert until(lambda: len(desktops(short)) == 2, seconds=90), driver.communicate()
    began = time.monotonic()
    driver.send_signal(signal.SIGINT)
    driver.communicate(timeout=10)
    took = time.monotonic() - began
    assert driver.returncode == 130
    assert until(lambda: not left(short), seconds=5), left(short)
    assert took <= 2.5, "two seconds, and what a machine under load adds"
