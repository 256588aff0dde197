"""D-Bus connections, with one error for everything that can fail outside of our own code."""

from __future__ import annotations

import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from jeepney import Message
from jeepney.io.blocking import DBusConnection, open_dbus_connection
from jeepney.low_level import HeaderFields
from jeepney.wrappers import DBusErrorResponse

LIBRARY_ERRORS: Final = (
    *(OSError, DBusErrorResponse),
    *(ValueError, KeyError, IndexError, TypeError, AssertionError, struct.error),  # a malformed message or address
    RuntimeError,  # an address without a socket
)
"""What jeepney raises as it connects and reads."""


class BusLost(Exception):
    """The bus cannot be reached, has hung up, or speaks what cannot be read."""


def open_bus(address: str, *, seconds: float) -> DBusConnection:
    """Connect to a bus; `address` is its own, or "SESSION" or "SYSTEM"."""
    with _lost():
        return open_dbus_connection(address, auth_timeout=seconds)


def send_message(bus: DBusConnection, message: Message) -> int:
    """Send a message, and return the serial that its reply will name."""
    serial: int = next(bus.outgoing_serial)
    try:
        bus.send(message, serial=serial)
    except OSError as reason:  # any other error is a mistake in the message
        raise BusLost(f"the bus has hung up: {reason!r}") from reason
    return serial


def receive(bus: DBusConnection, *, seconds: float) -> Message | None:
    """Return the next message, or None if none comes in time."""
    with _lost():
        try:
            return bus.receive(timeout=max(0.0, seconds))
        except TimeoutError:
            return None


def ask(bus: DBusConnection, message: Message, *, seconds: float) -> Message | None:
    """Send a message, and return the reply to it, or None if none comes in time."""
    deadline = time.monotonic() + seconds
    serial = send_message(bus, message)
    while (reply := receive(bus, seconds=deadline - time.monotonic())) is not None:
        if reply.header.fields.get(HeaderFields.reply_serial) == serial:
            return reply
    return None


@contextmanager
def _lost() -> Iterator[None]:
    """Raise `BusLost` for the library's errors. Nothing but a call of the library may be in its block."""
    try:
        yield
    except LIBRARY_ERRORS as reason:
        raise BusLost(f"the bus is lost: {reason!r}") from reason
