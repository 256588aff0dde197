"""The other end of emulated input: a compositor's EIS with a mouse and a keyboard, which keeps what it receives."""

from __future__ import annotations

import os
import queue
import select
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Final, TypeVar

from libei import eis

T = TypeVar("T")

CAN: Final = eis.DeviceCapability
MOUSE: Final = (CAN.POINTER_ABSOLUTE, CAN.BUTTON, CAN.SCROLL)
TURN_SECONDS: Final = 0.01


class EisServer:
    """`keymap` is that of the keyboard. While it is entered, a thread of its own serves the clients."""

    def __init__(self, keymap: bytes) -> None:
        self.received: list[tuple[Any, ...]] = []
        self.hangs = threading.Event()
        self._keymap = keymap
        self._server = eis.Eis.create_for_fd()
        self._clients: list[eis.Client] = []
        self._seats: list[eis.Seat] = []
        self.devices: dict[str, eis.Device] = {}
        self._wishes: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> EisServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._leaving.set()
        self._thread.join()

    def new_client(self) -> int:
        """Return the descriptor of a new connection."""
        return self.do(self._server.add_client)

    def do(self, wish: Callable[[], T]) -> T:
        """Carry something out in the thread that serves, as libeis is for one thread only."""
        done: Future[T] = Future()
        self._wishes.put(lambda: done.set_result(wish()))
        return done.result(timeout=10)

    def modifiers(self, *, locked: int, group: int) -> None:
        self.do(lambda: self.devices["keyboard"].keyboard_xkb_modifiers(0, 0, locked, group))

    def take_away(self) -> None:
        """Take the devices back; libeis pauses none that is in use."""
        self.do(lambda: [device.remove() for device in self.devices.values()])

    def give(self) -> None:
        """Give the client a mouse and a keyboard."""
        self.do(self._give)

    def hang_up(self) -> None:
        self.do(self._disconnect)

    def _disconnect(self) -> None:
        for client in self._clients:
            client.disconnect()

    def _serve(self) -> None:
        while not self._leaving.is_set():
            while not self._wishes.empty():
                self._wishes.get()()
            if self.hangs.is_set():
                self._leaving.wait(TURN_SECONDS)
                continue
            select.select([self._server.fd], [], [], TURN_SECONDS)
            self._server.dispatch()
            for event in self._server.events:
                self._heed(event)

    def _heed(self, event: eis.Event) -> None:
        match event.event_type:
            case eis.EventType.CLIENT_CONNECT:
                event.client.connect()
                self._clients.append(event.client)
                seat = event.client.new_seat("seat")
                seat.configure_capabilities((*MOUSE, CAN.KEYBOARD))
                seat.add()
                self._seats.append(seat)
            case eis.EventType.SEAT_BIND if not self.devices:
                self._give()
            case eis.EventType.POINTER_MOTION_ABSOLUTE:
                told = event.pointer_absolute_event
                self.received.append(("move", told.x, told.y))
            case eis.EventType.BUTTON_BUTTON:
                self.received.append(("button", event.button_event.button, event.button_event.is_press))
            case eis.EventType.SCROLL_DISCRETE:
                told_scroll = event.scroll_discrete_event
                self.received.append(("wheel", told_scroll.dx, told_scroll.dy))
            case eis.EventType.KEYBOARD_KEY:
                self.received.append(("key", event.key_event.key, event.key_event.is_press))

    def _give(self) -> None:
        (seat,) = self._seats
        self._add("mouse", seat, MOUSE)
        self._add("keyboard", seat, (CAN.KEYBOARD,))

    def _add(self, name: str, seat: eis.Seat, can: tuple[eis.DeviceCapability, ...]) -> None:
        device = seat.new_device()
        regions = () if name == "keyboard" else (eis.ConfigureRegion(size=(1920, 1080), offset=(0, 0)),)
        device.configure(name=name, capabilities=can, regions=regions)
        if name == "keyboard":
            with tempfile.TemporaryFile() as file:
                file.write(self._keymap)
                file.flush()
                os.lseek(file.fileno(), 0, os.SEEK_SET)
                device.new_keymap(eis.KeymapType.XKB, file, len(self._keymap)).add()
        self.devices[name] = device.add()
        device.resume()
