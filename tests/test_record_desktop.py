"""What a person does on a real desktop, in a process of its own, is recorded once and played again."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from screenagent.control import Control
from screenagent.desktop.virtual import VirtualDesktop
from tests import person

pytestmark = pytest.mark.display


def screenagent(*words: str, desktop: VirtualDesktop) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "screenagent", *words],
        env=os.environ | desktop.environment | {"HOME": os.environ.get("HOME", "/")},
        stderr=subprocess.PIPE,
        text=True,
    )


def recorded(script: Path, doing: Sequence[str], *, desktop: VirtualDesktop) -> str:
    """Record a person at work; gives what was said of it."""
    recording = screenagent("record", str(script), "--runs", str(script.parent / "runs"), desktop=desktop)
    assert recording.stderr is not None
    first = recording.stderr.readline()
    assert first.startswith("watching you"), first + recording.stderr.read()
    person.at(desktop.display, *doing, "press ctrl+shift+escape")
    _, said = recording.communicate(timeout=120)
    assert recording.returncode == 0, said
    return said


def test_what_a_person_did_once_is_done_again(tmp_path: Path) -> None:
    script, written = tmp_path / "note.yaml", tmp_path / "note.txt"
    written.write_text("")
    with VirtualDesktop(["mousepad", str(written)], control=Control()) as desktop:
        desktop.desktop.settled()
        said = recorded(script, ["click 600 400", "type Dear Ada", "press ctrl+s"], desktop=desktop)
    assert "type “Dear Ada”" in said
    assert written.read_text().strip() == "Dear Ada"
    assert "- type: Dear Ada\n" in script.read_text()

    written.write_text("")
    with VirtualDesktop(["mousepad", str(written)], control=Control()) as desktop:
        playing = screenagent(
            "play", str(script), "--approve", "never", "--runs", str(tmp_path / "runs"), desktop=desktop
        )
        _, said = playing.communicate(timeout=120)
        assert playing.returncode == 0, said
    assert written.read_text().strip() == "Dear Ada"
