"""Input by the RemoteDesktop portal: by EIS or, without it, by the portal's own calls."""

from __future__ import annotations

from typing import Final

from screenagent.desktop.wayland.eis import EisSender
from screenagent.desktop.wayland.gnome_hand import Sender
from screenagent.desktop.wayland.portal_session import REMOTE, KeyState, PortalSession
from screenagent.desktop.wayland.send_clock import SendClock
from screenagent.desktop.wayland.wayland_keymap import seat_keymap

LOCK: Final = 1 << 1  # the bit of Caps Lock among XKB's modifiers
DOWN, ACROSS = 0, 1  # the wheels
NOTIFIED_SECONDS: Final = 0.1
"""The portal answers a call before the compositor has taken it, but it has taken it by then."""


class NotifySender:
    """By the portal's calls, which name a place on a stream."""

    def __init__(self, session: PortalSession) -> None:
        self._session = session
        self.keymap = seat_keymap()
        self.keymaps = 1

    def follow(self) -> None:
        """Nothing is told by itself here."""

    def move(self, x: float, y: float) -> None:
        stream = self._session.stream_at(x, y)
        place = stream.monitor.place
        self._notify("NotifyPointerMotionAbsolute", "udd", stream.node, x - place.left, y - place.top)

    def button(self, code: int, *, pressed: bool) -> None:
        self._notify("NotifyPointerButton", "iu", code, pressed)

    def wheel(self, across: int, down: int) -> None:
        self._notify("NotifyPointerAxisDiscrete", "ui", ACROSS if across else DOWN, across or down)

    def key(self, code: int, *, pressed: bool) -> None:
        self._notify("NotifyKeyboardKeycode", "iu", code, pressed)

    def close(self) -> None:
        """The session ends what it had pressed."""

    def _notify(self, method: str, signature: str, *body: float) -> None:
        self._session.call(REMOTE, method, f"a{{sv}}{signature}", {}, *body)


class TimedSender:
    """A sender whose events are told from a person's by when they were sent."""

    def __init__(self, sender: Sender, clock: SendClock) -> None:
        self._sender, self._clock = sender, clock

    @property
    def keymap(self) -> bytes:
        return self._sender.keymap

    @property
    def keymaps(self) -> int:
        return self._sender.keymaps

    def follow(self) -> None:
        self._sender.follow()

    def move(self, x: float, y: float) -> None:
        with self._clock.sending():
            self._sender.move(x, y)
            self._settle()

    def button(self, code: int, *, pressed: bool) -> None:
        with self._clock.sending():
            self._sender.button(code, pressed=pressed)
            self._settle()

    def wheel(self, across: int, down: int) -> None:
        with self._clock.sending():
            self._sender.wheel(across, down)
            self._settle()

    def key(self, code: int, *, pressed: bool) -> None:
        with self._clock.sending():
            self._sender.key(code, pressed=pressed)
            self._settle()

    def close(self) -> None:
        self._sender.close()

    def _settle(self) -> None:
        """Have the clock say that the event was under way until the compositor has surely taken it."""
        if isinstance(self._sender, EisSender):
            self._sender.settle()
        else:
            self._clock.lasts(NOTIFIED_SECONDS)


def open_portal_sender(session: PortalSession, clock: SendClock) -> Sender:
    """Return what sends events into a session: EIS where the portal and libei have it, else the portal's calls."""
    sender = _open_eis(session)
    if sender is None:
        return TimedSender(NotifySender(session), clock)
    session.key_state = lambda: _key_state(sender)
    return TimedSender(sender, clock)


def _open_eis(session: PortalSession) -> EisSender | None:
    try:
        from libei import ei
    except ImportError:
        return None
    if not ei.is_available() or (socket := session.input_socket()) is None:
        return None
    return EisSender(socket)


def _key_state(sender: EisSender) -> KeyState | None:
    if sender.group is None:
        return None
    return KeyState(caps_lock=bool(sender.locked & LOCK), group=sender.group)
