"""Which windows are the terminal that we run in, and what is done about them."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from screenagent.desktop import front
from screenagent.desktop.controlling_terminal import controlling_terminals, is_shared
from screenagent.desktop.own_terminal import WindowArea, lies_on_top
from screenagent.geometry import Pixel

if TYPE_CHECKING:
    from screenagent.desktop.virtual import VirtualDesktop

LOOK = """
import json, sys
from screenagent.actions import Click, TypeText
from screenagent.control import Control
from screenagent.desktop.testing.contract import perform_input
from screenagent.desktop.local import LocalDesktop
from screenagent.desktop.x11.windows import X11Windows
from screenagent.geometry import Location, Pixel
from screenagent.protocols import Retry

windows = X11Windows()
own = next(window for window in windows.all() if window.own)
with LocalDesktop(control=Control()) as desktop:
    desktop.activate(own)
    screen = desktop.screenshot()
    left, top, right, bottom = windows.edges(own)
    middle = desktop.display.point(Pixel(x=(left + right) // 2, y=(top + bottom) // 2))
    said = ""
    try:
        perform_input(desktop, Click(target="it"), Location(point=middle, confidence=1, by="test"))
    except Retry as retry:
        said = str(retry)
    perform_input(desktop, TypeText(text="yes"))
    found = {
        "own": [window.title for window in windows.all() if window.own],
        "worked_in": screen.window.title,
        "blank": screen.pixels.getpixel(((left + right) // 2, (top + bottom) // 2)),
        "covered": len(screen.covered),
        "said": said,
    }
open(sys.argv[1], "w").write(json.dumps(found))
"""


def looked(virtual: VirtualDesktop, out: Path, *inside: str) -> dict[str, Any]:
    """What a process sees of itself that runs in an xterm."""
    command = [*inside, shlex.join([sys.executable, "-c", LOOK, str(out)])]
    xterm = ["xterm", "-title", "ours", "-geometry", "40x12+760+60", "-e", *command]
    subprocess.run(xterm, env=virtual.environment | {"PYTHONPATH": os.getcwd()}, check=True, timeout=60)
    found: dict[str, Any] = json.loads(out.read_text())
    return found


@pytest.mark.display
@pytest.mark.parametrize(
    "inside", [["sh", "-c"], ["tmux", "-f", "/dev/null", "-L", f"seat-{uuid4().hex[:8]}", "new-session"]]
)
def test_our_terminal_is_blank_and_gets_no_click_and_no_key(
    virtual: VirtualDesktop, tmp_path: Path, inside: list[str]
) -> None:
    """In tmux too, whose server no terminal is an ancestor of."""
    from screenagent.desktop.testing.probe import Probe

    other = ["xterm", "-title", "another", "-geometry", "40x8+760+420"]
    with subprocess.Popen(other, env=virtual.environment) as another, Probe(virtual.display) as probe:
        try:
            found = looked(virtual, tmp_path / "found.json", *inside)
            probe.wait_for("text", text="yes")
        finally:
            another.kill()
    assert len(found["own"]) == 1
    assert found["own"] != ["another"]
    assert (found["worked_in"], found["blank"], found["covered"]) == ("Probe", [128, 128, 128], 1)
    assert "is not clicked into" in found["said"]


def test_a_window_over_our_terminal_may_be_clicked_into() -> None:
    ours = WindowArea(left=0, top=0, right=100, bottom=100, own=True)
    menu = WindowArea(left=50, top=0, right=80, bottom=20, own=False)
    assert lies_on_top([ours, menu], Pixel(x=10, y=10))
    assert not lies_on_top([ours, menu], Pixel(x=60, y=10))
    assert not lies_on_top([ours, menu], Pixel(x=100, y=10))
    assert lies_on_top([menu, ours], Pixel(x=60, y=10))


def test_a_terminal_says_which_of_its_windows_it_is() -> None:
    [seat] = controlling_terminals(environ={"WINDOWID": "4194317"})
    assert seat.window == 4194317
    assert os.getppid() in seat.ancestors


@pytest.mark.parametrize("environ", [{}, {"WINDOWID": ""}, {"WINDOWID": "0x400"}])
def test_a_terminal_that_does_not_say_so_is_known_by_its_process(environ: dict[str, str]) -> None:
    assert [seat.window for seat in controlling_terminals(environ=environ)] == [None]


def test_a_tmux_that_is_gone_has_no_terminal(tmp_path: Path) -> None:
    environ = {"TMUX": f"{tmp_path}/none,1,0", "WINDOWID": "4194317"}
    assert is_shared(environ)
    assert controlling_terminals(environ=environ) == ()


def test_terminals_of_faces_are_ours_and_a_detached_run_has_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    with subprocess.Popen(["sleep", "30"], env={"WINDOWID": "77"}) as face:
        front.face_came(face.pid)
        assert [seat.window for seat in controlling_terminals(environ={})] == [None, 77]
        monkeypatch.setattr(front._Front, "is_detached", True)
        assert [seat.window for seat in controlling_terminals(environ={})] == [77]
        front.face_left(face.pid)
        assert controlling_terminals(environ={}) == ()
        face.kill()
