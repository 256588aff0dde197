"""The keymap of a Wayland session's seat, asked of the compositor as a program asks for it."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any


def seat_keymap() -> bytes:
    """Return the text of the keymap; empty if no compositor hands one out, or `pywayland` is not there."""
    try:
        from pywayland.client.display import Display
    except ImportError:
        return b""
    display = Display()
    try:
        display.connect()
    except ValueError:
        return b""
    try:
        return _asked(display)
    finally:
        display.disconnect()


def _asked(display: Any) -> bytes:
    from pywayland.protocol.wayland import WlSeat

    told: list[bytes] = []
    seats: list[Any] = []

    def take(_keyboard: object, _format: int, descriptor: int, size: int) -> None:
        with suppress(OSError):
            told.append(os.pread(descriptor, size, 0))
        os.close(descriptor)

    def found(registry: Any, number: int, interface: str, version: int) -> None:
        if interface == "wl_seat":
            seats.append(registry.bind(number, WlSeat, min(version, 5)))

    registry = display.get_registry()
    registry.dispatcher["global"] = found
    display.roundtrip()
    keyboards = [seat.get_keyboard() for seat in seats[:1]]
    for keyboard in keyboards:
        keyboard.dispatcher["keymap"] = take
    display.roundtrip()
    for proxy in (*keyboards, *seats, registry):
        proxy.destroy() if hasattr(proxy, "destroy") else proxy._destroy()
    return told[0] if told else b""
