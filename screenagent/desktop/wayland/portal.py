"""Opens a desktop by its portals: the user allows it in the desktop's own dialog, once.

This is the way on KDE and on other desktops with portals, and on GNOME for who does not want mutter's own services
to be used. The portals tell nothing of windows: on GNOME our extension of its shell does, if it is there; elsewhere
windows are known by their titles only.
"""

from __future__ import annotations

import socket
from contextlib import ExitStack, closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from screenagent.control import Control
from screenagent.desktop import NoDesktop
from screenagent.desktop.accessibility.at_spi import AtSpi
from screenagent.desktop.clipboard import Clipboard, OwnedClipboard
from screenagent.desktop.frames import ScreenFrame
from screenagent.desktop.platform import System
from screenagent.desktop.wayland.accessible_windows import AccessibleWindows
from screenagent.desktop.wayland.gnome_board import SessionClipboard
from screenagent.desktop.wayland.gnome_bus import OWN_SESSION, CallRefused, ShellLost
from screenagent.desktop.wayland.gnome_extension import state_of
from screenagent.desktop.wayland.gnome_hand import GnomeHand, GnomeKeys, GnomePointer
from screenagent.desktop.wayland.gnome_listener import listen_by_extension
from screenagent.desktop.wayland.gnome_screen import GnomePictures
from screenagent.desktop.wayland.gnome_session import GnomeMonitor
from screenagent.desktop.wayland.gnome_windows import GnomeWindows
from screenagent.desktop.wayland.pipewire_frames import Frames, open_frames
from screenagent.desktop.wayland.portal_board import NoClipboard, PortalClipboard
from screenagent.desktop.wayland.portal_hand import open_portal_sender
from screenagent.desktop.wayland.portal_listener import listen_by_portal
from screenagent.desktop.wayland.portal_session import PortalLink, PortalSession
from screenagent.desktop.wayland.portal_token import RestoreToken
from screenagent.desktop.wayland.send_clock import SendClock
from screenagent.desktop.wayland.session import WaylandSession
from screenagent.desktop.wayland.window_places import WaylandWindowPlaces
from screenagent.geometry import Size

if TYPE_CHECKING:
    from screenagent.desktop.wayland.connection import Output

GONE: Final = (ShellLost, CallRefused)
ENDED: Final = "the session has ended while it was worked on"
CHANGED: Final = "the screen can no longer be captured as it was: its size has changed from {before} to {now}"
WITHOUT_PLACES: Final = "the portals tell nothing of windows, so {task}; click on it, or ask for it by the keys"
DATA_CONTROL: Final = ("ext_data_control_manager_v1", "zwlr_data_control_manager_v1")


def open_portal(stack: ExitStack, session: WaylandSession, *, control: Control, token_file: Path | None) -> System:
    """Open the session for as long as `stack` is; the user is asked unless the token in the file spares that.

    Raise `NoDesktop` with a sentence that says what is missing, or that the user has not allowed it.
    """
    link = PortalLink(
        session.session_bus or OWN_SESSION,
        token=RestoreToken(token_file),
        control=control,
        monitors=_monitors_of(session),
        ended=lambda: control.end(NoDesktop(ENDED)),
    )
    stack.enter_context(closing(link))
    clock = SendClock()
    shell = GnomeWindows(link) if session.is_gnome and state_of(link.bus).ok else None
    group = shell.layout_in_use if shell else link.session().layout_in_use
    hand = GnomeHand(link, group=group, open_sender=partial(open_portal_sender, clock=clock))
    stack.enter_context(closing(hand))
    system = System(
        windows=shell or stack.enter_context(closing(AccessibleWindows(link, without=WITHOUT_PLACES))),
        clipboard=_clipboard(stack, session, link, control),
        pointer=GnomePointer(hand, asked=shell.pointer if shell else lambda: None),
        keys=GnomeKeys(hand),
        pictures=lambda _: PortalPictures(link),
        listen=partial(listen_by_portal, link, session, clock),
        display=session.name,
        gone=GONE,
        monitors=link.places,
    )
    if shell is None:
        return system
    link.session().other_caps_lock = shell.has_caps_lock
    return _with_extension(stack, session, system, shell, link.address)


def _with_extension(
    stack: ExitStack, session: WaylandSession, system: System, shell: GnomeWindows, address: str
) -> System:
    """Add what takes our extension of GNOME Shell: the places of windows, and keys and touches with their devices."""
    places = partial(WaylandWindowPlaces, session, shell, outlines=shell.outlines)
    return replace(
        system,
        listen=partial(listen_by_extension, address),
        own=shell.own,
        floating=shell.floating,
        accessibility=stack.enter_context(closing(AtSpi(places, gone=GONE))),
    )


class PortalPictures(GnomePictures):
    """Pictures of the shared screens. A screen that changes its size is not taken for the one that was shared."""

    def __init__(self, link: PortalLink) -> None:
        super().__init__(link, open_frames=partial(_open_frames, link.session()))
        self._sizes: dict[str, tuple[int, int]] = {}

    def grab(self, monitor: str) -> ScreenFrame:
        frame = super().grab(monitor)
        height, width = frame.shape
        before = self._sizes.setdefault(monitor, (width, height))
        if before != (width, height):
            raise NoDesktop(CHANGED.format(before="x".join(map(str, before)), now=f"{width}x{height}"))
        return frame


def _monitors_of(session: WaylandSession) -> tuple[GnomeMonitor, ...]:
    """Return the monitors as the compositor tells them to every program; none if `pywayland` is not there."""
    try:
        from screenagent.desktop.wayland.connection import CompositorConnection
    except ImportError:
        return ()
    try:
        with closing(CompositorConnection(session)) as connection:
            outputs = connection.outputs()
            return tuple(_monitor(output) for output in outputs if all((*output.mode, output.width)))
    except NoDesktop:
        return ()


def _monitor(output: Output) -> GnomeMonitor:
    width, height = output.mode
    if output.transform % 2:  # it is turned by a quarter
        width, height = height, width
    place = output.place._replace(scale=width / output.width)
    return GnomeMonitor(place, Size(width=width, height=height), is_primary=False)


def _open_frames(session: PortalSession, node: int, size: Size) -> Frames:
    return open_frames(node, size, remote=lambda: _socket(session.pipewire()))


def _socket(descriptor: int) -> socket.socket:
    return socket.socket(fileno=descriptor)


def _clipboard(stack: ExitStack, session: WaylandSession, link: PortalLink, control: Control) -> Clipboard:
    """Return the portal's clipboard, else the one that compositors such as KWin offer to clipboard managers."""
    if link.session().has_board:
        return stack.enter_context(closing(SessionClipboard(link, PortalClipboard, control=control)))
    if _has_data_control(session):
        return stack.enter_context(closing(OwnedClipboard(session, control=control)))
    return NoClipboard()


def _has_data_control(session: WaylandSession) -> bool:
    try:
        from screenagent.desktop.wayland.connection import CompositorConnection
    except ImportError:
        return False
    try:
        with closing(CompositorConnection(session)) as connection:
            return any(map(connection.offers, DATA_CONTROL))
    except NoDesktop:
        return False
