"""A headless Sway keeps the contract of every desktop, with the probe as a program of X11 on Xwayland."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from screenagent.control import Control, until
from screenagent.desktop.testing.contract import DesktopContract, Rig
from screenagent.desktop.testing.probe import Probe
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.screenshot import Window

pytestmark = [pytest.mark.display, pytest.mark.skipif(shutil.which("sway") is None, reason="sway is not installed")]


@pytest.fixture(scope="module")
def on_sway() -> Iterator[VirtualDesktop]:
    with VirtualDesktop(kind="wayland", control=Control()) as started:
        yield started


class TestSway(DesktopContract):
    @pytest.fixture
    def rig(self, on_sway: VirtualDesktop) -> Rig:
        desktop = on_sway.desktop

        def as_window(probe: Probe) -> Window:
            found: list[Window] = []

            def is_there() -> bool:
                found[:] = [window for window in desktop.screenshot().managed if window.title == probe.title]
                return bool(found)

            assert until(is_there, seconds=5.0)
            return max(found, key=lambda window: window.id)

        return Rig(
            desktop=desktop, display=on_sway.environment["DISPLAY"], open=on_sway.opened_again, as_window=as_window
        )
