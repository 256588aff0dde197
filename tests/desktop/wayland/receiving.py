"""A program of GTK that says what it receives, and a keyboard and a mouse that are there before it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from screenagent.screenshot import Window
from tests.builders import eventually
from tests.desktop.wayland.headless import HeadlessRig

pytest.importorskip("pywayland")

from screenagent.desktop.wayland.send_clock import SendClock
from screenagent.desktop.wayland.wlroots_hand import WlrootsKeys, WlrootsPointer

SYSTEM_PYTHON: Final = "/usr/bin/python3"
PROGRAM: Final = Path(__file__).parent / "receiving_program.py"


@contextmanager
def opened_keys(rig: HeadlessRig) -> Iterator[WlrootsKeys]:
    sent = SendClock()
    with closing(WlrootsPointer(rig.session, sent)), closing(WlrootsKeys(rig.session, sent)) as opened:
        yield opened


def press(keys: WlrootsKeys, names: Sequence[str]) -> None:
    strokes = [stroke for name in names if (stroke := keys.named(name) or keys.chord_key(name))]
    for stroke in strokes:
        keys.send(stroke, pressed=True)
    for stroke in reversed(strokes):
        keys.send(stroke, pressed=False)


class Receiver:
    """A window of GTK 3 or 4 in the middle of the first monitor; the test is skipped where there is none."""

    def __init__(self, rig: HeadlessRig, version: str, file: Path) -> None:
        asked = f"import gi; gi.require_version('Gtk', '{version}.0')"
        if subprocess.run([SYSTEM_PYTHON, "-c", asked], capture_output=True, check=False).returncode:
            pytest.skip(f"needs GTK {version} for the system's Python, which this machine does not have")
        self._file = file
        program = rig.start(SYSTEM_PYTHON, str(PROGRAM), version, str(file))
        eventually(lambda: self.heard("active"))
        self.window = Window(id=1, app=f"org.example.Receiver{version}", pid=program.pid)

    def heard(self, event: str) -> list[dict[str, Any]]:
        said = map(json.loads, self._file.read_text().splitlines() if self._file.exists() else [])
        return [one for one in said if one["event"] == event]

    @property
    def text(self) -> str:
        texts = self.heard("text")
        return str(texts[-1]["text"]) if texts else ""
