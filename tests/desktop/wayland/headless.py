"""A headless Sway for a test: its own folder, no bus, two monitors, and what starts programs there."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from screenagent.desktop.wayland.blank_cursor import write_blank_cursors
from screenagent.desktop.wayland.session import WaylandSession
from tests.builders import eventually

CONFIG: Final = """
xwayland enable
output HEADLESS-1 mode 1280x720 position 0 0 bg #336699 solid_color
output HEADLESS-2 mode 1200x600 position 1280 0 scale 1.5 bg #663399 solid_color
workspace left output HEADLESS-1
workspace right output HEADLESS-2
focus_follows_mouse no
for_window [app_id=".*"] floating enable
for_window [class=".*"] floating enable
default_border none
default_floating_border none
swaynag_command -
mode "resize" bindsym h resize shrink width 10px
exec sh -c 'echo WAYLAND_DISPLAY=$WAYLAND_DISPLAY SWAYSOCK=$SWAYSOCK DISPLAY=$DISPLAY > ready.new; mv ready.new ready'
"""
"""Windows float in the middle and have no frames; `exec` says when Sway is there."""
AS_NOBODY: Final = ("unshare", "--user", "--map-user=1000", "--map-group=1000")
"""Sway refuses root, and takes itself for another user in a namespace."""


@dataclass(frozen=True)
class HeadlessRig:
    """A running Sway."""

    session: WaylandSession
    compositor: subprocess.Popen[bytes]
    _programs: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, *command: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start a program there; `close_programs` ends it."""
        nowhere = subprocess.DEVNULL
        env = _outside() | dict(self.session.leads) | {"GDK_BACKEND": "wayland", "NO_AT_BRIDGE": "1"} | environment
        program = subprocess.Popen(command, env=env, stdin=nowhere, stdout=nowhere, stderr=nowhere)
        self._programs.append(program)
        return program

    def foot(self, title: str, colour: str = "00ff00", command: Sequence[str] = ("sleep", "60")) -> None:
        """Start a terminal that shows one colour only."""
        looks = (f"colors.background={colour}", f"cursor.color={colour} {colour}", "pad=0x0", "csd.preferred=none")
        options = [word for look in looks for word in ("-o", look)]
        self.start("foot", "-T", title, *options, *command)

    def close_programs(self) -> None:
        for program in self._programs:
            program.kill()
        for program in self._programs:
            program.wait()
        self._programs.clear()


@contextmanager
def headless_sway(folder: Path, more: str = "") -> Iterator[HeadlessRig]:
    """Run a Sway in `folder`, with `more` in its configuration; skip the test where there is none."""
    if lacking := [name for name in ("sway", "foot", "Xwayland") if shutil.which(name) is None]:
        pytest.skip(f"needs {', '.join(lacking)}, which this machine does not have")
    folder.chmod(0o700)
    (folder / "config").write_text(CONFIG + more)
    headless = {"WLR_BACKENDS": "headless", "WLR_RENDERER": "pixman", "WLR_LIBINPUT_NO_DEVICES": "1"}
    cursors = {"XCURSOR_THEME": write_blank_cursors(folder), "XCURSOR_PATH": str(folder / ".icons")}
    env = _outside() | headless | cursors | {"WLR_HEADLESS_OUTPUTS": "2", "XDG_RUNTIME_DIR": str(folder)}
    command = [*(AS_NOBODY if os.geteuid() == 0 else ()), "sway", "-c", str(folder / "config")]
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(command, env=env, cwd=folder, stdout=log, stderr=log) as compositor,
    ):
        try:
            eventually((folder / "ready").exists, seen=(folder / "log").read_text)
            told = dict(word.split("=", 1) for word in (folder / "ready").read_text().split())
            rig = HeadlessRig(WaylandSession(told | {"XDG_RUNTIME_DIR": str(folder)}), compositor)
            yield rig
            rig.close_programs()
        finally:
            compositor.kill()


def _outside() -> dict[str, str]:
    """Return what of the environment leads to no other desktop."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "PYTHONPATH") if name in os.environ}
    return kept | {"DBUS_SESSION_BUS_ADDRESS": "disabled:"}
