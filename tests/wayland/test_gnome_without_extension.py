"""GNOME without our extension, or with one of another version: what still works, and what is refused by name."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from screenagent.actions import Click, TypeText
from screenagent.control import until
from screenagent.desktop import NoDesktop
from screenagent.desktop.json_lines import Child, module_command
from screenagent.desktop.local import LocalDesktop
from screenagent.desktop.testing.contract import perform_input
from screenagent.desktop.user_input import MonitorOptions, UserInputMonitor
from screenagent.desktop.wayland.gnome_extension import extension_version, state_of
from screenagent.geometry import Location, Point
from screenagent.keys import UserKeys
from screenagent.protocols import Retry
from screenagent.screenshot import Window
from tests.wayland.conftest import Person

CASE = os.environ.get("CASE", "")
pytestmark = pytest.mark.skipif(CASE not in ("missing", "old"), reason="a session without our extension: EXTENSION=no")


@pytest.fixture
def desktop() -> Iterator[LocalDesktop]:
    with LocalDesktop() as desktop:
        yield desktop


@pytest.fixture
def program(desktop: LocalDesktop) -> Iterator[Child]:
    child = Child(module_command("tests.wayland.gtk_probe", "--title=Alone"), environment=dict(os.environ))
    assert until(lambda: (front := desktop.foreground()) is not None and front.title == "Alone", seconds=10.0)
    yield child
    child.kill()


def heard(child: Child, event: str, *, seconds: float = 3.0) -> dict[str, object]:
    end = time.monotonic() + seconds
    while (said := child.hear(end - time.monotonic())) is not None:
        if said["event"] == event:
            return said
    raise TimeoutError(f"the program did not say {event!r}")


def test_the_state_says_what_is_wrong_and_what_to_do(person: Person) -> None:
    state = state_of(person.link.bus)
    if CASE == "missing":
        assert state.code == "not_installed"
    else:
        assert state.code == "other_version"
        assert extension_version() in state.detail
    assert "screenagent gnome install" in state.remedy


def test_the_front_window_is_known_without_its_place(desktop: LocalDesktop, program: Child) -> None:
    front = desktop.screenshot().window
    assert front
    assert (front.title, front.pid, front.box) == ("Alone", front.pid, None)
    assert front.pid
    with pytest.raises(Retry, match="gnome install"):
        desktop.activate(Window(id=front.id + 1, title="Another"))


def test_clicks_and_text_arrive(desktop: LocalDesktop, program: Child) -> None:
    place = Location(point=Point(x=0.5, y=0.5), confidence=1.0, by="test")
    perform_input(desktop, Click(target="middle"), place)
    heard(program, "press")
    perform_input(desktop, TypeText(text="grüße, 你好"))
    assert until(lambda: heard(program, "text")["text"] == "grüße, 你好", seconds=5.0)


def test_a_run_is_refused_unless_the_user_does_without_stop_keys(desktop: LocalDesktop, person: Person) -> None:
    control = desktop.control
    with pytest.raises(NoDesktop, match="stop_keys"), UserInputMonitor(desktop, control=control):
        pass
    heeds = MonitorOptions(keys=UserKeys(stop=()))
    with UserInputMonitor(desktop, control=control, heeds=heeds):
        time.sleep(0.3)
        assert not control.paused
        person.move(400, 300)
        assert until(lambda: control.paused, seconds=1.0)


def test_the_command_line_says_so(person: Person) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "screenagent", "gnome", "status"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert re.search("not installed|version 0", done.stdout)
    with closing(person.link.bus.__class__()) as bus:
        assert str(state_of(bus)) in done.stdout
