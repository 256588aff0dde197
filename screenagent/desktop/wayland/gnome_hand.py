"""GNOME's mouse and keyboard: by EIS or, without libei, by mutter's own D-Bus calls."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, Protocol

from screenagent.desktop.keyboard import LEVEL_3, Stroke
from screenagent.desktop.wayland.codes import DEAF_SECONDS
from screenagent.desktop.wayland.eis import EisSender, InputLost
from screenagent.desktop.wayland.gnome_bus import ShellLost
from screenagent.desktop.wayland.gnome_session import RemoteSession
from screenagent.desktop.wayland.wayland_keymap import seat_keymap
from screenagent.desktop.wayland.xkb_layout import LEVEL_3_KEYSYM, KeyPlace, XkbLayout
from screenagent.geometry import Pixel

BUTTONS: Final = {1: 0x110, 2: 0x112, 3: 0x111}  # X's numbers, and the kernel's
WHEEL: Final = {4: (0, -1), 5: (0, 1), 6: (-1, 0), 7: (1, 0)}  # X's buttons, and the notches to the right and down
UNITS_OF_D_BUS: Final = {True: 1, False: 0}  # mutter's number of the horizontal and of the vertical wheel
GROUP_SECONDS: Final = 0.05  # so old may what is known of the layout in use be
FRAME_SECONDS: Final = 0.02  # of several motions within one frame mutter tells programs the last only
SENT_SECONDS: Final = 0.1  # for so long the mouse counts as where it was sent: the shell may not have heard of it yet


class Sender(Protocol):
    """What sends events into a session."""

    @property
    def keymap(self) -> bytes: ...

    @property
    def keymaps(self) -> int: ...

    def follow(self) -> None: ...

    def move(self, x: float, y: float) -> None: ...

    def button(self, code: int, *, pressed: bool) -> None: ...

    def wheel(self, across: int, down: int) -> None: ...

    def key(self, code: int, *, pressed: bool) -> None: ...

    def close(self) -> None: ...


class BusSender:
    """By mutter's D-Bus calls, each of which is answered once mutter has taken it."""

    def __init__(self, session: RemoteSession) -> None:
        self._session = session
        self.keymap = seat_keymap()
        self.keymaps = 1

    def follow(self) -> None:
        """Nothing is told by itself here."""

    def move(self, x: float, y: float) -> None:
        stream = self._session.stream_at(x, y)
        left, top, width, height = stream.monitor.place[1:5]
        picture = stream.monitor.picture
        place = (x - left) * picture.width / width, (y - top) * picture.height / height  # in the picture's own pixels
        self._session.call("NotifyPointerMotionAbsolute", "sdd", stream.path, *place)

    def button(self, code: int, *, pressed: bool) -> None:
        self._session.call("NotifyPointerButton", "ib", code, pressed)

    def wheel(self, across: int, down: int) -> None:
        self._session.call("NotifyPointerAxisDiscrete", "ui", UNITS_OF_D_BUS[bool(across)], across or down)

    def key(self, code: int, *, pressed: bool) -> None:
        self._session.call("NotifyKeyboardKeycode", "ub", code, pressed)

    def close(self) -> None:
        """The session ends what it had pressed."""


def open_sender(session: RemoteSession) -> Sender:
    """Return what sends events into a session: EIS where libei is there, else mutter's own calls."""
    try:
        from libei import ei
    except ImportError:
        return BusSender(session)
    return EisSender(session.input_socket()) if ei.is_available() else BusSender(session)


class InputLink(Protocol):
    """What has the session of the moment, of the kind that `open_sender` takes."""

    def session(self) -> Any: ...


