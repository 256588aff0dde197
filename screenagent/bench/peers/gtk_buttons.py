"""gtk_buttons.py FILE LABEL… : a GTK 3 window of buttons; the system's Python runs it, since that one has GTK.

FILE gets a line `pressed LABEL TIME` for each press, and `at LABEL X Y` with the middle of each button on the screen.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("Gdk", "3.0")
from gi.repository import GLib, Gtk  # noqa: E402 -- the version has to be chosen first

BUTTON = (180, 70)
"""Frames that are close to their letters spoil what plain OCR reads."""
SETTLED_MS = 200
"""After its last change of size, a window is where it stays."""


def main() -> None:
    file, *labels = sys.argv[1:]
    window = Gtk.Window(title="Panel")
    grid = Gtk.Grid(column_spacing=16, row_spacing=16, margin=24)
    line = Gtk.Label(label="ready", xalign=0)

    def say(words: str) -> None:
        with Path(file).open("a", encoding="utf-8") as lines:
            lines.write(f"{words}\n")

    def pressed(button: Gtk.Button) -> None:
        say(f"pressed {button.get_label()} {time.time():.4f}")
        line.set_text(f"answered {time.strftime('%X')} {time.time() % 1:.3f}")

    def say_places() -> None:
        _, left, top = window.get_window().get_origin()
        for button in buttons:
            x, y = button.translate_coordinates(window, button.get_allocated_width() // 2, BUTTON[1] // 2)
            say(f"at {button.get_label()} {left + x} {top + y}")

    buttons = [Gtk.Button(label=label) for label in labels]
    for number, button in enumerate(buttons):
        button.set_size_request(*BUTTON)
        button.connect("clicked", pressed)
        grid.attach(button, number % 4, number // 4, 1, 1)
    grid.attach(line, 0, len(buttons), 4, 1)
    window.add(grid)
    window.connect("destroy", Gtk.main_quit)
    window.connect("size-allocate", lambda *_: GLib.timeout_add(SETTLED_MS, say_places) and None)
    window.maximize()  # tools that read the screen see nothing but the window
    window.show_all()
    Gtk.main()


if __name__ == "__main__":
    main()
