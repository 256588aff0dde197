"""Every desktop keeps the contract: the virtual one, and a local one on a monitor beside another."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from screenagent.actions import Click
from screenagent.control import Control
from screenagent.desktop.local import LocalDesktop
from screenagent.desktop.testing.contract import DesktopContract, Rig, perform_input
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.geometry import Pixel, Size
from screenagent.screenshot import Screenshot

pytestmark = pytest.mark.display


class TestVirtualDesktop(DesktopContract):
    @pytest.fixture
    def rig(self, virtual: VirtualDesktop) -> Rig:
        return Rig(
            desktop=virtual.desktop,
            display=virtual.display,
            open=lambda control: LocalDesktop(control=control, display=virtual.display),
        )

    def test_what_will_be_asked_about_is_told_while_the_screen_settles(
        self, rig: Rig, virtual: VirtualDesktop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        told: list[Screenshot] = []
        monkeypatch.setattr(virtual.desktop, "reads_ahead", told.append)
        with rig.probe() as probe:
            before = rig.desktop.settled()
            perform_input(rig.desktop, Click(target="one"), probe.location("one", rig.desktop.display))
            settled = rig.desktop.settled()
        assert before.digest != settled.digest
        assert told[-1].digest == settled.digest
        assert len(told) > 1


@pytest.fixture(scope="module")
def beside_another() -> Iterator[Rig]:
    with VirtualDesktop(control=Control(), size=Size(width=2100, height=900)) as wide:
        for monitor in ("left 800/200x600/150+0+0 screen", "right 1280/320x720/180+800+120 none"):
            command = ["xrandr", "--setmonitor", *monitor.split()]
            subprocess.run(command, env=wide.environment, check=True, stdout=subprocess.DEVNULL)

        def open_right(control: Control) -> LocalDesktop:
            return LocalDesktop(control=control, display=wide.display, monitor="right")

        with open_right(Control()) as right:
            yield Rig(desktop=right, display=wide.display, open=open_right)


class TestLocalDesktopOnTheSecondOfTwoMonitors(DesktopContract):
    @pytest.fixture
    def rig(self, beside_another: Rig) -> Rig:
        return beside_another

    def test_its_displays_are_listed_with_their_origins(self, rig: Rig) -> None:
        listed = {display.name: (display.origin, display.size) for display in rig.desktop.displays()}
        assert listed == {
            "left": (Pixel(x=0, y=0), Size(width=800, height=600)),
            "right": (Pixel(x=800, y=120), Size(width=1280, height=720)),
        }
