"""form_window.py URL [keeps]: the form as a GTK 3 window; the system's Python runs it, since that one has GTK.

With `keeps` the fields stay as they are after a customer was saved.
"""

from __future__ import annotations

import json
import sys
import threading
import urllib.request

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import GLib, Gtk  # noqa: E402 -- the version has to be chosen first

COUNTRIES = "Austria Belgium Denmark France Germany Italy Norway Poland Spain".split()
POPUP_MS = 1200


class Form:
    def __init__(self, url: str, *, keeps: bool) -> None:
        self.window = Gtk.Window(title="Customers", border_width=24)
        self.url, self.keeps = url, keeps
        self.company, self.amount, self.note = Gtk.Entry(width_chars=40), Gtk.Entry(), Gtk.Entry()
        self.country = Gtk.ComboBoxText()
        for country in COUNTRIES:
            self.country.append_text(country)
        self.newsletter = Gtk.CheckButton(label="Newsletter")
        save = Gtk.Button(label="Save", halign=Gtk.Align.START)
        save.connect("clicked", self.sent)
        self.said = Gtk.Label(label="Ready", xalign=0)
        grid = Gtk.Grid(column_spacing=16, row_spacing=16)
        fields = (("Company", self.company), ("Amount", self.amount), ("Country", self.country))
        for row, (name, field) in enumerate((*fields, ("", self.newsletter), ("Note", self.note))):
            label = Gtk.Label(label=name, xalign=0)
            label.set_mnemonic_widget(field)
            grid.attach(label, 0, row, 1, 1)
            grid.attach(field, 1, row, 1, 1)
        grid.attach(save, 1, 5, 1, 1)
        grid.attach(self.said, 0, 6, 2, 1)
        self.window.add(grid)

    def sent(self, _button: Gtk.Button) -> None:
        customer = {
            "company": self.company.get_text(),
            "amount": self.amount.get_text(),
            "country": self.country.get_active_text() or "",
            "newsletter": "yes" if self.newsletter.get_active() else "no",
            "note": self.note.get_text(),
        }
        self.said.set_text("Saving…")
        threading.Thread(target=self.send, args=(json.dumps(customer).encode(),), daemon=True).start()

    def send(self, customer: bytes) -> None:
        try:
            with urllib.request.urlopen(f"{self.url}/save", customer) as answer:
                GLib.idle_add(self.saved, json.load(answer))
        except OSError:
            GLib.idle_add(self.said.set_text, "The server does not answer.")

    def saved(self, answer: dict[str, object]) -> None:
        if not self.keeps:
            for field in (self.company, self.amount, self.note):
                field.set_text("")
            self.country.set_active(-1)
            self.newsletter.set_active(False)
        self.said.set_text(f"Saved number {answer['number']}")
        if answer["popup"]:
            GLib.timeout_add(POPUP_MS, self.ask)

    def ask(self) -> None:
        dialog = Gtk.Dialog(title="Question", transient_for=self.window, modal=True, border_width=24)
        dialog.add_button("Later", Gtk.ResponseType.CLOSE)
        dialog.get_content_area().add(Gtk.Label(label="Please rate us: how do you like this form?"))
        dialog.connect("response", lambda *_: dialog.destroy())
        dialog.show_all()


def main() -> None:
    window = Form(sys.argv[1], keeps="keeps" in sys.argv[2:]).window
    window.connect("destroy", Gtk.main_quit)
    window.show_all()
    Gtk.main()


if __name__ == "__main__":
    main()
