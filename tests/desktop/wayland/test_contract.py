"""A headless Sway keeps the contract of every desktop, with the probe as a program of X11 on Xwayland."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing

import pytest

from screenagent.control import Control, until
from screenagent.desktop.local import LocalDesktop
from screenagent.desktop.testing.contract import DesktopContract, Rig
from screenagent.desktop.testing.probe import Probe
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.desktop.wayland.session import WaylandSession
from screenagent.desktop.wayland.sway_ipc import SwayIpc, sway_socket
from screenagent.geometry import Pixel
from screenagent.screenshot import Window

pytestmark = [pytest.mark.display, pytest.mark.skipif(shutil.which("sway") is None, reason="sway is not installed")]


def rig_on(started: VirtualDesktop, desktop: LocalDesktop) -> Rig:
    """Return the rig of a desktop there, whose probes are programs of X11."""

    def as_window(probe: Probe) -> Window:
        found: list[Window] = []

        def is_there() -> bool:
            found[:] = [window for window in desktop.screenshot().managed if window.title == probe.title]
            return bool(found)

        assert until(is_there, seconds=5.0)
        return max(found, key=lambda window: window.id)

    return Rig(desktop=desktop, display=started.environment["DISPLAY"], open=started.opened_again, as_window=as_window)


@pytest.fixture(scope="module")
def on_sway() -> Iterator[VirtualDesktop]:
    with VirtualDesktop(kind="wayland", control=Control()) as started:
        yield started


class TestSway(DesktopContract):
    @pytest.fixture
    def rig(self, on_sway: VirtualDesktop) -> Rig:
        return rig_on(on_sway, on_sway.desktop)


class OfPlaces:
    """What of the contract is about places, which a scale or a second monitor could shift."""

    test_clicks = DesktopContract.test_clicks_arrive_where_they_were_meant_with_their_button_and_count
    test_corners = DesktopContract.test_the_mouse_reaches_every_corner_of_the_display
    test_drag = DesktopContract.test_a_drag_holds_the_button_along_the_whole_path
    test_wheel = DesktopContract.test_the_wheel_turns_in_four_directions


@pytest.fixture(scope="module", params=[1.25, 1.5])
def scaled(request: pytest.FixtureRequest) -> Iterator[Rig]:
    with VirtualDesktop(kind="wayland", control=Control()) as started:
        tell_sway(started, f"output * scale {request.param}")
        with started.opened_again(Control()) as desktop:
            assert desktop.display.scale == pytest.approx(request.param, rel=0.01)
            yield rig_on(started, desktop)


class TestScaledSway(OfPlaces):
    @pytest.fixture
    def rig(self, scaled: Rig) -> Rig:
        return scaled


@pytest.fixture(scope="module")
def second_output() -> Iterator[Rig]:
    with VirtualDesktop(kind="wayland", control=Control()) as started:
        tell_sway(started, "create_output", "output HEADLESS-2 mode 1000x700 position 1280 20 scale 1")
        tell_sway(started, "focus output HEADLESS-2")
        with LocalDesktop(control=Control(), display=started.place, monitor="HEADLESS-2") as desktop:
            assert desktop.display.origin == Pixel(x=1280, y=20)
            yield rig_on(started, desktop)


class TestSecondOutputOfSway(OfPlaces):
    @pytest.fixture
    def rig(self, second_output: Rig) -> Rig:
        return second_output


def tell_sway(started: VirtualDesktop, *commands: str) -> None:
    assert isinstance(started.place, WaylandSession)
    path = sway_socket(started.place)
    assert path is not None
    with closing(SwayIpc(path)) as sway:
        for command in commands:
            sway.command(command)
