"""Opens a GNOME session: pictures, mouse, keyboard and clipboard by mutter, windows by our extension of the shell."""

from __future__ import annotations

from contextlib import ExitStack, closing
from functools import partial
from typing import Final

from screenagent.control import Control
from screenagent.desktop import NoDesktop
from screenagent.desktop.accessibility.at_spi import AtSpi
from screenagent.desktop.platform import System
from screenagent.desktop.wayland.accessible_windows import AccessibleWindows
from screenagent.desktop.wayland.gnome_board import MutterClipboard, SessionClipboard
from screenagent.desktop.wayland.gnome_bus import OWN_SESSION, CallRefused, ShellLost
from screenagent.desktop.wayland.gnome_extension import ExtensionState, state_of
from screenagent.desktop.wayland.gnome_hand import GnomeHand, GnomeKeys, GnomePointer
from screenagent.desktop.wayland.gnome_listener import listen_by_extension, listen_by_idle_time
from screenagent.desktop.wayland.gnome_screen import GnomePictures
from screenagent.desktop.wayland.gnome_session import GnomeLink
from screenagent.desktop.wayland.gnome_windows import GnomeWindows
from screenagent.desktop.wayland.pipewire_frames import open_frames
from screenagent.desktop.wayland.session import WaylandSession
from screenagent.desktop.wayland.window_places import WaylandWindowPlaces

GONE: Final = (ShellLost, CallRefused)
ENDED: Final = "the GNOME session has ended while it was worked on"


def open_gnome(stack: ExitStack, session: WaylandSession, *, control: Control) -> System:
    """Open the session for as long as `stack` is. Raise `NoDesktop` with a sentence that says what is missing.

    Without our extension in the version that belongs to this program, windows are known by their titles only.
    """
    link = GnomeLink(session.session_bus or OWN_SESSION, ended=lambda: control.end(NoDesktop(ENDED)))
    stack.enter_context(closing(link))
    if (state := state_of(link.bus)).ok:
        return _with_extension(stack, session, link, control)
    return _without_extension(stack, session, link, control, state)


def _with_extension(stack: ExitStack, session: WaylandSession, link: GnomeLink, control: Control) -> System:
    windows = GnomeWindows(link)
    hand = stack.enter_context(closing(GnomeHand(link, group=windows.layout_in_use)))
    places = partial(WaylandWindowPlaces, session, windows, outlines=windows.outlines)
    return System(
        windows=windows,
        clipboard=stack.enter_context(closing(_clipboard(link, control))),
        pointer=GnomePointer(hand, asked=windows.pointer),
        keys=GnomeKeys(hand),
        pictures=lambda _: _pictures(session, link),
        listen=partial(listen_by_extension, link.address),
        display=session.name,
        gone=GONE,
        own=windows.own,
        floating=windows.floating,
        monitors=link.places,
        accessibility=stack.enter_context(closing(AtSpi(places, gone=GONE))),
    )


def _without_extension(
    stack: ExitStack, session: WaylandSession, link: GnomeLink, control: Control, state: ExtensionState
) -> System:
    hand = stack.enter_context(closing(GnomeHand(link)))
    return System(
        windows=stack.enter_context(closing(AccessibleWindows(link))),
        clipboard=stack.enter_context(closing(_clipboard(link, control))),
        pointer=GnomePointer(hand, asked=lambda: None),
        keys=GnomeKeys(hand),
        pictures=lambda _: _pictures(session, link),
        listen=partial(listen_by_idle_time, link.address, state),
        display=session.name,
        gone=GONE,
        monitors=link.places,
    )


def _pictures(session: WaylandSession, link: GnomeLink) -> GnomePictures:
    return GnomePictures(link, open_frames=partial(open_frames, runtime=session.leads.get("XDG_RUNTIME_DIR")))


def _clipboard(link: GnomeLink, control: Control) -> SessionClipboard:
    return SessionClipboard(link, partial(MutterClipboard, link), control=control)
