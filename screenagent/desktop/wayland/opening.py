"""Opens a Wayland session by what its compositor offers, or says what is missing there."""

from __future__ import annotations

from contextlib import ExitStack, closing
from typing import Final

from screenagent.control import Control
from screenagent.desktop import BY_THE_DESKTOP, NoDesktop, WaylandWay
from screenagent.desktop.platform import System
from screenagent.desktop.wayland.session import WaylandSession
from screenagent.desktop.wayland.sway_ipc import sway_socket
from screenagent.desktop.wayland.unix_sockets import served_by

NOT_SWAY: Final = (
    "this Wayland compositor is neither Sway nor GNOME, and {reason}; log in to a session of one of them or of X11, "
    "or work on a virtual desktop with --virtual"
)
NOT_THERE: Final = (
    "the Wayland compositor at {socket} cannot be reached; is it running, is it yours? Or work on a virtual desktop "
    "with --virtual"
)


def open_wayland(
    stack: ExitStack, session: WaylandSession, *, control: Control, way: WaylandWay = BY_THE_DESKTOP
) -> System:
    """Open the session for as long as `stack` is. Raise `NoDesktop` with a sentence that says what is missing.

    Sway and GNOME are worked by their own services, and other desktops by their portals, which ask the user.
    """
    if served_by(session.socket) is None:
        raise NoDesktop(NOT_THERE.format(socket=session.socket))
    if way.by_portal:
        return _open_portal(stack, session, control, way)
    if session.is_gnome:
        from screenagent.desktop.wayland.gnome import open_gnome

        return open_gnome(stack, session, control=control)
    if (path := sway_socket(session)) is not None:
        from screenagent.desktop.wayland.wlroots import open_wlroots

        return open_wlroots(stack, session, path, control=control)
    try:
        return _open_portal(stack, session, control, way)
    except NoDesktop as reason:
        raise NoDesktop(NOT_SWAY.format(reason=reason)) from reason


def _open_portal(stack: ExitStack, session: WaylandSession, control: Control, way: WaylandWay) -> System:
    from screenagent.desktop.wayland.portal import open_portal

    return open_portal(stack, session, control=control, token_file=way.token)


def described_session(session: WaylandSession) -> str:
    """Return which session it is, in words: its compositor with its version, as far as that is known, and its name."""
    if session.is_gnome:
        return f"GNOME on Wayland, {session.name}"
    if (path := sway_socket(session)) is None:
        return f"{session.desktop or 'a compositor that is not known'} on Wayland, {session.name}"
    from screenagent.desktop.wayland.sway_ipc import SwayIpc

    with closing(SwayIpc(path)) as sway:
        return f"Sway {sway.version()} on Wayland, {session.name}; the mouse in a corner stops nothing there"
