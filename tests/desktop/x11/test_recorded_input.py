"""A person is listened to, and keys are sent, by X alone: no further library is loaded for it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from screenagent.actions import PressKeys
from screenagent.control import Control
from screenagent.desktop.input_listener import InputListener
from screenagent.desktop.testing.contract import perform_input
from screenagent.desktop.virtual import VirtualDesktop

HEARD = """
import sys
from screenagent.actions import PressKeys
from screenagent.control import Control
from screenagent.desktop.input_listener import InputListener, KeyDown
from screenagent.desktop.local import LocalDesktop
from screenagent.desktop.testing.contract import perform_input
from screenagent.fakes import plain_screen

screen = plain_screen(0)
with LocalDesktop(control=Control(), display=sys.argv[1]) as desktop:
    with InputListener(lambda *_: screen, control=Control(), display=sys.argv[1]) as listening:
        perform_input(desktop, PressKeys(keys=("f5",)))
        print(next(listening.heard()).touch.key)
print(sorted({"pynput", "evdev"} & set(sys.modules)))
"""


@pytest.mark.display
def test_keys_are_sent_and_heard_without_a_library_that_has_to_be_compiled() -> None:
    with VirtualDesktop(control=Control()) as own:
        command = [sys.executable, "-c", HEARD, own.display]
        said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    assert said.splitlines() == ["f5", "[]"]


@pytest.mark.display
def test_what_fails_while_a_touch_is_taken_ends_the_hearing_with_its_reason(virtual: VirtualDesktop) -> None:
    def torn(*_: object) -> None:
        raise ValueError("no such picture")

    with InputListener(torn, control=Control(), display=virtual.display) as listening:  # type: ignore[arg-type]
        perform_input(virtual.desktop, PressKeys(keys=("f5",)))
        with pytest.raises(ValueError, match="no such picture"):
            next(listening.heard())
