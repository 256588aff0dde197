"""A session with several layouts: what is a key in the one that is in use is sent as a key, the rest is pasted."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from screenagent.actions import TypeText
from screenagent.control import until
from screenagent.desktop.testing.contract import perform_input
from screenagent.desktop.wayland.gnome_windows import ShellExtension
from tests.wayland.conftest import GnomeRig, Person

pytestmark = pytest.mark.skipif(not os.environ.get("LAYOUTS"), reason="a session with the layouts us, de and ru")

TEXT = "Grüße, zyx: 10 €, привет, 你好 {}[]@\\~"


@contextmanager
def switched_to(shell: ShellExtension, person: Person, number: int) -> Iterator[None]:
    """Meanwhile this layout is in use, to which the person goes as GNOME has it: by Super and space."""
    for _ in range(3):
        if shell.call("Layout")[0] == number:
            break
        before = shell.call("Layout")[0]
        person.tap("super", " ")
        until(lambda before=before: shell.call("Layout")[0] != before, seconds=2.0)  # type: ignore[misc]
    assert shell.call("Layout")[0] == number
    yield


@pytest.mark.parametrize("number", [0, 1, 2])
def test_text_arrives_whatever_layout_is_in_use(
    rig: GnomeRig, person: Person, shell: ShellExtension, number: int
) -> None:
    with switched_to(shell, person, number), rig.probe() as probe:
        perform_input(rig.desktop, TypeText(text=TEXT))
        assert probe.wait_for("text", text=TEXT)["text"] == TEXT
        perform_input(rig.desktop, TypeText(text="abc привет üz"))
        probe.wait_for("text", text=TEXT + "abc привет üz")
