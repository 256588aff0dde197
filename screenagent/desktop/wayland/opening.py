"""Opens a Wayland session by what its compositor offers, or says what is missing there."""

from __future__ import annotations

from contextlib import ExitStack, closing

from screenagent.control import Control
from screenagent.desktop.platform import System
from screenagent.desktop.wayland.session import WaylandSession


def open_wayland(stack: ExitStack, session: WaylandSession, *, control: Control) -> System:
    """Open the session for as long as `stack` is. Raise `NoDesktop` with a sentence that says what is missing."""
    if session.is_gnome:
        from screenagent.desktop.wayland.gnome import open_gnome

        return open_gnome(stack, session, control=control)
    from screenagent.desktop.wayland.wlroots import open_wlroots

    return open_wlroots(stack, session, control=control)


def described_session(session: WaylandSession) -> str:
    """Return which session it is, in words: its compositor with its version, as far as that is known, and its name."""
    if session.is_gnome:
        return f"GNOME on Wayland, {session.name}"
    from screenagent.desktop.wayland.sway_ipc import SwayIpc, sway_socket

    if (path := sway_socket(session)) is None:
        return f"{session.desktop or 'a compositor that is not known'} on Wayland, {session.name}"
    with closing(SwayIpc(path)) as sway:
        return f"Sway {sway.version()} on Wayland, {session.name}; the mouse in a corner stops nothing there"
