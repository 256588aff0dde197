"""Opens a GNOME session: pictures, mouse, keyboard and clipboard by mutter, windows by our extension of the shell."""

from __future__ import annotations

from contextlib import ExitStack, closing

from screenagent.control import Control
from screenagent.desktop import NoDesktop
from screenagent.desktop.platform import System
from screenagent.desktop.wayland.gnome_board import GnomeClipboard
from screenagent.desktop.wayland.gnome_bus import CallRefused, ShellLost
from screenagent.desktop.wayland.gnome_hand import GnomeHand, GnomeKeys, GnomePointer
from screenagent.desktop.wayland.gnome_listener import listen_by_extension
from screenagent.desktop.wayland.gnome_screen import GnomePictures
from screenagent.desktop.wayland.gnome_session import GnomeLink
from screenagent.desktop.wayland.gnome_windows import GnomeWindows
from screenagent.desktop.wayland.session import WaylandSession

GONE = (ShellLost, CallRefused)


def open_gnome(stack: ExitStack, session: WaylandSession, *, control: Control) -> System:
    """Open the session for as long as `stack` is. Raise `NoDesktop` with a sentence that says what is missing."""
    link = stack.enter_context(closing(GnomeLink(ended=lambda: control.end(NoDesktop("the GNOME session has ended")))))
    hand = stack.enter_context(closing(GnomeHand(link)))
    windows = GnomeWindows(link)
    return System(
        windows=windows,
        clipboard=stack.enter_context(closing(GnomeClipboard(link, control=control))),
        pointer=GnomePointer(hand, asked=windows.pointer),
        keys=GnomeKeys(hand),
        pictures=lambda _: GnomePictures(link),
        listen=listen_by_extension,
        display=session.name,
        gone=GONE,
        own=windows.own,
        floating=windows.floating,
        monitors=lambda: tuple(stream.monitor.place for stream in link.session().streams.values()),
    )
