"""Keys as a model may name them."""

from __future__ import annotations

import pytest

from screenagent.actions import HoldKeys, Input, PressKeys
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.events import Approve
from screenagent.protocols import Approved


@pytest.mark.display
@pytest.mark.parametrize(
    "action",
    [PressKeys(keys=("shift", "shift")), PressKeys(keys=("=", "+")), HoldKeys(keys=("alt", "alt"), seconds=0.01)],
)
def test_a_key_that_is_named_twice_is_pressed_once_and_lifted(virtual: VirtualDesktop, action: Input) -> None:
    screen = virtual.desktop.settled()
    virtual.desktop.perform(Approved(action=action, locations=(), on=screen, verdict=Approve()))
    virtual.desktop.perform(Approved(action=action, locations=(), on=screen, verdict=Approve()))


@pytest.mark.display
def test_a_chord_for_the_window_manager_is_heard_each_time(virtual: VirtualDesktop) -> None:
    for title in ("one", "other"):
        virtual.launch(("xterm", "-T", title, "-e", "sleep", "60"))
    seen = [_front(virtual)]
    for _ in range(6):
        screen = virtual.desktop.settled()
        action = PressKeys(keys=("alt", "tab"))
        virtual.desktop.perform(Approved(action=action, locations=(), on=screen, verdict=Approve()))
        virtual.desktop.settled()
        seen.append(_front(virtual))
    assert seen == ["other", "one", "other", "one", "other", "one", "other"]


def _front(virtual: VirtualDesktop) -> str:
    window = virtual.desktop.screenshot().window
    return window.title if window else ""
