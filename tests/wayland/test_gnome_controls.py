"""Where programs of GTK 3 and 4 say that their controls are, held against the picture."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from screenagent.control import until
from screenagent.screenshot import Element
from tests.wayland.conftest import GnomeRig

RARE = (255, 0, 255)
PROGRAM = """
import sys
import gi
version = sys.argv[1]
gi.require_version("Gtk", version + ".0")
gi.require_version("Gdk", version + ".0")
from gi.repository import Gdk, Gtk
css = Gtk.CssProvider()
css.load_from_data(b"button.rare { background: #ff00ff; color: #ff00ff; border: none; }")
def fill(window):
    button = Gtk.Button(label="Go", halign=Gtk.Align.CENTER, valign=Gtk.Align.CENTER)
    button.set_size_request(160, 60)
    button.get_style_context().add_class("rare")
    if version == "3":
        Gtk.StyleContext.add_provider_for_screen(Gdk.Screen.get_default(), css, 800)
        window.add(button)
        window.show_all()
    else:
        Gtk.StyleContext.add_provider_for_display(Gdk.Display.get_default(), css, 800)
        window.set_child(button)
        window.present()
if version == "3":
    window = Gtk.Window(title="Controls", default_width=500, default_height=300)
    fill(window)
    Gtk.main()
else:
    application = Gtk.Application(application_id="org.example.controls")
    application.connect("activate", lambda one: fill(
        Gtk.ApplicationWindow(application=one, title="Controls", default_width=500, default_height=300)))
    application.run([])
"""


@pytest.fixture(params=["3", "4"])
def program(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[None]:
    file = tmp_path / "controls.py"
    file.write_text(PROGRAM)
    environment = os.environ | {"GTK_A11Y": "atspi"}
    with subprocess.Popen(["/usr/bin/python3", file, request.param], env=environment) as running:
        yield
        running.terminate()


def test_a_button_is_where_its_program_says(rig: GnomeRig, program: None) -> None:
    def front() -> bool:
        window = rig.desktop.foreground()
        return window is not None and window.title == "Controls"

    assert until(front, seconds=10.0)
    found: list[Element] = []

    def told() -> bool:
        assert rig.desktop.accessibility
        found[:] = [each for each in rig.desktop.accessibility.elements(rig.desktop.settled()) if each.name == "Go"]
        return bool(found)

    assert until(told, seconds=10.0)
    shot = rig.desktop.screenshot()
    rows, columns = np.nonzero((np.asarray(shot.pixels) == RARE).all(-1))
    left, top, right, bottom = found[0].box.pixels(shot.size)
    assert found[0].role == "button"
    assert abs((left + right) / 2 - columns.mean()) <= 2
    assert abs((top + bottom) / 2 - rows.mean()) <= 2
