"""Emulated input by EIS, against the other end of libei; the connection comes from a portal on the test's own bus.

Debian 12 has no libei: there these tests are left out, and `make wayland` runs them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path

import pytest

pytest.importorskip("libei")

from libei import ei

from screenagent.control import Control, until
from screenagent.desktop.keyboard import Stroke
from screenagent.desktop.wayland import eis
from screenagent.desktop.wayland.eis import EisSender, InputLost
from screenagent.desktop.wayland.gnome_bus import ShellLost
from screenagent.desktop.wayland.gnome_hand import GROUP_SECONDS, GnomeHand, GnomeKeys, GnomePointer
from screenagent.desktop.wayland.portal_hand import open_portal_sender
from screenagent.desktop.wayland.portal_session import KeyState, PortalLink
from screenagent.desktop.wayland.portal_token import RestoreToken
from screenagent.desktop.wayland.send_clock import SendClock
from screenagent.geometry import Pixel
from tests.desktop.wayland.eis_server import EisServer
from tests.desktop.wayland.mock_portal import MockPortal
from tests.desktop.wayland.session_bus import session_bus
from tests.desktop.wayland.test_xkb_layout import KEYMAP

pytestmark = pytest.mark.skipif(not ei.is_available(), reason="needs libei 1.0, which this machine does not have")
CAPS_LOCK = 1 << 1


@pytest.fixture
def server() -> Iterator[EisServer]:
    with EisServer(KEYMAP.format(symbols="us+de:2").encode() + b"\0") as server:
        yield server


@pytest.fixture
def link(server: EisServer, tmp_path: Path) -> Iterator[PortalLink]:
    with ExitStack() as stack:
        bus = stack.enter_context(session_bus(tmp_path, activates=False))
        portal = stack.enter_context(MockPortal(bus))
        portal.descriptors["ConnectToEIS"] = lambda _: server.new_client()
        yield stack.enter_context(closing(PortalLink(bus, token=RestoreToken(None), control=Control())))


@pytest.fixture
def hand(link: PortalLink) -> Iterator[GnomeHand]:
    open_sender = partial(open_portal_sender, clock=SendClock())
    with closing(GnomeHand(link, group=link.session().layout_in_use, open_sender=open_sender)) as hand:
        yield hand


def heard(server: EisServer, *expected: tuple[object, ...]) -> None:
    assert until(lambda: len(server.received) >= len(expected), seconds=2.0)
    assert server.received == [*expected]


def test_what_is_sent_has_arrived_in_its_order_when_it_returns(server: EisServer, hand: GnomeHand) -> None:
    pointer, keys = GnomePointer(hand, asked=lambda: None), GnomeKeys(hand)
    pointer.move(Pixel(x=300, y=200))
    pointer.button(1, pressed=True)
    pointer.button(1, pressed=False)
    pointer.turn_wheel(5)
    pointer.turn_wheel(6)
    keys.send(Stroke(30, 30), pressed=True)
    keys.send(Stroke(30, 30), pressed=False)
    assert server.received == [
        ("move", 300.0, 200.0),
        ("button", 0x110, True),
        ("button", 0x110, False),
        ("wheel", 0, 120),
        ("wheel", -120, 0),
        ("key", 30, True),
        ("key", 30, False),
    ]


def test_nobody_has_told_which_layout_is_in_use_so_that_no_character_is_a_key(hand: GnomeHand) -> None:
    keys = GnomeKeys(hand)
    assert keys.find("z") is None
    assert keys.named("ctrl") == Stroke(29, 29)


def test_the_layout_in_use_and_caps_lock_are_told(server: EisServer, hand: GnomeHand, link: PortalLink) -> None:
    session, keys = link.session(), GnomeKeys(hand)
    hand.layout()
    for group, code in ((1, 21), (0, 44)):
        server.modifiers(locked=CAPS_LOCK if group else 0, group=group)

        def is_known(group: int = group) -> bool:
            hand.layout()
            return session.key_state() == KeyState(caps_lock=bool(group), group=group)

        assert until(is_known, seconds=2.0)
        assert session.caps_lock() == bool(group)
        time.sleep(GROUP_SECONDS)
        assert keys.find("z") == Stroke(code, code)


def test_devices_that_are_exchanged_for_others_are_waited_for(server: EisServer, hand: GnomeHand) -> None:
    pointer = GnomePointer(hand, asked=lambda: None)
    server.take_away()
    threading.Timer(0.2, server.give).start()
    pointer.move(Pixel(x=1, y=2))
    heard(server, ("move", 1.0, 2.0))


def test_devices_that_are_taken_back_end_the_input(
    server: EisServer, hand: GnomeHand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(eis, "RESUME_SECONDS", 0.2)
    server.take_away()
    pointer = GnomePointer(hand, asked=lambda: None)
    for x in (1, 2):
        with pytest.raises(ShellLost, match="taken back"):
            pointer.move(Pixel(x=x, y=2))
    assert server.received == []


def test_a_compositor_that_hangs_is_not_waited_for_without_end(
    server: EisServer, hand: GnomeHand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(eis, "ANSWER_SECONDS", 0.2)
    server.hangs.set()
    with pytest.raises(ShellLost, match="does not answer"):
        hand.send(lambda sender: sender.key(30, pressed=False))


def test_a_compositor_that_hangs_up_is_told(server: EisServer) -> None:
    with closing(EisSender(server.new_client())) as sender:
        sender.key(30, pressed=True)
        server.hang_up()

        def is_lost() -> bool:
            try:
                sender.follow()
            except InputLost:
                return True
            return False

        assert until(is_lost, seconds=2.0)
