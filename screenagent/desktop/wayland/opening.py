"""Opens a Wayland session by what its compositor offers, or says what is missing there."""

from __future__ import annotations

from contextlib import ExitStack

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
