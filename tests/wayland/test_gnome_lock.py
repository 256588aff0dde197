"""A locked GNOME session, which on_gnome.sh opens with a stand-in for the service that knows of logins."""

from __future__ import annotations

import os
from contextlib import ExitStack, suppress

import pytest
from jeepney import DBusAddress

from screenagent.actions import Click
from screenagent.control import until
from screenagent.desktop.platform import open_lock
from screenagent.desktop.testing.contract import perform_input
from screenagent.desktop.wayland.gnome_windows import GnomeWindows
from screenagent.protocols import Retry
from tests.wayland.conftest import GnomeRig, Person

pytestmark = pytest.mark.skipif(not os.environ.get("LOGIND"), reason="a session with logins: LOGIND=1 of gnome.sh")

SAVER = DBusAddress("/org/gnome/ScreenSaver", "org.gnome.ScreenSaver", "org.gnome.ScreenSaver")


def test_a_locked_screen_is_known_and_no_program_receives_anything(rig: GnomeRig, person: Person) -> None:
    windows = GnomeWindows(person.link)
    with ExitStack() as stack, rig.probe() as probe:
        lock = open_lock(stack)
        assert lock() is None
        assert not windows.has_grabbed_keys()
        reviewed = rig.desktop.screenshot()
        person.link.bus.call(SAVER, "Lock")
        assert until(lambda: lock() is not None, seconds=10.0)
        assert "locked" in str(lock())
        assert until(windows.has_grabbed_keys, seconds=5.0)
        probe.drain(seconds=0.3)
        probe.receipts = []
        with suppress(Retry):  # the last look before a click sees that something else is there
            perform_input(rig.desktop, Click(target="one"), probe.location("one", rig.desktop.display), on=reviewed)
        person.tap("a")
        probe.drain(seconds=0.5)
        assert not probe.of("press", "key_down", "text")
