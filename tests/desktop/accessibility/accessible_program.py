"""A program with controls behind a bus that is none: it answers questions, and tells of changes when it is to."""

from __future__ import annotations

import socket
import struct
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

from jeepney import DBusAddress, Message, Parser, new_error, new_method_return, new_signal
from jeepney.low_level import HeaderFields

from screenagent.desktop.accessibility.bus import AccessibilityBus
from screenagent.desktop.accessibility.events import EventLog
from screenagent.desktop.accessibility.front import FrontWindow
from screenagent.desktop.accessibility.items import ITEMS, AccessibilityParser
from screenagent.desktop.accessibility.nodes import ENABLED, REFERENCES, SENSITIVE, SHOWING
from screenagent.desktop.accessibility.places import Space
from screenagent.desktop.accessibility.query import MOST_LISTED, ROOT
from screenagent.desktop.bus import LARGEST_MESSAGE, Bus
from screenagent.screenshot import Window

NAME: Final = ":1.7"
WINDOW: Final = Window(id=1, title="Editor", app="editor", pid=7)
LIVE: Final = (ENABLED, SENSITIVE, SHOWING)
FRAME, BUTTON, CHECKBOX = 23, 43, 7
EVENT: Final = "org.a11y.atspi.Event.Object"


def words(*states: int) -> list[int]:
    number = sum(1 << state for state in states)
    return [number & 0xFFFFFFFF, number >> 32]


@dataclass
class FakeObject:
    role: int
    name: str = ""
    states: tuple[int, ...] = LIVE
    below: list[str] = field(default_factory=list)
    place: tuple[int, int, int, int] = (10, 10, 80, 20)


@dataclass
class FakeProgram:
    """Of these objects by their paths; its list leaves out those in `unlisted`, never ends, or there is none."""

    objects: dict[str, FakeObject]
    lists: bool = True
    counts: bool = True
    endless: bool = False
    unlisted: frozenset[str] = frozenset()
    silent: bool = False
    silent_to: str = ""
    toolkit: str = ""
    tops: tuple[str, ...] = ("/window",)
    asked: Counter[str] = field(default_factory=Counter)
    _serials: Iterator[int] = field(default_factory=lambda: count(1))

    @contextmanager
    def connected(self) -> Iterator[AccessibilityBus]:
        """Serve one connection, whose events go into `log`."""
        ours, self._theirs = socket.socketpair()
        self.log = EventLog()
        serving = threading.Thread(target=self._serve)
        serving.start()
        with (
            closing(self._theirs),
            closing(AccessibilityBus(Bus(ours, seconds=5, parser=AccessibilityParser()), self.log)) as bus,
        ):
            yield bus
        serving.join()

    def tell(self, member: str, detail: str = "", on: int = 0, *, path: str = "/window", times: int = 1) -> None:
        """Tell of a change."""
        message = new_signal(DBusAddress(path, interface=EVENT), member, "siiva{sv}", (detail, on, 0, ("i", 0), {}))
        message.header.fields[HeaderFields.sender] = NAME
        with suppress(OSError):  # it is not listened to any longer
            self._theirs.sendall(b"".join(message.serialise(serial=next(self._serials)) for _ in range(times)))

    def _serve(self) -> None:
        parser = Parser()
        with suppress(OSError):
            while data := self._theirs.recv(65536):
                for message in parser.feed(data):
                    if not self.silent and message.header.fields[HeaderFields.member] != self.silent_to:
                        self._theirs.sendall(self._bytes(message))

    def _bytes(self, call: Message) -> bytes:
        if self.endless and call.header.fields[HeaderFields.member] == "GetItems":
            return b"l\x02\x00\x01" + struct.pack("<III", 100_000_000, 7, 0) + bytes(LARGEST_MESSAGE)
        return bytes(self._answer(call).serialise(serial=next(self._serials)))

    def _answer(self, call: Message) -> Message:
        fields: Mapping[Any, Any] = call.header.fields
        member, path = str(fields[HeaderFields.member]), str(fields[HeaderFields.path])
        self.asked[member] += 1
        if (known := self._known(member, path, str(fields[HeaderFields.destination]))) is None:
            return new_error(call, "org.freedesktop.DBus.Error.UnknownMethod")
        return new_method_return(call, *known)

    def _known(self, member: str, path: str, destination: str) -> tuple[str, tuple[Any, ...]] | None:
        if member in ("RegisterEvent", "DeregisterEvent", "AddMatch", "RemoveMatch"):
            return "", ()
        if member == "GetConnectionUnixProcessID":
            return "u", (WINDOW.pid,)
        if member == "GetItems":
            return (
                (ITEMS, ([self._item(path) for path in self.objects if path not in self.unlisted],))
                if self.lists
                else None
            )
        if member == "GetMatches":
            return (REFERENCES, ([(NAME, each) for each in self.objects][:MOST_LISTED],)) if self.counts else None
        if path == ROOT and member == "Get":
            return "v", (("s", self.toolkit),)
        if path == ROOT:
            return REFERENCES, ([(NAME, ROOT)] if destination != NAME else [(NAME, top) for top in self.tops],)
        if (found := self.objects.get(path)) is None:
            return None
        return {
            "GetChildren": (REFERENCES, ([(NAME, each) for each in found.below],)),
            "GetRole": ("u", (found.role,)),
            "GetState": ("au", (words(*found.states),)),
            "Get": ("v", (("s", found.name),)),
            "GetExtents": ("(iiii)", (found.place,)),
        }.get(member)

    def _item(self, path: str) -> tuple[Any, ...]:
        found = self.objects[path]
        parent = next((holder for holder, other in self.objects.items() if path in other.below), ROOT)
        index = self.objects[parent].below.index(path) if parent != ROOT else 0
        known = ["org.a11y.atspi.Accessible"]
        own = (NAME, path), (NAME, ROOT), (NAME, parent), index, len(found.below), known
        return (*own, found.name, found.role, "", words(*found.states))


def front_of(program: FakeProgram, bus: AccessibilityBus, *, space: Space = Space.SCREEN) -> FrontWindow:
    return FrontWindow(bus, program.log, unlisted=set(), unheard=set(), space=space)
