"""A session with several layouts: what is a key in the one that is in use is sent as a key, the rest is pasted."""

from __future__ import annotations

import os
import time

import pytest

from screenagent.actions import TypeText
from screenagent.control import until
from screenagent.desktop.testing.contract import perform_input
from screenagent.desktop.wayland.gnome_windows import ShellExtension
from tests.wayland.conftest import GnomeRig, Person

pytestmark = pytest.mark.skipif(not os.environ.get("LAYOUTS"), reason="a session with the layouts us, de and ru")

TEXT = "Grüße, zyx: 10 €, привет, 你好 {}[]@\\~"


def switch_to(shell: ShellExtension, person: Person, number: int) -> None:
    """Have the person go to a layout as GNOME has it: Super is held, and space goes on to the next in GNOME's order."""
    for spaces in (1, 2):
        if shell.call("Layout")[0] != number:
            before = shell.call("Layout")[0]
            with person.holding("super"):
                for _ in range(spaces):
                    person.tap(" ")
                    time.sleep(0.3)  # while the list of layouts is shown
            until(lambda before=before: shell.call("Layout")[0] != before, seconds=2.0)  # type: ignore[misc]
    assert shell.call("Layout")[0] == number


@pytest.mark.parametrize("number", [0, 1, 2])
def test_text_arrives_whatever_layout_is_in_use(
    rig: GnomeRig, person: Person, shell: ShellExtension, number: int
) -> None:
    switch_to(shell, person, number)
    with rig.probe() as probe:
        perform_input(rig.desktop, TypeText(text=TEXT))
        assert probe.wait_for("text", text=TEXT)["text"] == TEXT
        perform_input(rig.desktop, TypeText(text="abc привет üz"))
        probe.wait_for("text", text=TEXT + "abc привет üz")
