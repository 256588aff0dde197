"""D-Bus connections, with one error for everything that can fail outside of our own code."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from typing import Final, Protocol

from jeepney import Message, MessageType, Parser
from jeepney.bus import get_bus
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import prep_socket
from jeepney.low_level import HeaderFields
from jeepney.wrappers import DBusErrorResponse

CHUNK: Final = 65536
"""Bytes that are read at a time."""
LARGEST_MESSAGE: Final = 4 << 20
"""Bytes; a program with 50,000 controls in one list needs as much to name them."""
LIBRARY_ERRORS: Final = (
    *(OSError, DBusErrorResponse),
    *(ValueError, KeyError, IndexError, TypeError, AssertionError, struct.error),  # a malformed message or address
    RuntimeError,  # an address without a socket
)
"""What jeepney raises as it connects and reads."""


class BusLost(Exception):
    """The bus cannot be reached, has hung up, or speaks what cannot be read."""


class Call(Protocol):
    """A message to be sent."""

    def serialise(self, *, serial: int) -> bytes: ...


class BusConnection(Protocol):
    """What messages go out on and come in by."""

    @property
    def outgoing_serial(self) -> Iterator[int]: ...
    def send(self, messages: Mapping[int, Call]) -> None: ...
    def receive(self, *, timeout: float) -> Message: ...


class MessageParser(Protocol):
    """Takes bytes in pieces and gives out messages."""

    def add_data(self, data: bytes) -> None: ...
    def get_next_message(self) -> Message | None: ...


class Bus:
    """A connection on which nothing waits for longer than its caller says, and no message fills the memory.

    jeepney's own waits for the first answer for ever, and for a message that does not end as long as there is more of
    it.
    """

    def __init__(self, connected: socket.socket, *, seconds: float, parser: MessageParser | None = None) -> None:
        self.outgoing_serial: Iterator[int] = count(1)
        self._socket = connected
        self._seconds = seconds
        self._parser: MessageParser = parser or Parser()
        self._unread = 0  # bytes of a message that is not whole yet

    def fileno(self) -> int:
        """Return the descriptor that can be read once more has come."""
        return self._socket.fileno()

    def send(self, messages: Mapping[int, Call]) -> None:
        """Send messages at once, each by its serial."""
        data = b"".join(message.serialise(serial=serial) for serial, message in messages.items())
        self._socket.settimeout(self._seconds)
        self._socket.sendall(data)

    def receive(self, *, timeout: float) -> Message:
        """Return the next message. Raise `TimeoutError` if it is not there in time; with 0, if it has not been read."""
        deadline = time.monotonic() + timeout
        while (message := self._parser.get_next_message()) is None:
            if (left := deadline - time.monotonic()) <= 0:
                raise TimeoutError
            self._socket.settimeout(left)
            data = self._socket.recv(CHUNK)
            if not data:
                raise ConnectionResetError("it has hung up")
            self._unread += len(data)
            if self._unread > LARGEST_MESSAGE:
                raise ValueError(f"a message of more than {LARGEST_MESSAGE >> 20} MB")
            self._parser.add_data(data)
        self._unread = 0
        return message

    def hang_up(self) -> None:
        """End the connection for whoever waits on it; it is still to be closed."""
        with suppress(OSError):  # the other end was sooner
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._socket.close()


def open_bus(address: str, *, seconds: float, parser: MessageParser | None = None) -> Bus:
    """Connect to a bus; `address` is its own, or "SESSION" or "SYSTEM"."""
    with _lost():
        bus = Bus(prep_socket(get_bus(address), timeout=seconds), seconds=seconds, parser=parser)
    try:
        hello = ask(bus, message_bus.Hello(), seconds=seconds)
        if hello is None or hello.header.message_type is not MessageType.method_return:
            raise BusLost("the bus does not answer")
    except BusLost:
        bus.close()
        raise
    return bus


def why_no_bus(address: str = "SESSION", *, seconds: float = 1.0) -> str | None:
    """Return why a bus cannot be used, in words; None if it can."""
    try:
        open_bus(address, seconds=seconds).close()
    except BusLost as lost:
        return str(lost)
    return None


def send_messages(bus: BusConnection, messages: Sequence[Call]) -> list[int]:
    """Send messages, and return the serials that their replies will name."""
    numbered = {next(bus.outgoing_serial): message for message in messages}
    try:
        bus.send(numbered)
    except OSError as reason:  # any other error is a mistake in a message
        raise BusLost(f"the bus has hung up: {reason!r}") from reason
    return list(numbered)


def receive(bus: BusConnection, *, seconds: float) -> Message | None:
    """Return the next message, or None if none comes in time; once the time is over, one that has been read already."""
    with _lost():
        try:
            return bus.receive(timeout=max(0.0, seconds))
        except TimeoutError:
            return None


def ask(bus: BusConnection, message: Call, *, seconds: float) -> Message | None:
    """Send a message, and return the reply to it, or None if none comes in time."""
    deadline = time.monotonic() + seconds
    (serial,) = send_messages(bus, [message])
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
