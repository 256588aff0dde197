"""A window with controls, by the system's GTK: `controls_program.py 3|4 TITLE LOG [frame]`.

It writes a line to LOG for each control that was used. With `frame` it draws its own frame and shadow, with `twice`
there are two windows, and with `leafing` the second page is shown for a while, and the first one again.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import gi

VERSION, TITLE, LOG = sys.argv[1], sys.argv[2], Path(sys.argv[3])
gi.require_version("Gtk", f"{VERSION}.0")
gi.require_version("Gdk", f"{VERSION}.0")
from gi.repository import Gdk, GLib, Gtk  # noqa: E402 # the version has to be named first

OLD = VERSION == "3"
MAGENTA = b"button.magenta { background: #ff00ff; color: #ff00ff; border: none; box-shadow: none; }"


def used(name: str) -> None:
    with LOG.open("a") as log:
        log.write(f"{name}\n")


def button(name: str) -> Any:
    made = Gtk.Button(label=name)
    made.connect("clicked", lambda _: used(name))
    return made


def check(name: str, *, active: bool) -> Any:
    made = Gtk.CheckButton(label=name)
    made.set_active(active)
    made.connect("toggled", lambda _: used(name))
    return made


def field(text: str, *, hidden: bool = False) -> Any:
    made = Gtk.Entry()
    made.set_text(text)
    made.set_visibility(not hidden)
    return made


def colours() -> Any:
    made = Gtk.ComboBoxText()
    for colour in ("Red", "Green", "Blue"):
        made.append_text(colour)
    made.set_active(0)
    made.connect("changed", lambda _: used(made.get_active_text()))
    return made


def controls() -> list[Any]:
    go, off, toggle, book = button("Go"), button("Off"), Gtk.ToggleButton(label="Toggle"), Gtk.Notebook()
    go.set_size_request(160, 60)
    go.set_halign(Gtk.Align.CENTER)
    (go.get_style_context().add_class if OLD else go.add_css_class)("magenta")
    off.set_sensitive(False)
    toggle.set_active(True)
    for name in ("One", "Two"):
        book.append_page(button(f"Page {name}"), Gtk.Label(label=name))
    if "leafing" in sys.argv:
        GLib.timeout_add(300, lambda: book.set_current_page(1))
        GLib.timeout_add(800, lambda: book.set_current_page(0))
    ticks = [check("Ticked", active=True), check("Unticked", active=False)]
    return [go, off, *ticks, toggle, field("open"), field("hidden", hidden=True), book, *([colours()] if OLD else [])]


def fill(window: Any) -> None:
    box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=8)
    for control in controls():
        (box.add if OLD else box.append)(control)
    if "frame" in sys.argv:
        window.set_titlebar(Gtk.HeaderBar(title=TITLE, show_close_button=True) if OLD else Gtk.HeaderBar())
    looks = Gtk.CssProvider()
    if OLD or Gtk.get_minor_version() < 9:
        looks.load_from_data(MAGENTA)
    else:
        looks.load_from_data(MAGENTA.decode(), -1)
    if OLD:
        Gtk.StyleContext.add_provider_for_screen(Gdk.Screen.get_default(), looks, 800)
        window.add(box)
        window.show_all()
    else:
        Gtk.StyleContext.add_provider_for_display(Gdk.Display.get_default(), looks, 800)
        window.set_child(box)
        window.present()


def main() -> None:
    if OLD:
        for _ in range(2 if "twice" in sys.argv else 1):
            window = Gtk.Window(title=TITLE)
            window.set_default_size(360, 100)
            fill(window)
        Gtk.main()
        return
    application = Gtk.Application()

    def began(_: object) -> None:
        window = Gtk.ApplicationWindow(application=application, title=TITLE)
        window.set_default_size(360, 100)
        fill(window)

    application.connect("activate", began)
    application.run([])


main()
