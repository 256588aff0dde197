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
