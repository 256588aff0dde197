"""The desktop of a wlroots compositor: every part that it offers, opened; what it lacks is named."""

from __future__ import annotations

from contextlib import ExitStack, closing
from functools import partial
from typing import Final

from screenagent.control import Control
from screenagent.desktop import NoDesktop
from screenagent.desktop.accessibility.at_spi import AtSpi
from screenagent.desktop.clipboard import OwnedClipboard
from screenagent.desktop.json_lines import module_command
from screenagent.desktop.platform import System
from screenagent.desktop.wayland.connection import GONE, CompositorConnection
from screenagent.desktop.wayland.send_clock import SendClock
from screenagent.desktop.wayland.session import WaylandSession
from screenagent.desktop.wayland.sway_windows import SwayMonitors, SwayOwnWindows, SwayWindows
from screenagent.desktop.wayland.window_places import WaylandWindowPlaces
from screenagent.desktop.wayland.wlroots_hand import WlrootsKeys, WlrootsPointer
from screenagent.desktop.wayland.wlroots_listening import listen_on_wlroots
from screenagent.desktop.wayland.wlroots_screen import WlrootsPictures

NEEDED: Final = {
    "zwlr_screencopy_manager_v1": "capture the screen",
    "zwlr_virtual_pointer_manager_v1": "move the mouse",
    "zwp_virtual_keyboard_manager_v1": "press keys",
}
CURE: Final = "log in to a session of Sway, GNOME or X11, or work on a virtual desktop with --virtual"


def refuse_lacking(session: WaylandSession) -> None:
    """Raise `NoDesktop` that says what a compositor does not let us do, as one whose protocols are switched off."""
    with closing(CompositorConnection(session)) as connection:
        lacking = [what for interface, what in NEEDED.items() if not connection.offers(interface)]
    if lacking:
        raise NoDesktop(f"this Wayland compositor does not let a program {' or '.join(lacking)}: {CURE}")


def open_wlroots(stack: ExitStack, session: WaylandSession, path: str, *, control: Control) -> System:
    """Open a session of Sway, which is asked at the socket `path`, for as long as `stack` is.

    Raise `NoDesktop` that names what it lacks.
    """
    refuse_lacking(session)
    sent = SendClock()
    pointer = stack.enter_context(closing(WlrootsPointer(session, sent)))
    keys = stack.enter_context(closing(WlrootsKeys(session, sent)))
    windows = stack.enter_context(
        closing(SwayWindows(path, pointer=lambda: pointer.position, caps_lock=lambda: keys.has_caps_lock))
    )
    own = stack.enter_context(closing(SwayOwnWindows(path)))
    return System(
        windows=windows,
        clipboard=stack.enter_context(closing(OwnedClipboard(session, control=control))),
        pointer=pointer,
        keys=keys,
        pictures=lambda _: WlrootsPictures(session),
        listen=partial(listen_on_wlroots, session, path, sent=sent, own_has_keys=own.has_keys),
        display=session.name,
        watchdog=module_command("screenagent.desktop.wayland.release_watchdog", session.socket),
        gone=GONE,
        own=own,
        floating=windows.floating,
        monitors=stack.enter_context(closing(SwayMonitors(path))),
        accessibility=stack.enter_context(closing(AtSpi(partial(WaylandWindowPlaces, session, windows), gone=GONE))),
    )
