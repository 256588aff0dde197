"""KDE's compositor by the way of portals: input, text, clipboard, the window in front and touches.

The portals are those of the test: they hand out KWin's own EIS. KDE's dialogs and its pictures are not tried here.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from types import SimpleNamespace
from typing import Any, Final

import pytest
from jeepney import DBusAddress

from screenagent.control import Control, until
from screenagent.desktop.clipboard import OwnedClipboard
from screenagent.desktop.json_lines import Child, module_command
from screenagent.desktop.platform import System
from screenagent.desktop.sent_input import SentInput
from screenagent.desktop.user_input import MonitorOptions, UserInputMonitor
from screenagent.desktop.wayland.eis import EisSender
from screenagent.desktop.wayland.gnome_bus import SessionBus
from screenagent.desktop.wayland.opening import open_wayland
from screenagent.desktop.wayland.session import session_of
from screenagent.geometry import Display, Pixel, Size
from screenagent.keys import UserKeys
from tests.desktop.wayland.mock_portal import ALL, MockPortal

pytestmark = pytest.mark.wayland

KWIN: Final = DBusAddress("/org/kde/KWin/EIS/RemoteDesktop", "org.kde.KWin", "org.kde.KWin.EIS.RemoteDesktop")
KEYBOARD_AND_MOUSE: Final = 3
WHOLE: Final = {"position": ("(ii)", (0, 0)), "size": ("(ii)", (1280, 720)), "source_type": ("u", 1)}


@pytest.fixture(scope="module")
def kwin() -> Iterator[SessionBus]:
    assert os.environ.get("WAYLAND_DISPLAY") == "wl-kwin", "run these tests inside tests/wayland_kde/kwin.sh"
    with closing(SessionBus()) as bus:
        yield bus


def eis_of(kwin: SessionBus) -> int:
    return int(kwin.call(KWIN, "connectToEIS", "i", KEYBOARD_AND_MOUSE)[0].to_raw_fd())


@pytest.fixture(scope="module")
def person(kwin: SessionBus) -> Iterator[EisSender]:
    """Somebody else at the session, there from the start: the first key and click make the seat's devices."""
    with closing(EisSender(eis_of(kwin))) as person:
        person.move(5, 300)
        for pressed in (True, False):
            person.key(42, pressed=pressed)
        yield person


@pytest.fixture
def system(kwin: SessionBus, person: EisSender) -> Iterator[System]:
    session = session_of(os.environ)
    assert session
    versions = {name: version for name, version in ALL.items() if name != "Clipboard"}
    with MockPortal(os.environ["DBUS_SESSION_BUS_ADDRESS"], versions=versions) as portal, ExitStack() as stack:
        portal.descriptors["ConnectToEIS"] = lambda _: eis_of(kwin)
        portal.answers["Start"] = (0, portal.allowed(streams=("a(ua{sv})", [(42, WHOLE)])))
        portal.answers["BindShortcuts"] = (0, {"shortcuts": ("a(sa{sv})", [("stop", {})])})
        yield open_wayland(stack, session, control=Control())


@pytest.fixture
def program(system: System) -> Iterator[Child]:
    child = Child(module_command("tests.wayland.gtk_probe", "--title=Alone"), environment=dict(os.environ))
    assert heard(child, "ready", seconds=10.0)
    assert until(lambda: (front := system.windows.foreground()) is not None and front.title == "Alone", seconds=10.0)
    yield child
    child.kill()


def heard(child: Child, event: str, *, seconds: float = 3.0) -> dict[str, Any]:
    end = time.monotonic() + seconds
    while (said := child.hear(end - time.monotonic())) is not None:
        if said["event"] == event:
            return said
    raise TimeoutError(f"the program did not say {event!r}")


def test_a_click_is_reacted_to_within_twenty_milliseconds(system: System, program: Child) -> None:
    spent = []
    for number in range(21):
        begin = time.monotonic()
        system.pointer.move(Pixel(x=640 + number, y=360))
        for pressed in (True, False):
            system.pointer.button(1, pressed=pressed)
        spent.append(1000 * (heard(program, "press")["at"] - begin))
    print(f"click: p50 {statistics.median(spent[1:]):.1f} ms, max {max(spent[1:]):.1f} ms")
    assert statistics.median(spent[1:]) <= 20


def test_text_arrives_by_keys_and_by_the_clipboard(system: System, program: Child) -> None:
    for character in "qz":
        press(system, character)
    assert until(lambda: heard(program, "text")["text"] == "qz", seconds=3.0)
    assert system.keys.find("你") is None
    assert isinstance(system.clipboard, OwnedClipboard)
    system.clipboard.paste("grüße, 你好", into=None, press=lambda keys: press(system, *keys))
    assert heard(program, "text")["text"] == "qzgrüße, 你好"


def press(system: System, *names: str) -> None:
    strokes = [system.keys.named(name) or system.keys.find(name) for name in names]
    for pressed in (True, False):
        for stroke in strokes if pressed else reversed(strokes):
            assert stroke
            system.keys.send(stroke, pressed=pressed)


def test_the_window_in_front_has_no_place_and_the_monitor_its_name(system: System, program: Child) -> None:
    front = system.windows.foreground()
    assert front
    assert (front.title, front.box, system.windows.edges(front)) == ("Alone", None, None)
    assert [place.name for place in system.monitors()] == ["Virtual-0"]


def test_touches_pause_and_own_input_never_does(system: System, person: EisSender) -> None:
    control, ledger = Control(), SentInput()
    display = Display(name="Virtual-0", origin=Pixel(x=0, y=0), size=Size(width=1280, height=720))
    desktop: Any = SimpleNamespace(ledger=ledger, listen=system.listen, display=display)
    heeds = MonitorOptions(keys=UserKeys(stop=("ctrl", "shift", "escape")), corner=False)
    with UserInputMonitor(desktop, control=control, heeds=heeds):
        late = []
        for number in range(20):
            for step in range(50):
                system.pointer.move(Pixel(x=300 + step, y=300 + number))
            time.sleep(0.1)
            assert not control.paused, f"own input paused it before touch {number}"
            begin = time.monotonic()
            person.move(500 + number, 400)
            assert until(lambda: control.paused, seconds=1.0, poll=0.001), f"touch {number} was not noticed"
            late.append(1000 * (time.monotonic() - begin))
            time.sleep(0.1)
            control.resume()
    print(f"touches: p50 {statistics.median(late):.0f} ms, max {max(late):.0f} ms; own moves: {20 * 50}")
    assert max(late) <= 30
