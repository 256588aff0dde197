"""Real applications of four toolkits, judged by what they saved or show."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from screenagent.actions import Click, Drag, PressKeys, Scroll, TypeText
from screenagent.control import Control
from screenagent.desktop.local import LocalDesktop
from screenagent.desktop.testing.contract import perform_input
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.geometry import Location, Pixel, Point
from tests.builders import eventually

pytestmark = pytest.mark.display

LINES = (
    "plain < words > & \"quotes\" 'too' ~^`",
    "café ñ ß € – 你好，世界 – 😀",
    "  leading and trailing  ",
    "\ta tab\tand another",
    "",
    "a long line " * 12,
)

TK = """
import sys, tkinter

root = tkinter.Tk()
root.geometry("500x200+100+100")
entry = tkinter.Text(root, height=4)
entry.pack()
save = lambda: open(sys.argv[1], "w").write(entry.get("1.0", "end-1c"))
tkinter.Button(root, text="Save", command=save).place(x=200, y=140, width=100, height=40)
root.mainloop()
"""

PAGE = """<!doctype html><title>page</title>
<body style="margin:0; height:3000px">
<input id=text style="position:absolute; left:20px; top:20px; width:400px; height:30px" autofocus>
<div draggable=true style="position:absolute; left:20px; top:80px; width:100px; height:100px; background:#fa0"></div>
<div id=drop style="position:absolute; left:400px; top:80px; width:200px; height:200px; background:#0af"></div>
<script>
text.oninput = () => document.title = "typed " + text.value
drop.ondragover = event => event.preventDefault()
drop.ondrop = event => { event.preventDefault(); document.title = "dropped" }
onscroll = () => document.title = "scrolled " + (scrollY > 0)
</script>
"""


@contextmanager
def app(*command: str) -> Iterator[LocalDesktop]:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    with VirtualDesktop(command, control=Control()) as virtual:
        virtual.desktop.settled()
        yield virtual.desktop


@pytest.mark.parametrize("editor", ["mousepad", "featherpad"])  # GTK, Qt
def test_an_editor_saves_what_was_typed(editor: str, tmp_path: Path) -> None:
    saved = tmp_path / "typed.txt"
    saved.touch()
    with app(editor, str(saved)) as desktop:
        perform_input(desktop, TypeText(text="\n".join(LINES)))
        desktop.settled()
        perform_input(desktop, PressKeys(keys=("ctrl", "s")))
        eventually(lambda: saved.read_text().rstrip("\n") == "\n".join(LINES), seen=saved.read_text)


def test_a_terminal_gets_what_was_typed(tmp_path: Path) -> None:
    saved = tmp_path / "typed.txt"
    lines = [line for line in LINES if "\t" not in line]  # a terminal's line editor is free to complete at a tab
    with app("xterm", "-u8", "-e", "sh", "-c", f"cat > '{saved}'") as desktop:
        perform_input(desktop, TypeText(text="\n".join(lines) + "\n"))
        perform_input(desktop, PressKeys(keys=("ctrl", "d")))
        eventually(lambda: saved.read_text() == "\n".join(lines) + "\n", seen=saved.read_text)


def test_a_tk_window_saves_what_was_typed_at_a_click(tmp_path: Path) -> None:
    pytest.importorskip("tkinter")
    saved = tmp_path / "typed.txt"
    saved.touch()
    with app(sys.executable, "-c", TK, str(saved)) as desktop:
        perform_input(desktop, Click(target="text"), at(desktop, 200, 150))
        perform_input(desktop, TypeText(text="\n".join(LINES[:4])))
        perform_input(desktop, Click(target="Save"), at(desktop, 350, 280))
        eventually(lambda: saved.read_text() == "\n".join(LINES[:4]), seen=saved.read_text)


def test_a_page_in_a_browser_is_typed_into_dragged_on_and_scrolled(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(PAGE)
    with app("chromium", *CHROMIUM, f"--user-data-dir={tmp_path / 'profile'}", f"--app=file://{page}") as desktop:
        eventually(lambda: title(desktop) == "page", seen=lambda: title(desktop))
        desktop.settled()
        left, top = inner_corner(desktop)
        perform_input(desktop, Click(target="field"), at(desktop, left + 100, top + 35))
        perform_input(desktop, TypeText(text="naïve 你好 <b>"))
        eventually(lambda: title(desktop) == "typed naïve 你好 <b>", seen=lambda: title(desktop))
        drag = Drag(path=("orange", "blue"))
        perform_input(desktop, drag, at(desktop, left + 70, top + 130), at(desktop, left + 500, top + 200))
        eventually(lambda: title(desktop) == "dropped", seen=lambda: title(desktop))
        perform_input(desktop, Scroll(direction="down", target="page"), at(desktop, left + 300, top + 350))
        eventually(lambda: title(desktop) == "scrolled true", seen=lambda: title(desktop))


CHROMIUM = (
    *("--no-sandbox", "--test-type", "--disable-gpu", "--disable-quic", "--no-first-run", "--no-default-browser-check"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--password-store=basic"),
    *("--host-resolver-rules=MAP * ~NOTFOUND", "--window-position=40,40", "--window-size=900,600"),
)


def at(desktop: LocalDesktop, x: int, y: int) -> Location:
    point: Point = desktop.display.point(Pixel(x=x, y=y))
    return Location(point=point, confidence=1.0, by="test")


def title(desktop: LocalDesktop) -> str:
    window = desktop.foreground()
    return window.title if window else ""


def inner_corner(desktop: LocalDesktop) -> tuple[int, int]:
    """Where the page begins, by the corner of its blue square."""
    image = desktop.settled().pixels
    blue = (0, 170, 255)
    x, y = next((x, y) for y in range(image.height) for x in range(image.width) if image.getpixel((x, y)) == blue)
    return x - 400, y - 80
