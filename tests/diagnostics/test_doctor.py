"""The doctor captures, clicks and types on each monitor, and says what to do if it cannot."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from screenagent.control import Control
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.diagnostics.doctor import DoctorFinding, examine
from screenagent.geometry import Size


@pytest.fixture
def two_monitors() -> Iterator[VirtualDesktop]:
    with VirtualDesktop(control=Control(), size=Size(width=1600, height=600)) as wide:
        for monitor in ("left 800/200x600/150+0+0 screen", "right 800/200x600/150+800+0 none"):
            command = ["xrandr", "--setmonitor", *monitor.split()]
            subprocess.run(command, env=wide.environment, check=True, stdout=subprocess.DEVNULL)
        yield wide


@pytest.mark.display
def test_each_monitor_is_captured_clicked_and_typed_on(two_monitors: VirtualDesktop) -> None:
    findings = list(examine(Control(), display=two_monitors.display))
    assert [finding for finding in findings if not finding.ok] == []
    assert [finding.what for finding in findings] == [
        "system",
        "display",
        *("left: capture", "left: click", "left: type"),
        *("right: capture", "right: click", "right: type"),
        "session bus",
        "virtual desktop",
        "virtual desktop on Wayland",
        "typefaces",
    ]


@pytest.mark.display
@pytest.mark.skipif(shutil.which("sway") is None, reason="sway is not installed")
def test_a_session_of_sway_is_named_with_its_version_and_clicked_and_typed_in() -> None:
    pytest.importorskip("pywayland")
    with VirtualDesktop(kind="wayland", control=Control()) as opened:
        findings = list(examine(Control(), display=opened.place, x_display=opened.display))
    assert [finding for finding in findings if not finding.ok] == []
    assert [finding.what for finding in findings[:3]] == ["system", "session", "display"]
    assert re.match(r"Sway \d+\.\d+", findings[1].detail)
    assert [finding.what.partition(": ")[2] for finding in findings[3:6]] == ["capture", "click", "type"]


def test_without_a_display_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    display = finding("display", list(examine(Control())))
    assert (display.ok, display.code) == (False, "no_display")
    assert "--virtual" in display.remedy


def test_a_session_without_a_bus_is_told_and_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    for address in ("", "tcp:host=localhost,port=1"):
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        told = finding("session bus", list(examine(Control())))
        assert (told.ok, told.code) == (True, "no_session_bus")
        assert "DBUS_SESSION_BUS_ADDRESS" in told.remedy


def test_what_a_virtual_desktop_lacks_is_named_by_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    programs = finding("virtual desktop", list(examine(Control())))
    assert programs.code == "missing_programs"
    assert "xvfb openbox" in programs.remedy
    on_wayland = finding("virtual desktop on Wayland", list(examine(Control())))
    assert (on_wayland.ok, on_wayland.code) == (True, "missing_programs")
    assert "apt-get install sway xwayland" in on_wayland.remedy


def test_a_missing_typeface_tool_is_told_and_how_to_install_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    tool = tmp_path / "fc-match"
    tool.touch(0o700)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert finding("typefaces", list(examine(Control()))).ok
    tool.unlink()
    missing = finding("typefaces", list(examine(Control())))
    assert (missing.ok, missing.code, missing.remedy) == (False, "missing_programs", "apt-get install fontconfig")


GRABBER = """
from Xlib import X, display

server = display.Display()
root = server.screen().root
root.grab_pointer(True, X.ButtonPressMask, X.GrabModeAsync, X.GrabModeAsync, X.NONE, X.NONE, X.CurrentTime)
print("held", flush=True)
server.next_event()
"""


@pytest.mark.display
def test_a_mouse_that_another_program_holds_is_found(virtual: VirtualDesktop) -> None:
    command = [sys.executable, "-c", GRABBER]
    with subprocess.Popen(command, env=virtual.environment, stdout=subprocess.PIPE) as grabber:
        assert grabber.stdout is not None
        grabber.stdout.readline()
        findings = list(examine(Control(), display=virtual.display))
    assert finding("screen: input", findings).code == "unreached"


def finding(what: str, findings: list[DoctorFinding]) -> DoctorFinding:
    return next(finding for finding in findings if finding.what == what)
