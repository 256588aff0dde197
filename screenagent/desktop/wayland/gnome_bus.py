"""The session bus as GNOME's services are asked on it: calls with descriptors, and signals as they come."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime
from contextlib import suppress
from typing import Any, Final

from jeepney import DBusAddress, HeaderFields, MatchRule, Message, MessageType, Properties, new_method_call
from jeepney.bus_messages import message_bus
from jeepney.io.threading import ReceiveStopped, open_dbus_connection

from screenagent.desktop import NoDesktop

OWN_SESSION: Final = "SESSION"
"""What jeepney takes for the address of the bus that our environment names."""
ANSWER_SECONDS: Final = 5.0
NO_SERVICE: Final = (
    "org.freedesktop.DBus.Error.ServiceUnknown",
    "org.freedesktop.DBus.Error.NameHasNoOwner",
    "org.freedesktop.DBus.Error.UnknownMethod",  # another version of it
)

Hear = Callable[[tuple[Any, ...]], None]


class ShellLost(Exception):
    """GNOME Shell, or the session bus, has gone or does not answer."""


class CallRefused(Exception):
    """A service answered with an error: its name and its text."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(f"{text} ({name})")
        self.name, self.text = name, text


class SessionBus:
    """One connection that several threads may ask on; a thread of its own reads what comes.

    GNOME ends what belongs to a connection, such as a remote desktop session, when the connection ends. `ended` is
    called in the reading thread if the bus hangs up.
    """

    def __init__(self, address: str = OWN_SESSION, *, ended: Callable[[], None] = lambda: None) -> None:
        try:
            self._connection = open_dbus_connection(address, enable_fds=True)
        except KeyError as unset:
            raise NoDesktop("this session has no D-Bus (DBUS_SESSION_BUS_ADDRESS is not set)") from unset
        except (OSError, ValueError, RuntimeError) as reason:
            raise NoDesktop(f"the session's D-Bus cannot be reached: {reason}") from reason
        self._ended = ended
        self._lock = threading.Lock()  # protects what is waited for, and whether it can still come
        self._awaited: dict[int, Future[Message]] = {}
        self._lost: ShellLost | None = None
        self._heeded: tuple[tuple[MatchRule, Hear], ...] = ()
        self._thread = threading.Thread(target=self._read, name="gnome bus", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._connection.interrupt()
        self._thread.join()
        self._connection.close()
        for end in (self._connection._stop_r, self._connection._stop_w):  # which jeepney leaves open
            os.close(end)

    def call(self, address: DBusAddress, method: str, signature: str = "", *body: Any) -> tuple[Any, ...]:
        """Return the body of the answer to a call; raise `CallRefused` for an error, `ShellLost` without an answer."""
        return self.ask(new_method_call(address, method, signature or None, body), f"{address.bus_name} {method}")

    def get(self, address: DBusAddress, name: str) -> Any:
        """Return the value of a property."""
        ((_, value),) = self.ask(Properties(address).get(name), f"{address.bus_name} {name}")
        return value

    @property
    def unique_name(self) -> str:
        """What the bus calls this connection, such as ":1.42"."""
        return str(self._connection.unique_name)

    def start_service(self, name: str) -> None:
        """Have the bus start a service that does not run yet; `CallRefused` if nothing here is that service."""
        if not self.has_owner(name):
            self.ask(message_bus.StartServiceByName(name), name)

    def has_owner(self, name: str) -> bool:
        """Return whether a program has this name on the bus now."""
        return bool(self.ask(message_bus.NameHasOwner(name), name)[0])

    def heed(self, service: str, interface: str, member: str, hear: Hear, *, path: str | None = None) -> None:
        """From here on, `hear` the body of each such signal of the program that is this service now.

        `hear` is called in the thread that reads, so it must neither wait nor call on this connection.
        """
        sender = self.ask(message_bus.GetNameOwner(service), service)[0]  # anybody can send a signal of this name
        rule = MatchRule(type="signal", sender=sender, interface=interface, member=member, path=path)
        self._heeded = (*self._heeded, (rule, hear))
        self.ask(message_bus.AddMatch(rule), "AddMatch")

    def ask(self, message: Message, what: str) -> tuple[Any, ...]:
        """Send a call, and return the body of its answer; `what` is what errors call it."""
        reply = self._reply(message, what)
        if reply.header.message_type is MessageType.error:
            name = str(reply.header.fields.get(HeaderFields.error_name, "error"))
            raise CallRefused(name, str(reply.body[0]) if reply.body else "")
        return tuple(reply.body)

    def _reply(self, message: Message, what: str) -> Message:
        serial = next(self._connection.outgoing_serial)
        coming: Future[Message] = Future()
        with self._lock:
            if self._lost:
                raise self._lost
            self._awaited[serial] = coming
        try:
            self._connection.send(message, serial=serial)
            return coming.result(timeout=ANSWER_SECONDS)
        except OSError as reason:
            if isinstance(reason, TimeoutError):
                raise ShellLost(f"{what} was not answered within {ANSWER_SECONDS:g} s") from reason
            raise ShellLost(f"the session bus has hung up: {reason}") from reason
        except NotInTime as reason:
            raise ShellLost(f"{what} was not answered within {ANSWER_SECONDS:g} s") from reason
        finally:
            with self._lock:
                self._awaited.pop(serial, None)

    def _read(self) -> None:
        try:
            while True:
                self._take(self._connection.receive())
        except ReceiveStopped:
            self._end(ShellLost("the connection to the session bus was closed"))
        except (OSError, ValueError, KeyError, IndexError, TypeError) as reason:  # or a message that cannot be read
            self._end(ShellLost(f"the session bus has hung up: {reason!r}"))
            self._ended()

    def _take(self, message: Message) -> None:
        if message.header.message_type is MessageType.signal:
            for rule, hear in self._heeded:
                if rule.matches(message):
                    hear(tuple(message.body))
            return
        serial = message.header.fields.get(HeaderFields.reply_serial, -1)
        with self._lock, suppress(KeyError):
            self._awaited[serial].set_result(message)

    def _end(self, lost: ShellLost) -> None:
        with self._lock:
            self._lost = lost
            awaited = tuple(self._awaited.values())
        for coming in awaited:
            coming.set_exception(lost)
