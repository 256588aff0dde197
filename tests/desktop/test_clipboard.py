"""Pastes arrive whole, and what the user had copied is there again afterwards, whatever it was and however we end."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from screenagent.actions import TypeText
from screenagent.control import Control, Stopped
from screenagent.desktop.clipboard import OwnedClipboard
from screenagent.desktop.testing.contract import perform_input
from screenagent.desktop.testing.probe import Probe
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.protocols import Retry
from screenagent.screenshot import Window
from tests.builders import eventually

pytestmark = pytest.mark.display

PASTES_AND_WAITS = """
import sys, time
from screenagent.control import Control
from screenagent.desktop.clipboard import OwnedClipboard

def press(_):
    print("lent", flush=True)
    time.sleep(600)

OwnedClipboard(sys.argv[1], control=Control()).paste("ours", into=None, press=press)
"""


@pytest.fixture
def clipboard(virtual: VirtualDesktop) -> Iterator[OwnedClipboard]:
    opened = OwnedClipboard(virtual.display, control=Control())
    yield opened
    opened.close()


def copy(virtual: VirtualDesktop, content: bytes, *, kind: str = "UTF8_STRING") -> None:
    # It stays in the background with whatever output it was given, so a pipe would never end.
    command = ["xclip", "-selection", "clipboard", "-t", kind]
    subprocess.run(command, input=content, env=virtual.environment, check=True, stdout=subprocess.DEVNULL)


def copied(virtual: VirtualDesktop, *, kind: str = "UTF8_STRING") -> bytes | None:
    """What a paste would bring; `None` where there is nothing."""
    command = ["xclip", "-selection", "clipboard", "-t", kind, "-o"]
    pasted = subprocess.run(command, env=virtual.environment, capture_output=True, check=False)
    return pasted.stdout if pasted.returncode == 0 else None


@pytest.mark.parametrize("pastes", [15, pytest.param(100, marks=pytest.mark.soak)])
def test_each_paste_arrives_and_none_brings_the_old_clipboard(virtual: VirtualDesktop, pastes: int) -> None:
    copy(virtual, b"what the user had copied")
    chance = random.Random(7)
    with Probe(virtual.display) as probe:
        virtual.desktop.activate(Window(id=probe.window, title="Probe"))
        so_far = ""
        for number in range(pastes):
            text = f"{number}é{'你' * chance.randint(0, 3)}{chance.random()};"
            so_far += text
            perform_input(virtual.desktop, TypeText(text=text))
            probe.wait_for("text", text=so_far)
    assert copied(virtual) == b"what the user had copied"


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("UTF8_STRING", "żółw 😀".encode()),
        ("image/png", b"\x89PNG" + bytes(range(256)) * 4000),  # longer than one request may be
        ("text/html", b"<b>bold</b>"),
    ],
)
def test_what_was_copied_is_put_back(
    virtual: VirtualDesktop, clipboard: OwnedClipboard, kind: str, content: bytes
) -> None:
    copy(virtual, content, kind=kind)
    paste_by_xclip(virtual, clipboard, "ours")
    assert copied(virtual, kind=kind) == content


def test_a_text_longer_than_one_request_is_lent_whole(virtual: VirtualDesktop, clipboard: OwnedClipboard) -> None:
    text = "你好 " * 200_000
    assert paste_by_xclip(virtual, clipboard, text) == text.encode()


def test_where_nothing_was_copied_nothing_is_left(virtual: VirtualDesktop) -> None:
    with VirtualDesktop(control=Control()) as fresh:
        clipboard = OwnedClipboard(fresh.display, control=Control())
        assert paste_by_xclip(fresh, clipboard, "ours") == b"ours"
        assert copied(fresh) is None
        clipboard.close()


def test_what_is_copied_meanwhile_is_kept(virtual: VirtualDesktop, clipboard: OwnedClipboard) -> None:
    copy(virtual, b"before")
    with pytest.raises(Retry, match="another program took the clipboard"):
        clipboard.paste("ours", into=None, press=lambda _: copy(virtual, b"meanwhile"))
    assert copied(virtual) == b"meanwhile"


def test_a_stop_in_the_middle_puts_it_back(virtual: VirtualDesktop) -> None:
    copy(virtual, b"before")
    control = Control()
    clipboard = OwnedClipboard(virtual.display, control=control)
    with pytest.raises(Stopped):
        clipboard.paste("ours", into=None, press=lambda _: control.stop())
    assert copied(virtual) == b"before"
    clipboard.close()


def test_a_process_killed_in_the_middle_has_it_put_back(virtual: VirtualDesktop) -> None:
    copy(virtual, b"before")
    command = [sys.executable, "-c", PASTES_AND_WAITS, virtual.display]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"lent\n"
        assert copied(virtual) == b"ours"
        process.kill()
    eventually(lambda: copied(virtual) == b"before")


MANAGER = """
import subprocess, sys, time
last = b""
while True:
    found = subprocess.run(["xclip", "-o", "-selection", "clipboard"], capture_output=True).stdout
    if found and found != last and (sys.argv[1:] != ["foreign"] or found != b"theirs"):
        last = b"theirs" if sys.argv[1:] == ["foreign"] else found
        subprocess.run(["xclip", "-i", "-selection", "clipboard"], input=last, stdout=subprocess.DEVNULL)
    time.sleep(0.02)
