"""A window of GTK 3 or 4 that writes what it receives, a JSON line each: `receiving_program.py 3|4 FILE`.

It runs by the system's Python, which has GTK.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import gi

VERSION = sys.argv[1]
gi.require_version("Gtk", f"{VERSION}.0")
gi.require_version("Gdk", f"{VERSION}.0")

from gi.repository import Gdk, GLib, Gtk  # noqa: E402

FILE = open(sys.argv[2], "a", buffering=1)  # noqa: SIM115 # as long as the program runs


def say(event: str, **facts: object) -> None:
    print(json.dumps({"event": event, "at": time.monotonic(), **facts}), file=FILE)


def hear_text(view: Any) -> None:
    def changed(buffer: Any) -> None:
        say("text", text=buffer.get_text(buffer.get_start_iter(), buffer.get_end_iter(), False))

    view.get_buffer().connect("changed", changed)


def hear_gtk3(window: Any, view: Any) -> None:
    view.add_events(Gdk.EventMask.BUTTON_PRESS_MASK | Gdk.EventMask.BUTTON_RELEASE_MASK)
    view.connect("button-press-event", lambda _, event: say("button", pressed=True, number=event.button))
    view.connect("button-release-event", lambda _, event: say("button", pressed=False, number=event.button))
    window.connect("key-press-event", lambda _, event: say("key", pressed=True, name=Gdk.keyval_name(event.keyval)))
    window.connect("key-release-event", lambda _, event: say("key", pressed=False, name=Gdk.keyval_name(event.keyval)))


def hear_gtk4(window: Any, view: Any) -> None:
    clicks = Gtk.GestureClick(button=0, propagation_phase=Gtk.PropagationPhase.CAPTURE)
    clicks.connect("pressed", lambda one, *_: say("button", pressed=True, number=one.get_current_button()))
    clicks.connect("released", lambda one, *_: say("button", pressed=False, number=one.get_current_button()))
    view.add_controller(clicks)
    keys = Gtk.EventControllerKey(propagation_phase=Gtk.PropagationPhase.CAPTURE)
    keys.connect("key-pressed", lambda _, key, *_rest: say("key", pressed=True, name=Gdk.keyval_name(key)))
    keys.connect("key-released", lambda _, key, *_rest: say("key", pressed=False, name=Gdk.keyval_name(key)))
    window.add_controller(keys)


def show(window: Any) -> None:
    view = Gtk.TextView()
    window.set_default_size(600, 400)
    hear_text(view)
    if VERSION == "3":
        window.add(view)
        hear_gtk3(window, view)
        window.show_all()
    else:
        window.set_child(view)
        hear_gtk4(window, view)
        window.present()
    view.grab_focus()
    GLib.timeout_add(20, tell_once_active, window)


def tell_once_active(window: Any) -> bool:
    if window.is_active():
        say("active")
    return not window.is_active()


def main() -> None:
    app = Gtk.Application(application_id=f"org.example.Receiver{VERSION}")
    app.connect("activate", lambda _: show(Gtk.ApplicationWindow(application=app, title="Receiver")))
    app.run([])


main()
