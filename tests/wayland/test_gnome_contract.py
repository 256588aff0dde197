"""What every desktop has to do, on GNOME, with a GTK window that says what it received."""

from __future__ import annotations

from screenagent.actions import TypeText
from screenagent.control import until
from screenagent.desktop.testing.contract import DesktopContract, Rig, perform_input
from tests.wayland.clipboard import Copied
from tests.wayland.conftest import Person


class TestGnome(DesktopContract):
    def test_the_users_clipboard_is_put_back(self, rig: Rig, person: Person) -> None:  # type: ignore[override]
        with (
            Copied(person.link, {"text/plain;charset=utf-8": b"what the user had copied"}) as copied,
            rig.probe() as probe,
        ):
            for _ in range(3):
                perform_input(rig.desktop, TypeText(text="żółw"))
            probe.wait_for("text", text="żółw" * 3)
            assert until(lambda: copied.now() == b"what the user had copied", seconds=2.0), copied.now()