class GnomeHand:
    """The sender of the session of the moment, opened anew with a new session. For several threads.

    `group` tells which of several layouts is in use, None where nobody knows.
    """

    def __init__(
        self,
        link: InputLink,
        *,
        group: Callable[[], int | None] = lambda: None,
        open_sender: Callable[[Any], Sender] = open_sender,
    ) -> None:
        self._link, self._group = link, group
        self._open_sender = open_sender
        self._lock = threading.RLock()  # protects which sender and layout are those of the moment
        self._session = link.session()
        self._sender = open_sender(self._session)
        self._layout: XkbLayout | None = None
        self._keymaps = 0
        self._in_use: int | None = None
        self._asked_at = float("-inf")

    def close(self) -> None:
        with self._lock:
            self._sender.close()
            if self._layout:
                self._layout.close()

    def send(self, event: Callable[[Sender], None]) -> None:
        """Have the sender of the moment send something. Raise `ShellLost` if the session has ended."""
        with self._lock:
            try:
                event(self._current())
            except InputLost as lost:
                raise ShellLost(str(lost)) from lost

    def layout(self) -> XkbLayout | None:
        """Return the keymap of the moment; None if it is not known."""
        with self._lock:
            self.send(lambda sender: sender.follow())
            if self._keymaps != self._sender.keymaps:
                self._keymaps = self._sender.keymaps
                self._take_layout(self._sender.keymap)
            return self._layout

    def find(self, character: str) -> KeyPlace | None:
        """Return the key that makes a character; None if no key does, or nobody knows which layout is in use."""
        with self._lock:
            layout = self.layout()
            if layout is None:
                return None
            if time.monotonic() > self._asked_at + GROUP_SECONDS:
                self._asked_at, self._in_use = time.monotonic(), self._group()
            group = 0 if layout.groups == 1 else self._in_use
            return None if group is None else layout.find(character, group=group)

    def _current(self) -> Sender:
        session = self._link.session()
        if session is not self._session:
            self._sender.close()
            self._session, self._sender, self._keymaps = session, self._open_sender(session), 0
        return self._sender

    def _take_layout(self, keymap: bytes) -> None:
        if self._layout:
            self._layout.close()
        self._layout = None
        with suppress(ValueError, OSError):  # then no character is sent as a key, and all text is pasted
            self._layout = XkbLayout(keymap)


class GnomePointer:
    """Moved to places in the units of the layout; `asked` says where the shell has it, where somebody can be asked."""

    deaf_seconds = DEAF_SECONDS

    def __init__(self, hand: GnomeHand, *, asked: Callable[[], Pixel | None]) -> None:
        self._hand = hand
        self._asked = asked
        self._down: set[int] = set()
        self._sent = Pixel(x=0, y=0)
        self._sent_at = float("-inf")

    @property
    def is_told(self) -> bool:
        return self._asked() is not None

    @property
    def position(self) -> Pixel:
        if time.monotonic() < self._sent_at + SENT_SECONDS:
            return self._sent
        return self._asked() or self._sent

    def move(self, pixel: Pixel) -> None:
        self._hand.send(lambda sender: sender.move(pixel.x, pixel.y))
        self._sent, self._sent_at = pixel, time.monotonic()
        if self._down:
            time.sleep(FRAME_SECONDS)

    def button(self, button: int, *, pressed: bool) -> None:
        (self._down.add if pressed else self._down.discard)(button)
        self._hand.send(lambda sender: sender.button(BUTTONS[button], pressed=pressed))

    def physical(self, button: int) -> int:
        return button  # the buttons are exchanged for real mice only

    def turn_wheel(self, button: int) -> None:
        self._hand.send(lambda sender: sender.wheel(*WHEEL[button]))


class GnomeKeys:
    """Keys by the keymap that the compositor hands out; what it has no key for is never sent."""

    is_sure = True

    def __init__(self, hand: GnomeHand) -> None:
        self._hand = hand

    def named(self, name: str) -> Stroke | None:
        layout = self._hand.layout()
        code = layout.named(LEVEL_3_KEYSYM if name == LEVEL_3 else name) if layout else None
        return None if code is None else Stroke(code, code)

    def find(self, character: str) -> Stroke | None:
        place = self._hand.find(character)
        return place and Stroke(place.code, place.code, place.shifted, place.level_3)

    def chord_key(self, character: str) -> Stroke | None:
        return self.find(character)

    def send(self, stroke: Stroke, *, pressed: bool) -> None:
        self._hand.send(lambda sender: sender.key(stroke.code, pressed=pressed))
