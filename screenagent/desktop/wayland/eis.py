"""Emulated input by EIS, the compositor's socket for it, through `python-libei`: a mouse and a keyboard."""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from screenagent.desktop import NoDesktop

if TYPE_CHECKING:
    from libei.ei import Device, Event, Sender

OPEN_SECONDS: Final = 3.0
ANSWER_SECONDS: Final = 5.0
RESUME_SECONDS: Final = 2.0  # a compositor pauses devices, for example while its layout changes
DETENT: Final = 120  # what one notch of the wheel is to EIS


class InputLost(Exception):
    """The compositor takes no emulated input any more."""


class EisSender:
    """A connection on `descriptor`, which it takes over. For several threads."""

    def __init__(self, descriptor: int, *, name: str = "screenagent") -> None:
        from libei import ei

        self._ei = ei
        self._lock = threading.Lock()  # protects the connection and the devices
        self._context: Sender = ei.Sender.create_for_fd(descriptor, name=name)
        self._mouse: Device | None = None
        self._keyboard: Device | None = None
        self._pongs: set[int] = set()
        self._lost = False
        self.locked = 0
        self.group: int | None = None
        """The bits of the modifiers that are locked, such as Caps Lock, and the layout in use; None: not told yet."""
        self.keymap = b""
        """The text of the keymap that the keyboard has now; `keymaps` counts how many it has had."""
        self.keymaps = 0
        if not self._until(lambda: bool(self._mouse and self._keyboard), OPEN_SECONDS):
            self.close()
            raise NoDesktop("the compositor gives no mouse and keyboard for emulated input")

    def close(self) -> None:
        self._mouse = self._keyboard = None
        self._context.release()

    def follow(self) -> None:
        """Take in what the compositor has said since: another keymap, devices taken back."""
        with self._lock:
            self._take_in()

    def move(self, x: float, y: float) -> None:
        """Move to a place in the units of the layout."""
        self._send(lambda: self._device("_mouse").pointer_motion_absolute(x, y).frame())

    def settle(self) -> None:
        """Wait until the compositor has taken all that was sent."""
        with self._lock:
            self._take_in()
            self._await_pong()

    def button(self, code: int, *, pressed: bool) -> None:
        self._send(lambda: self._device("_mouse").button(code, pressed).frame(), awaited=not pressed)

    def wheel(self, across: int, down: int) -> None:
        """Turn the wheel by so many notches to the right and down."""
        self._send(lambda: self._device("_mouse").scroll_discrete(across * DETENT, down * DETENT).frame())

    def key(self, code: int, *, pressed: bool) -> None:
        self._send(lambda: self._device("_keyboard").keyboard_key(code, pressed).frame(), awaited=not pressed)

    def _send(self, send: Callable[[], object], *, awaited: bool = False) -> None:
        """Send an event; one that is `awaited` was taken by the compositor when this returns, as all before it were."""
        with self._lock:
            self._take_in()
            send()
            self._context.dispatch()
            if awaited:
                self._await_pong()

    def _await_pong(self) -> None:
        ping = self._context.new_ping().send()
        if not self._until(lambda: ping.id in self._pongs, ANSWER_SECONDS):
            raise InputLost("the compositor does not answer, so what was sent may not have arrived")
        self._pongs.clear()

    def _device(self, which: str) -> Device:
        if not self._until(lambda: getattr(self, which) is not None, RESUME_SECONDS):
            raise InputLost("the compositor has taken back the mouse and keyboard for emulated input")
        found: Device = getattr(self, which)
        return found

    def _until(self, done: Callable[[], bool], seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while not done():
            left = deadline - time.monotonic()
            if left <= 0 or self._lost:
                return False
            select.select([self._context.fd], [], [], left)
            self._take_in()
        return True

    def _take_in(self) -> None:
        if self._lost:
            raise InputLost("the compositor has ended the connection for emulated input")
        self._context.dispatch()
        for event in self._context.events:
            self._heed(event)

    def _heed(self, event: Event) -> None:
        kinds, capability = self._ei.EventType, self._ei.DeviceCapability
        match event.event_type:
            case kinds.SEAT_ADDED:
                assert event.seat is not None
                wanted = (capability.POINTER_ABSOLUTE, capability.BUTTON, capability.SCROLL, capability.KEYBOARD)
                event.seat.bind(wanted)
            case kinds.DEVICE_RESUMED:
                self._resume(event.device)
            case kinds.DEVICE_PAUSED | kinds.DEVICE_REMOVED:
                self._mouse = None if self._mouse is event.device else self._mouse
                self._keyboard = None if self._keyboard is event.device else self._keyboard
            case kinds.KEYBOARD_MODIFIERS:
                told = event.keyboard_xkb_modifiers
                self.locked, self.group = told.locked, told.group
            case kinds.PONG:
                self._pongs.add(event.pong.id)
            case kinds.DISCONNECT:
                self._lost = True

    def _resume(self, device: Device | None) -> None:
        assert device is not None
        capability = self._ei.DeviceCapability
        if capability.KEYBOARD in device.capabilities:
            self._keyboard = device.start_emulating()
            if (keymap := device.keymap) is not None:
                self.keymap, self.keymaps = _text(keymap), self.keymaps + 1
        elif capability.POINTER_ABSOLUTE in device.capabilities:
            self._mouse = device.start_emulating()


def _text(keymap: Any) -> bytes:
    with keymap.fd as file:
        return os.pread(file.fileno(), keymap.size, 0)
