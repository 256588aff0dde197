"""Pastes arrive in programs of Wayland and X11, and what the user had copied is there again, however we end."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import pytest

from screenagent.control import Control, Stopped
from screenagent.desktop import NoDesktop
from screenagent.desktop.json_lines import Child, module_command
from screenagent.protocols import Retry
from screenagent.screenshot import Window
from tests.builders import eventually
from tests.desktop.wayland.headless import HeadlessRig, headless_sway

pytest.importorskip("pywayland")

from screenagent.desktop.clipboard import NotLent, OwnedClipboard, copied_text, copy_text, paste_keys
from screenagent.desktop.wayland.connection import CompositorConnection
from screenagent.desktop.wayland.selection_owner import SelectionBoard
from screenagent.desktop.wayland.session import WaylandSession
from screenagent.desktop.wayland.wlroots_hand import WlrootsKeys
from tests.desktop.wayland.receiving import Receiver, opened_keys, press

pytestmark = pytest.mark.display

COPYING: Final = Path(__file__).parent / "copying_program.py"
TEXT: Final = "ours: grüße 你好 😀"
PNG: Final = b"\x89PNG" + bytes(range(256)) * 4000
PASTES_AND_WAITS: Final = """
import sys, time
from screenagent.control import Control
from screenagent.desktop.clipboard import OwnedClipboard
from screenagent.desktop.wayland.session import WaylandSession

def press(_):
    print("lent", flush=True)
    time.sleep(600)

