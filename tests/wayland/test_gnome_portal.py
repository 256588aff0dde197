"""The way by portals on GNOME: its own dialog asks, a person clicks on Share, and after that nobody is asked."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

import pytest

from screenagent.actions import TypeText
from screenagent.control import Control, until
from screenagent.desktop import NoDesktop, WaylandWay
from screenagent.desktop.local import LocalDesktop
from screenagent.desktop.testing.contract import DesktopContract, Rig, perform_input
from screenagent.desktop.wayland.gnome_bus import ShellLost
from screenagent.desktop.wayland.gnome_hand import GnomeHand, GnomeKeys, GnomePointer, Sender
from screenagent.desktop.wayland.gnome_windows import ShellExtension, ShellWindow
from screenagent.desktop.wayland.portal_hand import NotifySender, open_portal_sender
from screenagent.desktop.wayland.portal_session import PortalLink
from screenagent.desktop.wayland.portal_token import RestoreToken
from screenagent.desktop.wayland.send_clock import SendClock
from tests.wayland.clipboard import Copied
from tests.wayland.conftest import GnomeRig, Person

pytestmark = pytest.mark.skipif(os.environ.get("CASE") != "portal", reason="a session of its own: CASE=portal")

CANCEL: Final = (50, 23)  # in the dialog of xdg-desktop-portal-gnome 48
INTERACTION: Final = (586, 157)
SHARE: Final = (612, 23)
STOP_SIGN: Final = (1201, 16)  # in the top bar, while the screen is shared
DRAWN_SECONDS: Final = 1.0  # after its window is there, until it takes clicks
DIALOG_SECONDS: Final = 30.0

T = TypeVar("T")


@dataclass(frozen=True)
class Dialog:
    """The dialog by which GNOME asks."""

    person: Person
    shell: ShellExtension

    def click(self, *places: tuple[int, int]) -> None:
        assert until(lambda: self._window() is not None, seconds=DIALOG_SECONDS), "nobody is asked"
        time.sleep(DRAWN_SECONDS)
        for x, y in places:
            window = self._window()
            assert window
            self.person.move(window.frame[0] + x, window.frame[1] + y)
            for pressed in (True, False):
                self.person.hand.send(partial(_press, pressed=pressed))
            time.sleep(0.5)  # a switch moves to its other side

    def answered(self, open_it: Callable[[], T], *places: tuple[int, int]) -> T:
        """Return what `open_it` returns once the dialog that it causes was clicked at these places."""
        with ThreadPoolExecutor(1) as pool:
            opening: Future[T] = pool.submit(open_it)
            self.click(*places)
            return opening.result(timeout=DIALOG_SECONDS)

    def is_there(self) -> bool:
        return self._window() is not None

    def _window(self) -> ShellWindow | None:
        portals = (each for each in self.shell.look().managed() if each.window.app == "xdg-desktop-portal-gnome")
        return next((each for each in portals if each.frame[2] > each.frame[0]), None)


@pytest.fixture
def dialog(person: Person, shell: ShellExtension) -> Dialog:
    return Dialog(person, shell)


@pytest.fixture(scope="module")
def way(person: Person, tmp_path_factory: pytest.TempPathFactory) -> WaylandWay:
    """What the user has allowed once, in the dialog."""
    way = WaylandWay(by_portal=True, token=tmp_path_factory.mktemp("state") / "token")
    dialog = Dialog(person, ShellExtension(person.link.bus))
    dialog.answered(partial(LocalDesktop, wayland=way), INTERACTION, SHARE).close()
    assert way.token
    assert way.token.stat().st_mode & 0o777 == 0o600
    return way


@contextmanager
def linked(way: WaylandWay) -> Iterator[PortalLink]:
    with closing(PortalLink(token=RestoreToken(way.token), control=Control())) as link:
        yield link


@pytest.fixture
def rig(way: WaylandWay) -> Iterator[GnomeRig]:
    with LocalDesktop(wayland=way) as desktop:
        yield GnomeRig(desktop, "", lambda control: LocalDesktop(control=control, wayland=way))


def test_a_denial_is_a_sentence(dialog: Dialog) -> None:
    with pytest.raises(NoDesktop, match="you did not allow the agent to see the screen"):
        dialog.answered(partial(LocalDesktop, wayland=WaylandWay(by_portal=True)), CANCEL)


def test_the_screen_alone_is_not_enough(dialog: Dialog) -> None:
    with pytest.raises(NoDesktop, match="you did not allow the agent to use the keyboard and the mouse"):
        dialog.answered(partial(LocalDesktop, wayland=WaylandWay(by_portal=True)), SHARE)


def test_who_has_allowed_it_is_not_asked_again(way: WaylandWay, dialog: Dialog) -> None:
    assert way.token
    tokens = {way.token.read_text()}
    for _ in range(3):
        begin = time.monotonic()
        with LocalDesktop(wayland=way) as desktop:
            spent = time.monotonic() - begin
            assert desktop.screenshot().size.width == desktop.display.size.width == 1280
            assert not dialog.is_there()
        tokens.add(way.token.read_text())
        print(f"opened in {1000 * spent:.0f} ms")
    print(f"{len(tokens)} different tokens")


def test_a_click_is_reacted_to_within_twenty_milliseconds(rig: GnomeRig, way: WaylandWay) -> None:
    with rig.probe() as probe, linked(way) as link:
        open_sender = partial(open_portal_sender, clock=SendClock())
        with closing(GnomeHand(link, open_sender=open_sender)) as hand:
            pointer = GnomePointer(hand, asked=lambda: None)
            spent = []
            for number in range(21):
                pixel = probe.pixel(("one", "two", "three")[number % 3])
                begin = time.monotonic()
                pointer.move(pixel)
                for pressed in (True, False):
                    pointer.button(1, pressed=pressed)
                spent.append(1000 * (probe.wait_for("press", x=pixel.x, y=pixel.y)["at"] - begin))
    print(f"click: p50 {statistics.median(spent[1:]):.1f} ms, max {max(spent[1:]):.1f} ms")
    assert statistics.median(spent[1:]) <= 20


def test_without_libei_the_same_arrives_by_the_portals_own_calls(rig: GnomeRig, way: WaylandWay) -> None:
    with ExitStack() as stack:
        probe, link = stack.enter_context(rig.probe()), stack.enter_context(linked(way))
        hand = stack.enter_context(closing(GnomeHand(link, group=lambda: 0, open_sender=NotifySender)))
        keys, pointer = GnomeKeys(hand), GnomePointer(hand, asked=lambda: None)
        pointer.move(probe.pixel("two"))
        for pressed in (True, False):
            pointer.button(1, pressed=pressed)
        probe.wait_for("press", button=1, x=probe.pixel("two").x, y=probe.pixel("two").y)
        for button in (4, 6):
            pointer.turn_wheel(button)
            probe.wait_for("press", button=button)
        stroke = keys.find("q")
        assert stroke
        for pressed in (True, False):
            keys.send(stroke, pressed=pressed)
        probe.wait_for("text", text="q")
        assert keys.find("你") is None


class TestPortal(DesktopContract):
    def test_the_users_clipboard_is_put_back(self, rig: Rig, person: Person) -> None:  # type: ignore[override]
        with (
            Copied(person.link, {"text/plain;charset=utf-8": b"what the user had copied"}) as copied,
            rig.probe() as probe,
        ):
            for _ in range(3):
                perform_input(rig.desktop, TypeText(text="żółw"))
            probe.wait_for("text", text="żółw" * 3)
            assert until(lambda: copied.now() == b"what the user had copied", seconds=2.0), copied.now()


def test_who_stops_the_sharing_in_the_top_bar_ends_it(way: WaylandWay, person: Person) -> None:
    """The last one: the person's own session ends with it."""
    with linked(way) as link, closing(GnomeHand(link, open_sender=NotifySender)) as hand:
        hand.send(lambda sender: sender.move(10, 300))
        session = link.session()
        for _ in range(3):  # the sign moves into its place
            if not session.has_ended:
                person.move(*STOP_SIGN)
                for pressed in (True, False):
                    person.hand.send(partial(_press, pressed=pressed))
                until(lambda: session.has_ended, seconds=2.0)
        assert session.has_ended
        with pytest.raises(ShellLost, match="no longer shared"):
            hand.send(lambda sender: sender.move(20, 300))


def _press(sender: Sender, *, pressed: bool) -> None:
    sender.button(0x110, pressed=pressed)
