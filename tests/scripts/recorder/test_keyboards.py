"""On several keyboards, what is heard of a person is what the field shows that they type into."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import pytest

from screenagent.control import Control
from screenagent.desktop.input_listener import InputListener
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.fakes import plain_screen
from screenagent.scripts.recorder.entries import Entry, entries
from screenagent.scripts.recorder.gestures import gestures
from tests import person
from tests.builders import eventually

pytestmark = pytest.mark.display

STOP = ("ctrl", "shift", "escape")
FIELD = """
import sys, tkinter
root = tkinter.Tk()
text = tkinter.StringVar()
text.trace_add("write", lambda *_: open(sys.argv[1], "w", encoding="utf-8").write(text.get()))
entry = tkinter.Entry(root, textvariable=text, font=("DejaVu Sans", 16), width=40)
entry.pack(padx=30, pady=30)
entry.focus_force()
open(sys.argv[1], "w").write("")
root.mainloop()
"""

ALT_GR = "ISO_Level3_Shift"


@pytest.fixture(scope="module")
def own() -> Iterator[VirtualDesktop]:
    """A desktop whose keyboard no other test uses."""
    with VirtualDesktop(control=Control()) as desktop:
        yield desktop


KEYBOARDS: Final[Sequence[tuple[str, Sequence[str], str]]] = (
    ("de", ["type user", f"press {ALT_GR}+q", "type host"], "user@host"),
    ("de", ["press udiaeresis", "type ber", "press ssharp"], "überß"),
    ("de", ["press Caps_Lock", "type ab", "press udiaeresis", "press Caps_Lock", "type c"], "ABÜc"),
    ("de", ["press dead_acute", "type e", "press dead_circumflex", "press shift+a"], "éÂ"),
    ("pl", ["type za", *(f"press {ALT_GR}+{key}" for key in "zolc")], "zażółć"),
    ("fr", ["press eacute", "press dead_circumflex", "type e"], "éê"),
    ("us -variant intl", ["type caf", "press dead_acute", "type e"], "café"),
    ("us", ["press Caps_Lock", "type hello", "press Caps_Lock"], "HELLO"),
    ("us -option compose:ralt", ["press Multi_key", "type 'e"], "é"),
    ("us", ["press Num_Lock", "press KP_Home", "press KP_Up", "press Num_Lock", "type 1"], "781"),
    ("ru", ["press Cyrillic_ya", "press Cyrillic_io"], "яё"),
)
"""A keyboard, what a person does on it, and the text that comes of it."""
QUICK: Final = ("user@host", "ABÜc", "éÂ", "é", "яё")
"""A text for each way to come by one: a third level, a lock, a dead key, a compose key, another script."""


@pytest.mark.parametrize(
    ("keyboard", "doing", "text"),
    [
        pytest.param(keyboard, doing, text, id=text, marks=() if text in QUICK else pytest.mark.soak)
        for keyboard, doing, text in KEYBOARDS
    ],
)
def test_what_is_heard_is_what_the_field_shows(
    own: VirtualDesktop, tmp_path: Path, keyboard: str, doing: Sequence[str], text: str
) -> None:
    subprocess.run(["setxkbmap", "-option", "", *keyboard.split()], env=own.environment, check=True)
    shown = tmp_path / "shown"
    field = own.launch([sys.executable, "-c", FIELD, str(shown)])
    eventually(shown.exists)
    own.desktop.activate(field)
    own.desktop.settled()
    control, screen = Control(), plain_screen(1)
    with InputListener(lambda at, touch: screen, control=control, display=own.display, stop_keys=STOP) as listening:
        person.at(own.display, *doing, "press ctrl+shift+escape")
        (heard,) = entries(gestures(listening.heard(), lambda: screen), lambda: screen)
    assert isinstance(heard, Entry)
    assert (shown.read_text("utf-8"), heard.text) == (text, text)
