"""A whole task on GNOME by the command line, from the picture to the effect."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.wayland.conftest import GnomeRig


def test_a_task_is_done_in_a_program_of_wayland(rig: GnomeRig, tmp_path: Path) -> None:
    with rig.probe() as probe:
        rig.desktop.close()
        task = "click Two, type 'Hello from GNOME'"
        done = subprocess.run(
            [sys.executable, "-m", "screenagent", "run", task, "--approve", "never", "--runs", tmp_path],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        press = probe.wait_for("press")
        left, top = probe.pixel("two").x - 60, probe.pixel("two").y - 22
        assert left <= press["x"] <= left + 120
        assert top <= press["y"] <= top + 44
        probe.wait_for("text", text="Hello from GNOME")
