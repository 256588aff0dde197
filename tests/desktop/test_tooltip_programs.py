"""A program of picture buttons: tooltips tell which is meant, and the next time no mouse moves."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from screenagent.agent import drive
from screenagent.assembly.agent import build_agent, build_learner
from screenagent.control import Control
from screenagent.desktop.local import LocalDesktop
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.events import Event, Rested
from screenagent.perception.icon_names import IconNames
from screenagent.settings import Settings

pytestmark = pytest.mark.display

PROGRAM = """
import tkinter

NAMES = ["Polish the brass", "Ring the bell", "Feed the parrot", "Count the barrels"]
root = tkinter.Tk(className="Galley")
root.geometry("600x300+100+100")
tip = None

INSIDE = [
    lambda x, y: x * x + y * y < 90,
    lambda x, y: max(abs(x), abs(y)) in (7, 8, 9),
    lambda x, y: abs(x) < 0.6 * (y + 9) and y < 9,
    lambda x, y: min(abs(x), abs(y)) < 2 and max(abs(x), abs(y)) < 10,
]

def shape(inside):
    image = tkinter.PhotoImage(width=22, height=22)
    for y in range(22):
        for x in range(22):
            if inside(x - 11, y - 11):
                image.put("#204060", (x, y))
    return image

def show(button, name):
    global tip
    tip = tkinter.Toplevel(root)
    tip.overrideredirect(True)
    tip.attributes("-type", "tooltip")
    tip.geometry(f"+{button.winfo_rootx() + 20}+{button.winfo_rooty() + 50}")
    tkinter.Label(tip, text=name + " (Ctrl+P)", background="#ffffe0", font=("DejaVu Sans", 10)).pack()

def leave(_):
    global tip
    root.after_cancel(leave.waiting)
    if tip:
        tip.destroy()
        tip = None

def enter(button, name):
    leave.waiting = root.after(500, show, button, name)

images = [shape(inside) for inside in INSIDE]
bar = tkinter.Frame(root)
bar.pack(anchor="w")
for image, name in zip(images, NAMES):
    button = tkinter.Button(bar, image=image, width=32, height=32, relief="flat", command=lambda n=name: root.title(n))
    button.pack(side="left", padx=4)
    button.bind("<Enter>", lambda _, b=button, n=name: enter(b, n))
    button.bind("<Leave>", leave)
root.mainloop()
"""


@pytest.fixture
def names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SCREENAGENT_ICON_NAMES", str(tmp_path / "names.json"))
    return tmp_path / "names.json"


def rested(events: list[Event]) -> list[str]:
    return [event.told for event in events if isinstance(event, Rested)]


def clicked(desktop: LocalDesktop, task: str) -> tuple[str, list[str]]:
    """Return the title of the window in front afterwards, and what tooltips said."""
    events: list[Event] = []
    drive(build_agent(Settings.load(approve="never"), Control(), desktop, ask=lambda _: None), task, events.append)
    window = desktop.settled().window
    assert window is not None
    return window.title, rested(events)


def test_a_button_is_found_by_its_tooltip_and_known_from_then_on(names: Path) -> None:
    with VirtualDesktop([sys.executable, "-c", PROGRAM]) as virtual:
        title, told = clicked(virtual.desktop, "click the Feed the parrot button")
        assert title == "Feed the parrot"
        assert "Feed the parrot" in told
        kept = IconNames(names).all()["Galley"]
        assert {name.name for pictures in kept.values() for name in pictures} == set(told) - {""}
        title, told = clicked(virtual.desktop, "click the Ring the bell button")
        assert (title, told) == ("Ring the bell", [])


def test_the_buttons_of_a_tool_bar_are_learned_at_once(names: Path) -> None:
    with VirtualDesktop([sys.executable, "-c", PROGRAM]) as virtual:
        start = virtual.desktop.pointer()
        settings = Settings.load(approve="never")
        events = list(build_learner(settings, Control(), virtual.desktop, ask=lambda _: None).learn())
        assert rested(events) == ["Polish the brass", "Ring the bell", "Feed the parrot", "Count the barrels"]
        assert virtual.desktop.pointer() == start
        assert virtual.desktop.settled().moving == ()  # no tip is left
        assert IconNames(names).knows("Galley")