"""


@contextmanager
def managed(virtual: VirtualDesktop, *how: str) -> Iterator[None]:
    """A clipboard manager takes over whatever is copied; a foreign one puts its own text in place of it."""
    with subprocess.Popen([sys.executable, "-c", MANAGER, *how], env=virtual.environment) as manager:
        try:
            eventually(lambda: copied(virtual) in (b"what the user had copied", b"theirs"))
            yield
        finally:
            manager.kill()


def test_beside_a_clipboard_manager_a_paste_arrives_and_the_users_is_there_again(virtual: VirtualDesktop) -> None:
    copy(virtual, b"what the user had copied")
    clipboard = OwnedClipboard(virtual.display, control=Control())
    with managed(virtual):
        for number in range(5):
            text = f"ours {number}"
            assert paste_by_xclip(virtual, clipboard, text) == text.encode()
            eventually(lambda: copied(virtual) == b"what the user had copied")
            time.sleep(0.2)  # the manager has taken that over, too
        assert copied(virtual) == b"what the user had copied"
    clipboard.close()


def test_where_another_machine_keeps_the_clipboard_nothing_of_it_is_pasted(virtual: VirtualDesktop) -> None:
    copy(virtual, b"what the user had copied")
    clipboard = OwnedClipboard(virtual.display, control=Control())
    pressed: list[bytes | None] = []
    with managed(virtual, "foreign"):
        for _ in range(5):
            with suppress(Retry):
                clipboard.paste("ours", into=None, press=lambda _: pressed.append(copied(virtual)))
        assert set(pressed) <= {b"ours"}
        eventually(lambda: copied(virtual) == b"theirs")
    clipboard.close()


def test_the_process_of_a_run_that_has_ended_leaves_the_same_text_to_the_next_run(virtual: VirtualDesktop) -> None:
    copy(virtual, b"before")
    for _ in range(3):
        clipboard = OwnedClipboard(virtual.display, control=Control())
        assert paste_by_xclip(virtual, clipboard, "ours") == b"ours"
        clipboard.close()
        assert copied(virtual) == b"before"


def test_every_kind_of_what_was_copied_is_put_back(virtual: VirtualDesktop, clipboard: OwnedClipboard) -> None:
    copy(virtual, b"{\\rtf1 hello}", kind="application/rtf")
    paste_by_xclip(virtual, clipboard, "ours")
    assert copied(virtual, kind="application/rtf") == b"{\\rtf1 hello}"


def paste_by_xclip(virtual: VirtualDesktop, clipboard: OwnedClipboard, text: str) -> bytes | None:
    """What another program gets while `text` is lent."""
    pasted: list[bytes | None] = []
    clipboard.paste(text, into=None, press=lambda _: pasted.append(copied(virtual)))
    return pasted[0]
