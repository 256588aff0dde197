"""Portals on a bus of a test's own: each method answers as the test says, and every call is kept."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

from jeepney import DBusAddress, HeaderFields, Message, MessageType, new_error, new_method_return, new_signal
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import DBusConnection, open_dbus_connection

from screenagent.desktop.wayland.portal_requests import PREFIX, ROOT, SERVICE

ASKS: Final = {
    "RemoteDesktop": ("CreateSession", "SelectDevices", "Start"),
    "ScreenCast": ("SelectSources",),
    "GlobalShortcuts": ("CreateSession", "BindShortcuts"),
}
"""The methods that are answered by a signal."""
STREAM: Final = {"position": ("(ii)", (100, 50)), "size": ("(ii)", (640, 400)), "source_type": ("u", 1)}
ALL: Final = {"RemoteDesktop": 2, "ScreenCast": 5, "Clipboard": 1, "GlobalShortcuts": 1}

Answer = tuple[int, Mapping[str, tuple[str, Any]]]


@dataclass(frozen=True)
class PortalCall:
    portal: str
    method: str
    body: tuple[Any, ...]


class MockPortal:
    """`versions` are the portals that are offered; what `answers` says of a method is what the user answers: None is
    no answer at all."""

    def __init__(self, bus: str, *, versions: Mapping[str, int] = ALL) -> None:
        self.versions = dict(versions)
        self.properties: dict[str, int] = {"AvailableDeviceTypes": 7, "AvailableSourceTypes": 7}
        self.answers: dict[str, Answer | None] = {"Start": (0, self.allowed())}
        self.descriptors: dict[str, Callable[[tuple[Any, ...]], int]] = {}
        """What opens the descriptor that a method hands out; the portal closes its own copy."""
        self.calls: list[PortalCall] = []
        self.sessions: dict[str, str] = {}
        self.application = ""
        self._bus = bus
        self._to_say: list[Message] = []
        self._lock = threading.Lock()  # protects what is to be said
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._there, self._leaving = threading.Event(), threading.Event()

    def allowed(self, **others: tuple[str, Any]) -> dict[str, tuple[str, Any]]:
        """Return what a user allows who allows everything."""
        return {
            "devices": ("u", 3),
            "streams": ("a(ua{sv})", [(42, STREAM)]),
            "restore_token": ("s", "next-token"),
            "clipboard_enabled": ("b", True),
            **others,
        }

    def __enter__(self) -> MockPortal:
        self._thread.start()
        assert self._there.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._leaving.set()
        self._thread.join()

    def called(self, method: str) -> list[tuple[Any, ...]]:
        """Return with what a method was called."""
        return [call.body for call in self.calls if call.method == method]

    def say(self, interface: str, member: str, signature: str, body: Sequence[Any], *, path: str = ROOT) -> None:
        """Send a signal."""
        address = DBusAddress(path, interface=PREFIX + interface)
        with self._lock:
            self._to_say.append(new_signal(address, member, signature, tuple(body)))

    def end_session(self, of: str = "RemoteDesktop") -> None:
        self.say("Session", "Closed", "a{sv}", ({},), path=self.sessions[of])

    def _serve(self) -> None:
        with closing(open_dbus_connection(self._bus, enable_fds=True)) as connection:
            connection.send_and_get_reply(message_bus.RequestName(SERVICE))
            self._there.set()
            while not self._leaving.is_set():
                self._say_all(connection)
                try:
                    asked = connection.receive(timeout=0.005)
                except TimeoutError:
                    continue
                if asked.header.message_type is MessageType.method_call:
                    self._answer(connection, asked)

    def _say_all(self, connection: DBusConnection) -> None:
        with self._lock:
            for signal in self._to_say:
                connection.send(signal)
            self._to_say.clear()

    def _answer(self, connection: DBusConnection, asked: Message) -> None:
        fields = asked.header.fields
        interface, method = fields.get(HeaderFields.interface, ""), fields[HeaderFields.member]
        if interface == "org.freedesktop.DBus.Properties":
            self._tell(connection, asked, *asked.body)
            return
        portal = interface.removeprefix(PREFIX)
        if method == "Register":
            self.application = asked.body[0]
            connection.send(new_method_return(asked))
            return
        self.calls.append(PortalCall(portal, method, asked.body))
        if method in ASKS.get(portal, ()):
            self._ask(connection, asked, portal, method)
        elif method in self.descriptors:
            descriptor = self.descriptors[method](asked.body)
            connection.send(new_method_return(asked, "h", (descriptor,)))
            os.close(descriptor)
        else:
            connection.send(new_method_return(asked))

    def _tell(self, connection: DBusConnection, asked: Message, interface: str, name: str) -> None:
        portal = interface.removeprefix(PREFIX)
        if portal not in self.versions:
            connection.send(new_error(asked, "org.freedesktop.DBus.Error.InvalidArgs", "s", (f"no {portal}",)))
        else:
            value = self.versions[portal] if name == "version" else self.properties[name]
            connection.send(new_method_return(asked, "v", (("u", value),)))

    def _ask(self, connection: DBusConnection, asked: Message, portal: str, method: str) -> None:
        options = asked.body[-1]
        sender = asked.header.fields[HeaderFields.sender][1:].replace(".", "_")
        handle = f"{ROOT}/request/{sender}/{options['handle_token'][1]}"
        connection.send(new_method_return(asked, "o", (handle,)))
        if (answer := self._answer_of(portal, method, sender, options)) is not None:
            address = DBusAddress(handle, interface=f"{PREFIX}Request")
            connection.send(new_signal(address, "Response", "ua{sv}", answer))

    def _answer_of(self, portal: str, method: str, sender: str, options: Mapping[str, Any]) -> Answer | None:
        if method in self.answers:
            return self.answers[method]
        if method == "CreateSession":
            self.sessions[portal] = f"{ROOT}/session/{sender}/{options['session_handle_token'][1]}"
            return 0, {"session_handle": ("s", self.sessions[portal])}
        return 0, {}
