"""Every desktop keeps the contract: the virtual one, and a local one on a monitor beside another."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Final

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


SAME_ON_EVERY_MONITOR: Final = (
    DesktopContract.test_two_clicks_of_the_agent_are_no_double_click,
    DesktopContract.test_keys_are_pressed_together_in_order_and_as_often_as_asked,
    DesktopContract.test_a_key_is_held_for_as_long_as_asked,
    DesktopContract.test_text_of_every_script_arrives_unchanged,
    DesktopContract.test_text_arrives_unchanged_under_caps_lock,
    DesktopContract.test_the_settled_screen_shows_an_answer_however_late_beside_a_caret_and_a_clock,
    DesktopContract.test_what_never_comes_is_waited_for_no_longer_than_asked,
    DesktopContract.test_stopped_between_any_two_events_nothing_more_is_sent_and_nothing_stays_held,
    DesktopContract.test_the_users_clipboard_is_put_back,
)
"""Tests of the contract that do not depend on where the monitor is: on the second one, `make soak` runs them."""


def left_to_soak(shared: Callable[[DesktopContract, Rig], None]) -> Callable[[DesktopContract, Rig], None]:
    """Return a test of the contract for `make soak` alone; the shared one stays unmarked."""

    @pytest.mark.soak
    @wraps(shared)
    def marked(self: DesktopContract, rig: Rig) -> None:
        shared(self, rig)

    return marked


for shared in SAME_ON_EVERY_MONITOR:
    setattr(TestLocalDesktopOnTheSecondOfTwoMonitors, shared.__name__, left_to_soak(shared))
