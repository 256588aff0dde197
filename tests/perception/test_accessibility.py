from __future__ import annotations

import numpy as np

from screenagent.geometry import Box
from screenagent.perception.accessibility import accessible_controls
from screenagent.screenshot import Element
from tests.builders import Drawing


def test_a_control_carries_on_the_state_and_value_that_its_program_tells() -> None:
    shot = Drawing().entry("", 100, 200).screenshot
    box = Box.of_pixels((100, 185, 300, 215), shot.size)
    told = Element(role="field", name="City", box=box, states=frozenset({"editable"}), value="Rome")
    (control,) = accessible_controls([told], np.asarray(shot.pixels), [], shot.size)
    assert (set(control.states), control.value) == ({"editable"}, "Rome")
