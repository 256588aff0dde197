"""A screenshot carries what belongs to its own frame, whatever is captured in between."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import closing
from functools import partial

import pytest

pytest.importorskip("Xlib")

from screenagent.actions import Click
from screenagent.control import Control
from screenagent.desktop import NoDesktop
from screenagent.desktop.local import LocalDesktop
from screenagent.desktop.own_terminal import WindowArea
from screenagent.desktop.pictures import MssPictures
from screenagent.desktop.screen import ScreenCapture
from screenagent.desktop.testing.probe import Probe
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.desktop.x11.connection import MonitorNames, connect_display, disconnect_display
from screenagent.events import Decision, Plan, PlannedStep, Retried
from screenagent.fakes import ScriptedPlanner
from screenagent.geometry import Pixel, Size
from screenagent.screenshot import Window
from tests.builders import fake_agent

pytestmark = pytest.mark.display

LEFT = WindowArea(left=0, top=0, right=640, bottom=720, own=True)
RIGHT = WindowArea(left=640, top=0, right=1280, bottom=720, own=True)


@pytest.fixture(scope="module")
def two_monitors() -> Iterator[VirtualDesktop]:
    with VirtualDesktop(control=Control(), size=Size(width=1600, height=600)) as wide:
        for monitor in ("LEFT-1 800/200x600/150+0+0 screen", "RIGHT-1 800/200x600/150+800+0 none"):
            command = ["xrandr", "--setmonitor", *monitor.split()]
            subprocess.run(command, env=wide.environment, check=True, stdout=subprocess.DEVNULL)
        yield wide


@pytest.fixture
def terminals() -> list[WindowArea]:
    """Where our own terminal is."""
    return []


@pytest.fixture
def screen(virtual: VirtualDesktop, terminals: list[WindowArea]) -> Iterator[ScreenCapture]:
    with closing(ScreenCapture(partial(MssPictures, virtual.display), own=lambda: tuple(terminals))) as opened:
        yield opened


def test_a_screenshot_never_carries_the_covered_boxes_of_another_frame(
    screen: ScreenCapture, terminals: list[WindowArea]
) -> None:
    terminals[:] = [LEFT]
    first = screen.grab()
    terminals[:] = [RIGHT]  # the idle watch may capture between a capture of the agent's and its screenshot
    second = screen.grab()
    covered = {area: screen.display.box((area.left, area.top, area.right, area.bottom)) for area in (LEFT, RIGHT)}
    assert screen.screenshot(first).covered == (covered[LEFT],)
    assert screen.screenshot(second).covered == (covered[RIGHT],)


def test_a_screenshot_of_unchanged_pixels_is_the_last_one(screen: ScreenCapture) -> None:
    shot = screen.screenshot(screen.grab())
    assert screen.screenshot(screen.grab()) is shot


def test_a_screenshot_says_which_display_its_frame_was_captured_from(screen: ScreenCapture) -> None:
    captured = screen.grab()
    shot = screen.screenshot(captured)
    screen.display = shot.display.model_copy(update={"name": "another"})
    assert screen.screenshot(captured).display == shot.display
    assert screen.screenshot(screen.grab()).display.name == "another"


def test_a_monitor_is_called_as_the_system_calls_it_and_a_slip_is_told(two_monitors: VirtualDesktop) -> None:
    server = connect_display(two_monitors.display)
    named = MonitorNames(server)
    with closing(
        ScreenCapture(partial(MssPictures, two_monitors.display), monitors=named, monitor="RIGHT-1")
    ) as screen:
        assert screen.display.origin == Pixel(x=800, y=0)
        window = Window(id=1)
        assert screen.placed(window, (900, 10, 1000, 20)).box is not None
        assert screen.placed(window, (10, 10, 790, 20)).monitor == "LEFT-1"
        assert screen.placed(window, (5000, 10, 5010, 20)).monitor is None
    with pytest.raises(NoDesktop, match=r"no monitor 'rigth-1'; there are LEFT-1, RIGHT-1; did you mean 'RIGHT-1'\?"):
        ScreenCapture(partial(MssPictures, two_monitors.display), monitors=named, monitor="rigth-1")
    disconnect_display(server)


def test_a_window_in_front_on_another_monitor_is_told_with_the_option_that_helps(two_monitors: VirtualDesktop) -> None:
    with (
        LocalDesktop(control=Control(), display=two_monitors.display, monitor="LEFT-1") as desktop,
        Probe(two_monitors.display, at=(900, 60), title="Letter") as probe,
    ):
        desktop.activate(Window(id=probe.window, title="Letter"))
        seen = desktop.screenshot()
        assert seen.window is not None
        assert (seen.window.box, seen.window.monitor) == (None, "RIGHT-1")
        assert seen.unseen_words == "the window in front, “Letter”, is on another monitor: --display RIGHT-1"
        planner = ScriptedPlanner([Decision(plan=Plan(steps=(PlannedStep(action=Click(target="Save")),)))])
        agent = fake_agent(planner, desktop=desktop, control=desktop.control)
        assert any("--display RIGHT-1" in event.why for event in agent.run("save it") if isinstance(event, Retried))
