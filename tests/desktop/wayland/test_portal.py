"""The way by portals, against portals on a bus of the test's own: consent, input, clipboard, keys, refusals."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("jeepney")

from screenagent.control import Control, Stopped, until
from screenagent.desktop import NoDesktop
from screenagent.desktop.frames import MonitorPlace
from screenagent.desktop.sent_input import SentInput
from screenagent.desktop.user_input import MonitorOptions, UserInputMonitor
from screenagent.desktop.wayland.gnome_board import SessionClipboard
from screenagent.desktop.wayland.gnome_bus import SessionBus, ShellLost
from screenagent.desktop.wayland.gnome_session import GnomeMonitor
from screenagent.desktop.wayland.portal_board import PortalClipboard
from screenagent.desktop.wayland.portal_hand import NotifySender, TimedSender
from screenagent.desktop.wayland.portal_listener import listen_by_portal, trigger
from screenagent.desktop.wayland.portal_requests import Portals
from screenagent.desktop.wayland.portal_session import PortalLink, caps_lock_is_lit
from screenagent.desktop.wayland.portal_token import RestoreToken
from screenagent.desktop.wayland.send_clock import SendClock
from screenagent.desktop.wayland.session import session_of
from screenagent.geometry import Display, Pixel, Size
from screenagent.keys import UserKeys
from tests.desktop.wayland.mock_portal import ALL, STREAM, MockPortal
from tests.desktop.wayland.session_bus import session_bus

SESSION = session_of({"WAYLAND_DISPLAY": "wayland-that-is-not-there"})
TOUCHLESS = {"corner": False, "touch": False}


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with session_bus(tmp_path_factory.mktemp("bus"), activates=False) as address:
        yield address


@pytest.fixture
def portal(bus: str) -> Iterator[MockPortal]:
    with MockPortal(bus) as portal:
        yield portal


@pytest.fixture
def token(tmp_path: Path) -> Path:
    return tmp_path / "state" / "token"


@contextmanager
def linked(bus: str, token: Path | None = None, **options: Any) -> Iterator[PortalLink]:
    with closing(PortalLink(bus, token=RestoreToken(token), control=Control(), **options)) as link:
        yield link


def option(portal: MockPortal, method: str, name: str) -> Any:
    """Return an option of the only call of a method; None if it has none of this name."""
    (body,) = portal.called(method)
    return body[-1].get(name, (None, None))[1]


def test_one_session_is_asked_for_mouse_keyboard_and_whole_screens(bus: str, portal: MockPortal) -> None:
    with linked(bus) as link:
        handle = portal.sessions["RemoteDesktop"]
        assert [(call.portal, call.method) for call in portal.calls] == [
            ("RemoteDesktop", "CreateSession"),
            ("RemoteDesktop", "SelectDevices"),
            ("ScreenCast", "SelectSources"),
            ("Clipboard", "RequestClipboard"),
            ("RemoteDesktop", "Start"),
        ]
        assert {call.body[0] for call in portal.calls[1:]} == {handle}
        assert option(portal, "SelectDevices", "types") == 3
        assert option(portal, "SelectDevices", "persist_mode") == 2
        assert (option(portal, "SelectSources", "types"), option(portal, "SelectSources", "multiple")) == (1, True)
        assert link.places() == (MonitorPlace("screen-1", 100, 50, 640, 400),)
        assert link.session().has_board
        assert portal.application == "io.screenagent.Agent"
    assert until(lambda: portal.calls[-1].method == "Close", seconds=2.0)


def test_a_monitor_that_is_known_gives_the_stream_its_name_and_scale(bus: str, portal: MockPortal) -> None:
    place = MonitorPlace("eDP-1", 100, 50, 640, 400, 1.5)
    known = GnomeMonitor(place, Size(width=960, height=600), is_primary=False)
    with linked(bus, monitors=(known,)) as link:
        assert link.places() == (place,)
        assert link.session().streams["eDP-1"].monitor.picture == Size(width=960, height=600)


def test_the_token_is_used_once_and_its_successor_is_kept_for_its_owner_only(
    bus: str, portal: MockPortal, token: Path
) -> None:
    with linked(bus, token):
        assert option(portal, "SelectDevices", "restore_token") is None
    assert token.read_text() == "next-token"
    assert stat.S_IMODE(token.stat().st_mode) == 0o600
    assert stat.S_IMODE(token.parent.stat().st_mode) == 0o700
    portal.calls.clear()
    portal.answers["Start"] = (0, portal.allowed(restore_token=("s", "third")))
    with linked(bus, token):
        assert option(portal, "SelectDevices", "restore_token") == "next-token"
    assert token.read_text() == "third"
    allowed = portal.allowed()
    del allowed["restore_token"]  # the user does not want it to be remembered
    portal.answers["Start"] = (0, allowed)
    with linked(bus, token):
        assert not token.exists()


@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_a_token_that_others_can_read_is_not_used(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "token"
    file.write_text("abc")
    file.chmod(0o600)
    assert RestoreToken(file).read() == "abc"
    file.chmod(mode)
    assert RestoreToken(file).read() is None


def test_a_token_behind_a_link_or_a_pipe_is_not_used_and_the_link_is_replaced(tmp_path: Path) -> None:
    theirs, ours, pipe = tmp_path / "theirs", tmp_path / "ours", tmp_path / "pipe"
    theirs.write_text("abc")
    theirs.chmod(0o600)
    ours.symlink_to(theirs)
    os.mkfifo(pipe, 0o600)
    assert RestoreToken(ours).read() is None
    assert RestoreToken(pipe).read() is None
    assert RestoreToken(tmp_path / "none").read() is None
    RestoreToken(ours).replace("new")
    assert (ours.is_symlink(), ours.read_text(), theirs.read_text()) == (False, "new", "abc")


def test_an_older_portal_is_asked_for_no_token(bus: str, token: Path) -> None:
    with MockPortal(bus, versions=ALL | {"RemoteDesktop": 1}) as portal, linked(bus, token) as link:
        assert option(portal, "SelectDevices", "persist_mode") is None
        assert link.session().input_socket() is None
        assert not portal.called("ConnectToEIS")


@pytest.mark.parametrize(
    ("answer", "said"), [(1, "you did not allow the agent.*cancelled"), (2, "ended its question without your answer")]
)
def test_a_denial_is_a_sentence(bus: str, portal: MockPortal, token: Path, answer: int, said: str) -> None:
    portal.answers["Start"] = (answer, {})
    with pytest.raises(NoDesktop, match=said), linked(bus, token):
        pass
    assert until(lambda: portal.calls[-1].method == "Close", seconds=2.0)
    assert not token.exists()


def test_a_question_that_nobody_answers_is_taken_back(bus: str, portal: MockPortal) -> None:
    portal.answers["Start"] = None
    with closing(SessionBus(bus)) as own:
        portals = Portals(own, control=Control())
        with pytest.raises(NoDesktop, match=r"about the keys was not answered within 0.2 s"):
            portals.ask("RemoteDesktop", "Start", "os", "/session", "", options={}, what="the keys", seconds=0.2)
        assert [call.method for call in portal.calls] == ["Start", "Close"]


def test_a_stop_ends_the_wait_for_the_user(bus: str, portal: MockPortal) -> None:
    portal.answers["Start"] = None
    control = Control()
    threading.Timer(0.2, control.stop).start()
    with pytest.raises(Stopped):
        PortalLink(bus, token=RestoreToken(None), control=control)
    assert until(lambda: [call.method for call in portal.calls][-2:] == ["Close", "Close"], seconds=2.0)


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        (("RemoteDesktop", "ScreenCast"), "the portal RemoteDesktop, the portal ScreenCast"),
        (("ScreenCast",), "the portal ScreenCast, without"),
    ],
)
def test_each_portal_that_is_missing_is_named(bus: str, missing: tuple[str, ...], said: str) -> None:
    versions = {name: version for name, version in ALL.items() if name not in missing}
    with MockPortal(bus, versions=versions), pytest.raises(NoDesktop, match=said), linked(bus):
        pass


def test_a_portal_without_a_mouse_or_whole_screens_is_refused(bus: str, portal: MockPortal) -> None:
    portal.properties |= {"AvailableDeviceTypes": 1, "AvailableSourceTypes": 2}
    said = "the mouse in the portal RemoteDesktop, whole screens in the portal ScreenCast"
    with pytest.raises(NoDesktop, match=said), linked(bus):
        pass


def test_a_session_without_portals_says_what_to_install(bus: str) -> None:
    with pytest.raises(NoDesktop, match="install xdg-desktop-portal"), linked(bus):
        pass


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"devices": ("u", 2)}, "you did not allow the agent to use the keyboard"),
        ({"devices": ("u", 0)}, "the keyboard and the mouse"),
        ({"streams": ("a(ua{sv})", [])}, "no screen was shared"),
        ({"streams": ("a(ua{sv})", [(42, {**STREAM, "source_type": ("u", 2)})])}, "choose a whole screen"),
    ],
)
def test_a_consent_in_part_is_refused_by_name(
    bus: str, portal: MockPortal, changed: dict[str, tuple[str, Any]], said: str
) -> None:
    portal.answers["Start"] = (0, portal.allowed(**changed))
    with pytest.raises(NoDesktop, match=said), linked(bus):
        pass


def test_without_eis_the_portals_own_calls_are_sent(bus: str, portal: MockPortal) -> None:
    with linked(bus) as link:
        clock = SendClock()
        sender = TimedSender(NotifySender(link.session()), clock)
        sender.move(110, 70)
        sender.button(0x110, pressed=True)
        sender.button(0x110, pressed=False)
        sender.wheel(0, -1)
        sender.wheel(1, 0)
        sender.key(30, pressed=True)
        assert clock.has_sent_since(clock.begun_at)
        handle = portal.sessions["RemoteDesktop"]
        notified = [(call.method, call.body) for call in portal.calls if call.method.startswith("Notify")]
        assert notified == [
            ("NotifyPointerMotionAbsolute", (handle, {}, 42, 10.0, 20.0)),
            ("NotifyPointerButton", (handle, {}, 0x110, 1)),
            ("NotifyPointerButton", (handle, {}, 0x110, 0)),
            ("NotifyPointerAxisDiscrete", (handle, {}, 0, -1)),
            ("NotifyPointerAxisDiscrete", (handle, {}, 1, 1)),
            ("NotifyKeyboardKeycode", (handle, {}, 30, 1)),
        ]


def test_once_the_consent_is_withdrawn_nothing_more_is_sent(bus: str, portal: MockPortal) -> None:
    with linked(bus) as link:
        session = link.session()
        sender = NotifySender(session)
        portal.end_session()
        assert until(lambda: session.has_ended, seconds=2.0)
        sent = len(portal.calls)
        with pytest.raises(ShellLost, match="no longer shared"):
            sender.key(30, pressed=True)
        with pytest.raises(ShellLost):
            link.session()
        assert len(portal.calls) == sent


def listening(link: PortalLink, control: Control, heeds: MonitorOptions) -> UserInputMonitor:
    assert SESSION
    desktop: Any = SimpleNamespace(
        ledger=SentInput(),
        listen=partial(listen_by_portal, link, SESSION, SendClock()),
        display=Display(name="screen-1", origin=Pixel(x=0, y=0), size=Size(width=640, height=400)),
    )
    return UserInputMonitor(desktop, control=control, heeds=heeds)


KEYS = UserKeys(stop=("ctrl", "shift", "escape"), yes=("ctrl", "alt", "y"), no=())


def test_the_keys_of_the_portal_stop_the_agent(bus: str, portal: MockPortal) -> None:
    control = Control()
    portal.answers["BindShortcuts"] = (0, {"shortcuts": ("a(sa{sv})", [("stop", {}), ("yes", {})])})
    with linked(bus) as link, listening(link, control, MonitorOptions(keys=KEYS, **TOUCHLESS)):
        handle = portal.sessions["GlobalShortcuts"]
        ((session, shortcuts, parent, _),) = portal.called("BindShortcuts")
        assert (session, parent) == (handle, "")
        assert {id: about["preferred_trigger"][1] for id, about in shortcuts} == {
            "stop": "CTRL+SHIFT+Escape",
            "yes": "CTRL+ALT+y",
        }
        for session, id in (("/of/another/program", "stop"), (handle, "no"), (handle, "stop")):
            assert not control.stopped
            portal.say("GlobalShortcuts", "Activated", "osta{sv}", (session, id, 1, {}))
        assert until(lambda: control.stopped, seconds=2.0)
    assert portal.called("Close")


@pytest.mark.parametrize(
    "bound",
    [
        (1, {}),
        (0, {"shortcuts": ("a(sa{sv})", [("yes", {})])}),
        (0, {"shortcuts": ("a(sa{sv})", [("stop", {"trigger_description": ("s", "")})])}),
    ],
)
def test_without_keys_that_stop_a_run_is_refused(bus: str, portal: MockPortal, bound: Any) -> None:
    portal.answers["BindShortcuts"] = bound
    heeds = MonitorOptions(keys=KEYS, **TOUCHLESS)
    with linked(bus) as link, pytest.raises(NoDesktop, match="stop_keys"), listening(link, Control(), heeds):
        pass


def test_a_desktop_without_global_shortcuts_does_for_who_does_without_stop_keys(bus: str) -> None:
    versions = {name: version for name, version in ALL.items() if name != "GlobalShortcuts"}
    with MockPortal(bus, versions=versions), linked(bus) as link:
        with pytest.raises(NoDesktop, match="does not offer the portal GlobalShortcuts"):
            listening(link, Control(), MonitorOptions(keys=KEYS, **TOUCHLESS)).__enter__()
        with listening(link, Control(), MonitorOptions(keys=UserKeys(stop=()), **TOUCHLESS)):
            pass


def test_a_desktop_that_tells_of_no_touches_says_so(bus: str, portal: MockPortal) -> None:
    heeds = MonitorOptions(keys=UserKeys(stop=()), corner=False)
    with linked(bus) as link, pytest.raises(NoDesktop, match="pause_on_user_input"):
        listening(link, Control(), heeds).__enter__()


@pytest.mark.parametrize(
    ("keys", "written"),
    [
        (("ctrl", "shift", "escape"), "CTRL+SHIFT+Escape"),
        (("f12",), "F12"),
        (("super", "alt", "n"), "ALT+LOGO+n"),
        (("ctrl", "page_up"), "CTRL+Page_Up"),
    ],
)
def test_keys_are_written_as_the_portal_takes_them(keys: tuple[str, ...], written: str) -> None:
    assert trigger(keys) == written


def test_the_light_of_caps_lock_tells_where_nothing_else_does(tmp_path: Path) -> None:
    assert not caps_lock_is_lit(tmp_path)
    for name, value in (("input3::capslock", "0"), ("input3::numlock", "1"), ("input7::capslock", "1")):
        assert not caps_lock_is_lit(tmp_path)
        (tmp_path / name).mkdir()
        (tmp_path / name / "brightness").write_text(f"{value}\n")
    assert caps_lock_is_lit(tmp_path)


def test_what_was_copied_is_read_and_what_is_lent_is_handed_out(bus: str, portal: MockPortal) -> None:
    with linked(bus) as link:
        handle = portal.sessions["RemoteDesktop"]
        told = {"mime_types": ("as", ["text/html"]), "session_is_owner": ("b", False)}
        portal.say("Clipboard", "SelectionOwnerChanged", "oa{sv}", (handle, told))  # before anybody pastes
        written, into = os.pipe()
        portal.descriptors = {
            "SelectionRead": lambda body: pipe_with(f"their {body[1]}"),
            "SelectionWrite": lambda _: into,
        }
        with closing(SessionClipboard(link, PortalClipboard, control=Control())) as board:
            portal.descriptors["SelectionRead"] = lambda body: pipe_with(f"their {body[1]}")
            assert until(lambda: link.session()._board_told is not None, seconds=2.0)
            board.enable()
            assert board.held() == {"text/html": b"their text/html"}
            told = {"mime_types": ("as", ["text/plain"]), "session_is_owner": ("b", False)}
            portal.say("Clipboard", "SelectionOwnerChanged", "oa{sv}", ("/another", {"mime_types": ("as", ["x"])}))
            portal.say("Clipboard", "SelectionOwnerChanged", "oa{sv}", (handle, told))
            assert until(lambda: board.held() == {"text/plain": b"their text/plain"}, seconds=2.0)
            offer = board.put({"text/plain": "grüße".encode()})
            assert portal.called("SetSelection") == [(handle, {"mime_types": ("as", ["text/plain"])})]
            portal.say("Clipboard", "SelectionTransfer", "osu", (handle, "text/plain", 7))
            assert os.read(written, 100).decode() == "grüße"
            assert offer.fetched.wait(2.0)
            assert portal.called("SelectionWriteDone") == [(handle, 7, True)]
        os.close(written)


def pipe_with(text: str) -> int:
    read, write = os.pipe()
    os.write(write, text.encode())
    os.close(write)
    return read
