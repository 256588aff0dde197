"""What a person does on a real desktop, in a process of its own, is recorded once and played again."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from screenagent.control import Control
from screenagent.desktop.input_listener import InputListener
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.fakes import plain_screen
from screenagent.geometry import Pixel
from screenagent.scripts.recorder.gestures import Clicked, Dragged, Pressed, Scrolled, Typed, gestures
from tests import person
from tests.builders import eventually

pytestmark = pytest.mark.display

STOP = ("ctrl", "shift", "escape")


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


def test_all_that_a_hand_does_is_heard(virtual: VirtualDesktop) -> None:
    control, screen = Control(), plain_screen(1)
    with InputListener(lambda at, touch: screen, control=control, display=virtual.display, stop_keys=STOP) as listening:
        doing = ["double 100 100", "drag 200 200 300 240", "scroll 3 50 60", "click 40 40 3", "type Ada, 5+2!"]
        person.at(virtual.display, *doing, "press ctrl+shift+s", "press tab", "press ctrl+shift+escape")
        did = [replace(gesture, at=0.0) for gesture in gestures(listening.heard(), lambda: screen)]
    person.at(virtual.display, "press escape")  # the menu that the window manager has opened would keep all keys
    assert did == [
        Clicked(0.0, screen, Pixel(x=100, y=100), "left", count=2),
        Dragged(0.0, screen, Pixel(x=200, y=200), Pixel(x=300, y=240), "left"),
        Scrolled(0.0, screen, Pixel(x=50, y=60), "down", 3),
        Clicked(0.0, screen, Pixel(x=40, y=40), "right"),
        Typed(0.0, screen, "Ada, 5+2!", screen),
        Pressed(0.0, screen, ("ctrl", "shift", "s")),
        Pressed(0.0, screen, ("tab",)),
    ]


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


def test_what_is_done_in_the_terminal_that_records_is_left_out(tmp_path: Path) -> None:
    script, said = tmp_path / "note.yaml", tmp_path / "said"
    command = [sys.executable, "-m", "screenagent", "record", str(script), "--runs", str(tmp_path / "runs")]
    with VirtualDesktop("mousepad", control=Control()) as desktop:
        terminal = desktop.launch(
            ["xterm", "-geometry", "60x12+5+480", "-e", f"{shlex.join(command)} 2> {said}; touch {said}.done"]
        )
        eventually(lambda: said.exists() and "watching you" in said.read_text(), seconds=60)
        desktop.desktop.activate(terminal)
        person.at(desktop.display, "click 150 600", "type echo hidden")
        person.at(desktop.display, "click 700 300", "type open", "press ctrl+shift+escape")
        eventually(Path(f"{said}.done").exists, seconds=60)
    assert "type “open”" in said.read_text()
    assert "hidden" not in said.read_text() + script.read_text()
