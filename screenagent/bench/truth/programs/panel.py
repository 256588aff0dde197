"""panel.py SCREEN works|broken : a window of one of the screens below, in that twin.

What truly happened is a line in `reports.txt`, in the folder that it is started in.
"""

from __future__ import annotations

import sys
import time
import tkinter as tk
from collections.abc import Callable
from pathlib import Path
from tkinter import messagebox, ttk
from typing import Final

MOVED_BACK_MS: Final = 250


class Panel:
    """A window with what every screen needs."""

    def __init__(self, twin: str, title: str) -> None:
        self.works = twin == "works"
        self.root = tk.Tk()
        self.root.title(title)
        self.root.geometry("640x400+120+90")
        self.line = tk.Label(self.root, text="", font=("DejaVu Sans", 12))
        self.line.place(x=40, y=340)

    def did(self, line: str) -> None:
        with Path("reports.txt").open("a", encoding="utf-8") as reports:
            reports.write(f"{line}\n")

    def say(self, words: str) -> None:
        self.line.configure(text=words)

    def button(self, label: str, command: Callable[[], object], *, x: int, y: int = 260, state: str = "normal") -> None:
        tk.Button(self.root, text=label, command=command, state="normal" if state == "normal" else "disabled").place(
            x=x, y=y
        )

    def entry(self, label: str, text: str = "", *, y: int = 40) -> tk.Entry:
        tk.Label(self.root, text=label).place(x=40, y=y)
        field = tk.Entry(self.root, width=34)
        field.insert(0, text)
        field.place(x=200, y=y)
        return field


def customer(panel: Panel) -> None:
    """Save: the record is stored, or a message box says why not."""
    name = panel.entry("Name")

    def save() -> None:
        if panel.works:
            panel.did(f"saved {name.get()}")
            panel.say("The record is stored.")
        else:
            messagebox.showerror("Customer", "Could not save the record: the disk is full.")

    panel.button("Save", save, x=40)
    panel.button("Cancel", lambda: panel.did("other Cancel"), x=140)


def clock(panel: Panel) -> None:
    """Save does something, or nothing, below a clock that ticks."""
    face = tk.Label(panel.root, text="--", font=("DejaVu Sans Mono", 20))
    face.place(x=440, y=20)

    def tick() -> None:
        face.configure(text=time.strftime("%H:%M:%S"))
        panel.root.after(500, tick)

    def save() -> None:
        panel.did("saved")
        panel.say("All is saved.")

    tick()
    panel.button("Save", save if panel.works else lambda: None, x=40, y=60)


def disabled(panel: Panel) -> None:
    """Print is there, or greyed out, and lines come in beside it."""
    lines = tk.Text(panel.root, width=70, height=9)
    lines.place(x=40, y=90)

    def receive(number: int = 1) -> None:
        lines.insert("end", f"received message {number}\n")
        lines.see("end")
        panel.root.after(600, receive, number + 1)

    def printed() -> None:
        panel.did("printed")
        panel.say("One page was printed.")

    receive()
    panel.button("Print", printed, x=40, y=30, state="normal" if panel.works else "disabled")


def menu(panel: Panel) -> None:
    """File > Export exports, or is greyed out."""
    bar = tk.Menu(panel.root)
    file = tk.Menu(bar, tearoff=0)

    def export() -> None:
        panel.did("exported")
        panel.say("The table was exported.")

    file.add_command(label="Open", command=lambda: panel.did("other Open"))
    file.add_command(label="Export", command=export, state="normal" if panel.works else "disabled")
    file.add_command(label="Quit", command=panel.root.destroy)
    bar.add_cascade(label="File", menu=file)
    panel.root.configure(menu=bar)


def shirts(panel: Panel) -> None:
    """Size has Large among its values, or only longer ones."""
    sizes = ["Small", "X-Large", "XX-Large", *(["Large"] if panel.works else [])]
    tk.Label(panel.root, text="Size").place(x=40, y=40)
    size = ttk.Combobox(panel.root, values=sizes, state="readonly")
    size.set("Small")
    size.place(x=200, y=40)
    size.bind(
        "<<ComboboxSelected>>", lambda _: panel.did(size.get() if size.get() == "Large" else f"other {size.get()}")
    )