session = WaylandSession({"WAYLAND_DISPLAY": sys.argv[1]})
OwnedClipboard(session, control=Control()).paste("ours", into=None, press=press)
"""


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HeadlessRig]:
    with headless_sway(tmp_path_factory.mktemp("sway")) as running:
        yield running


@pytest.fixture(scope="module")
def keys(rig: HeadlessRig) -> Iterator[WlrootsKeys]:
    with opened_keys(rig) as opened:
        yield opened


@pytest.fixture
def clipboard(rig: HeadlessRig) -> Iterator[OwnedClipboard]:
    with closing(OwnedClipboard(rig.session, control=Control())) as opened:
        yield opened


@pytest.fixture(autouse=True)
def _programs_end(rig: HeadlessRig) -> Iterator[None]:
    yield
    rig.close_programs()


@contextmanager
def copied_elsewhere(rig: HeadlessRig, kind: str, content: bytes, how: str = "serve") -> Iterator[None]:
    """Meanwhile, another program has copied something."""
    command = [sys.executable, str(COPYING), rig.session.socket, kind, how]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
        assert program.stdin
        assert program.stdout
        program.stdin.write(content)
        program.stdin.close()
        assert program.stdout.readline() == b"copied\n"
        try:
            yield
        finally:
            program.kill()


def offered(rig: HeadlessRig) -> dict[str, bytes]:
    """Return what a paste would bring, by kind."""
    with closing(CompositorConnection(rig.session)) as connection:
        return SelectionBoard(connection).selections["CLIPBOARD"].contents()


@pytest.mark.parametrize(
    ("app", "keys", "selection"),
    [
        ("foot", ("ctrl", "shift", "v"), "CLIPBOARD"),
        ("Alacritty", ("ctrl", "shift", "v"), "CLIPBOARD"),
        ("kitty", ("ctrl", "shift", "v"), "CLIPBOARD"),
        ("org.gnome.Terminal", ("ctrl", "shift", "v"), "CLIPBOARD"),
        ("org.gnome.Ptyxis", ("ctrl", "shift", "v"), "CLIPBOARD"),
        ("org.kde.konsole", ("ctrl", "shift", "v"), "CLIPBOARD"),
        ("XTerm", ("shift", "insert"), "PRIMARY"),
        ("org.gnome.TextEditor", ("ctrl", "v"), "CLIPBOARD"),
    ],
)
def test_each_window_has_its_keys_for_a_paste(app: str, keys: tuple[str, ...], selection: str) -> None:
    assert paste_keys(Window(id=1, app=app)) == (keys, selection)


@pytest.mark.parametrize("version", ["3", "4"])
def test_a_gtk_program_takes_the_text_and_gets_back_what_was_copied_from_it(
    rig: HeadlessRig, keys: WlrootsKeys, clipboard: OwnedClipboard, tmp_path: Path, version: str
) -> None:
    receiver = Receiver(rig, version, tmp_path / "heard")
    for letter in "own":
        press(keys, [letter])
    press(keys, ["ctrl", "a"])
    press(keys, ["ctrl", "c"])
    eventually(lambda: copied_text(rig.session) == "own")
    clipboard.paste(TEXT, into=receiver.window, press=lambda names: press(keys, names))
    eventually(lambda: receiver.text == TEXT, seen=lambda: receiver.text)
    assert copied_text(rig.session) == "own"


def test_the_program_in_front_is_known_by_its_pipe(rig: HeadlessRig, keys: WlrootsKeys, tmp_path: Path) -> None:
    """A paste need not wait for programs that may still come."""
    receiver = Receiver(rig, "3", tmp_path / "heard")
    owner = Child(module_command("screenagent.desktop.wayland.selection_owner", rig.session.socket))
    try:
        owner.say(lend=TEXT, pid=receiver.window.pid, selection="CLIPBOARD")
        assert owner.hear(5) == {"event": "lent", "owner": True}
        press(keys, ["ctrl", "v"])
        eventually(lambda: owner.hear(5) == {"event": "fetched", "by_target": True})  # who kept it before asks, too
        assert copied_text(rig.session) == TEXT
        assert owner.hear(5) == {"event": "fetched", "by_target": False}
    finally:
        owner.kill()


@pytest.mark.parametrize("terminal", ["foot", "xterm"])
def test_a_terminal_takes_the_text(
    rig: HeadlessRig, keys: WlrootsKeys, clipboard: OwnedClipboard, tmp_path: Path, terminal: str
) -> None:
    """One of Wayland pastes the clipboard, one of X11 what is selected."""
    typed = tmp_path / "typed"
    shell = f"echo there > {tmp_path}/ready; head -n 1 > {typed}"
    command = [terminal, "-e", "sh", "-c", shell] if terminal == "xterm" else [terminal, "sh", "-c", shell]
    program = rig.start(*command, LANG="C.UTF-8")
    eventually((tmp_path / "ready").exists)
    time.sleep(0.3)  # nothing tells when the compositor has given it the focus
    window = Window(id=1, app=terminal, pid=program.pid)
    clipboard.paste(TEXT, into=window, press=lambda names: press(keys, names))
    press(keys, ["enter"])
    eventually(lambda: typed.exists() and typed.read_text() == TEXT + "\n", seen=typed.read_bytes)


@pytest.mark.parametrize(("kind", "content"), [("image/png", PNG), ("application/rtf", b"{\\rtf1 hello}")])
def test_what_was_copied_is_put_back(rig: HeadlessRig, clipboard: OwnedClipboard, kind: str, content: bytes) -> None:
    with copied_elsewhere(rig, kind, content):
        assert paste_unseen(rig, clipboard) == "ours"
    assert offered(rig) == {kind: content}


def test_where_nothing_was_copied_nothing_is_left(rig: HeadlessRig, clipboard: OwnedClipboard) -> None:
    with copied_elsewhere(rig, "text/plain", b"soon gone"):
        pass
    eventually(lambda: copied_text(rig.session) is None)
    assert paste_unseen(rig, clipboard) == "ours"
    assert copied_text(rig.session) is None


def test_a_source_that_hangs_keeps_nobody_waiting(rig: HeadlessRig, clipboard: OwnedClipboard) -> None:
    with copied_elsewhere(rig, "text/plain", b"never told", how="hang"):
        began = time.monotonic()
        assert paste_unseen(rig, clipboard) == "ours"
        assert time.monotonic() - began < 4


def test_what_is_copied_meanwhile_is_kept(rig: HeadlessRig, clipboard: OwnedClipboard) -> None:
    def copies_meanwhile(_: object) -> None:
        assert copy_text(rig.session, "meanwhile")

    assert copy_text(rig.session, "before")
    with pytest.raises(Retry, match="another program took the clipboard"):
        clipboard.paste("ours", into=None, press=copies_meanwhile)
    assert copied_text(rig.session) == "meanwhile"


def test_a_stop_in_the_middle_puts_it_back(rig: HeadlessRig) -> None:
    assert copy_text(rig.session, "before")
    control = Control()
    with closing(OwnedClipboard(rig.session, control=control)) as clipboard, pytest.raises(Stopped):
        clipboard.paste("ours", into=None, press=lambda _: control.stop())
    assert copied_text(rig.session) == "before"


def test_a_process_killed_in_the_middle_has_it_put_back(rig: HeadlessRig) -> None:
    assert copy_text(rig.session, "before")
    command = [sys.executable, "-c", PASTES_AND_WAITS, rig.session.socket]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"lent\n"
        assert copied_text(rig.session) == "ours"
        process.kill()
    eventually(lambda: copied_text(rig.session) == "before")


def test_where_no_compositor_is_the_text_is_not_lent(tmp_path: Path) -> None:
    nowhere = WaylandSession({"WAYLAND_DISPLAY": str(tmp_path / "wayland-0")})
    with closing(OwnedClipboard(nowhere, control=Control())) as clipboard, pytest.raises(NotLent, match="be reached"):
        clipboard.paste("ours", into=None, press=lambda _: pytest.fail("nothing is pressed"))
    with pytest.raises(NoDesktop, match="be reached"):
        copied_text(nowhere)


def test_a_text_longer_than_a_pipe_is_lent_whole(rig: HeadlessRig, clipboard: OwnedClipboard) -> None:
    text = "你好 " * 200_000
    assert paste_unseen(rig, clipboard, text) == text


def paste_unseen(rig: HeadlessRig, clipboard: OwnedClipboard, text: str = "ours") -> str | None:
    """Return what another program gets while `text` is lent."""
    pasted: list[str | None] = []
    clipboard.paste(text, into=None, press=lambda _: pasted.append(copied_text(rig.session)))
    return pasted[0]
