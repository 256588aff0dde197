"""Every thread and every child process reads the environment, so no part of the desktop changes it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path

import pytest

from screenagent.actions import Move, OpenProgram, TypeText
from screenagent.agent.loop import UNDONE_SECONDS
from screenagent.control import Control
from screenagent.desktop.input_listener import InputListener
from screenagent.desktop.local import LocalDesktop
from screenagent.desktop.mouse import CLICK_SECONDS
from screenagent.desktop.testing.contract import perform_input
from screenagent.desktop.testing.probe import Probe
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.fakes import plain_screen
from screenagent.geometry import Location, Point
from screenagent.screenshot import Window
from tests.builders import becomes

pytestmark = pytest.mark.display

changes: list[object] = []


def note(event: str, arguments: tuple[object, ...]) -> None:
    if event in ("os.putenv", "os.unsetenv"):
        changes.append(arguments)


sys.addaudithook(note)  # which nothing takes away again: a change is seen whichever thread it is made in


@pytest.fixture
def own() -> Iterator[VirtualDesktop]:
    """A desktop whose keyboard no other test uses."""
    with VirtualDesktop(control=Control()) as desktop:
        yield desktop


@pytest.mark.parametrize("named", [None, ":4711"])
def test_another_display_is_worked_on_without_a_change_of_the_environment(
    own: VirtualDesktop, named: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if named:
        monkeypatch.setenv("DISPLAY", named)
    else:
        monkeypatch.delenv("DISPLAY", raising=False)
    with Probe(own.display) as probe:
        changes.clear()
        with LocalDesktop(control=Control(), display=own.display) as desktop:
            desktop.activate(Window(id=probe.window, title="Probe"))
            perform_input(desktop, Move(target="middle"), Location(point=Point(x=0.5, y=0.5), confidence=1.0, by="t"))
            perform_input(desktop, TypeText(text="one"))
            subprocess.run(["setxkbmap", "de"], env=own.environment, check=True)
            perform_input(desktop, TypeText(text="two"))  # on a layout that is new to the keyboard
            with InputListener(lambda *_: plain_screen(0), control=Control(), display=own.display):
                pass
        assert changes == []
        assert probe.wait_for("text", text="onetwo")


def test_gtk_waits_for_a_second_press_a_little_longer_than_a_double_click_takes_and_not_much(
    own: VirtualDesktop,
) -> None:
    for version in ("gtk-3.0", "gtk-4.0"):
        settings = ConfigParser()
        settings.read(own.folder / "home" / ".config" / version / "settings.ini")
        assert CLICK_SECONDS * 4 < settings.getint("Settings", "gtk-double-click-time") / 1000 < UNDONE_SECONDS / 2


def test_a_program_that_is_opened_once_the_display_was_opened_again_lives_in_its_home(
    own: VirtualDesktop, tmp_path: Path
) -> None:
    told = tmp_path / "home.txt"
    program = OpenProgram(command=f"xterm -e sh -c 'echo $HOME > {told}; exec sleep 60'")
    with own.opened_again(Control()) as again:
        perform_input(again, program)
    assert becomes(lambda: told.exists() and bool(told.read_text()))
    assert Path(told.read_text().strip()).is_relative_to(own.folder)