def volume(panel: Panel) -> None:
    """The slider moves, or stays where it is."""
    tk.Label(panel.root, text="Volume").place(x=40, y=60)
    slider = tk.Scale(panel.root, from_=0, to=10, orient="horizontal", length=260)
    slider.set(4)

    def moved(value: str) -> None:
        if panel.works:
            panel.did(f"volume {value}")
        else:
            slider.set(4)

    slider.configure(command=moved)
    slider.bind("<Button-1>", lambda _: slider.focus_set(), add=True)
    slider.place(x=200, y=40)


def backup(panel: Panel) -> None:
    """The tick stays, or comes off again."""
    wanted = tk.BooleanVar()

    def ticked() -> None:
        if panel.works:
            panel.did(f"backup {wanted.get()}")
        else:
            panel.root.after(MOVED_BACK_MS, wanted.set, False)

    tk.Checkbutton(panel.root, text="Make a backup", variable=wanted, command=ticked).place(x=40, y=40)
    tk.Checkbutton(panel.root, text="Keep the log", command=lambda: panel.did("other log")).place(x=40, y=90)


def towns(panel: Panel) -> None:
    """The row that is clicked is selected, or the first one again."""
    rows = tk.Listbox(panel.root, height=6)
    rows.insert("end", "Berlin", "Lisbon", "Madrid", "Oslo")
    rows.selection_set(0)
    rows.place(x=40, y=40)

    def selected(_: object) -> None:
        if panel.works:
            chosen = [str(rows.get(row)) for row in range(rows.size()) if rows.selection_includes(row)]
            panel.did(f"town {' '.join(chosen)}")
        else:
            rows.selection_clear(0, "end")
            rows.selection_set(0)

    rows.bind("<<ListboxSelect>>", selected)


def quantity(panel: Panel) -> None:
    """The field takes what is typed, or refuses all but its first two characters."""
    field = panel.entry("Article number")

    def taken(text: str) -> bool:
        allowed = panel.works or len(text) <= 2
        if allowed:
            panel.did(f"article {text}")
        return allowed

    field.configure(validate="key", validatecommand=(panel.root.register(taken), "%P"))
    panel.entry("Remark", y=90)


def address(panel: Panel) -> None:
    """The field can be filled anew, or is read-only; Ctrl+A goes to its beginning, as Tk has it."""
    field = panel.entry("City", "London")
    if not panel.works:
        field.configure(state="readonly")

    def save() -> None:
        panel.did(f"city {field.get()}")

    panel.button("Save", save, x=40)


def closing(panel: Panel) -> None:
    """Send sends, or the window just closes."""
    panel.entry("To", "ben@example.org")

    def send() -> None:
        if panel.works:
            panel.did("sent")
            panel.say("Your letter was sent.")
        else:
            panel.root.destroy()

    panel.button("Send", send, x=40)


def question(panel: Panel) -> None:
    """The button's question is asked; its Yes deletes, or nothing comes of it."""
    panel.say("7 drafts")

    def delete() -> None:
        if messagebox.askyesno("Drafts", "Delete all drafts?") and panel.works:
            panel.did("deleted")
            panel.say("There are no drafts.")

    panel.button("Delete all", delete, x=40, y=60)


SCREENS: Final[dict[str, tuple[str, Callable[[Panel], None]]]] = {
    "customer": ("Customer", customer),
    "clock": ("Notes", clock),
    "disabled": ("Messages", disabled),
    "menu": ("Table", menu),
    "shirts": ("Shirts", shirts),
    "volume": ("Mixer", volume),
    "backup": ("Backup", backup),
    "towns": ("Towns", towns),
    "quantity": ("Stock", quantity),
    "address": ("Address", address),
    "closing": ("Letter", closing),
    "question": ("Drafts", question),
}

if __name__ == "__main__":
    shown, show_on = SCREENS[sys.argv[1]]
    opened = Panel(sys.argv[2], shown)
    show_on(opened)
    opened.root.mainloop()
