"""A bus that fails is lost; a mistake of ours is a mistake."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from jeepney import DBusAddress, Message, Parser, new_method_call, new_method_return, new_signal
from pydantic import ValidationError

from screenagent.control import Control
from screenagent.desktop import bus
from screenagent.desktop.accessibility.at_spi import AtSpi
from screenagent.desktop.accessibility.query import AccessibilityQuery
from screenagent.desktop.accessibility.tree import ShownTree, read_tree
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.desktop.x11.window_places import LOST, XWindowPlaces
from screenagent.screenshot import Element, Window

CALL = new_method_call(DBusAddress("/", "org.example", "org.example.Thing"), "Get")
WINDOW = Window(id=1, title="Editor", app="editor", pid=7)


@dataclass
class FakeBus:
    """InputAnswers each call with the bytes that `answer` makes of it."""

    answer: Callable[[Message], bytes]
    outgoing_serial: Iterator[int] = field(default_factory=lambda: count(1))
    parser: Any = field(default_factory=Parser)

    def send(self, messages: Mapping[int, Message]) -> None:
        for serial, message in messages.items():
            message.header.serial = serial
            message.serialise(serial=serial)
            self.parser.add_data(self.answer(message))

    def receive(self, *, timeout: float) -> Message:
        message = self.parser.get_next_message()
        if message is None:
            raise TimeoutError
        return message


def returned(call: Message, signature: str, body: tuple[object, ...]) -> bytes:
    return bytes(new_method_return(call, signature, body).serialise(serial=1))


def malformed(call: Message, *, signature: bytes = b"k") -> bytes:
    """An answer whose signature cannot be one: it names a type that there is not, or ends too early."""
    return returned(call, "u", (7,)).replace(b"\x01u\0", b"\x01" + signature + b"\0")


@pytest.mark.parametrize(
    "answer", [malformed, partial(malformed, signature=b"("), lambda _: b"HTTP/1.1 400 Bad Request"]
)
def test_a_message_that_cannot_be_read_is_a_lost_bus(answer: Callable[[Message], bytes]) -> None:
    with pytest.raises(bus.BusLost):
        bus.ask(FakeBus(answer), CALL, seconds=1)


def test_a_message_of_ours_that_cannot_be_written_is_a_mistake() -> None:
    wrong = new_method_call(DBusAddress("/", "org.example", "org.example.Thing"), "Get", "u", ("seven",))
    with pytest.raises(struct.error):
        bus.send_messages(FakeBus(malformed), [wrong])


@pytest.mark.parametrize(
    "address",
    ["nonsense", "tcp:host=localhost,port=1", "unix:path=/nowhere/at/all", "", "unix:", "\0", "unix:path=" + "x" * 200],
)
def test_an_address_that_leads_nowhere_is_a_lost_bus(address: str) -> None:
    with pytest.raises(bus.BusLost):
        bus.open_bus(address, seconds=0.2)


def test_a_session_without_a_bus_is_a_lost_bus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    with pytest.raises(bus.BusLost):
        bus.open_bus("SESSION", seconds=0.2)


def test_a_server_that_speaks_something_else_is_a_lost_bus(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "bus"))
        server.listen()

        def greet() -> None:
            with closing(server.accept()[0]) as client:
                client.sendall(b"220 mail.example.org ready\r\n")

        thread = threading.Thread(target=greet)
        thread.start()
        with pytest.raises(bus.BusLost):
            bus.open_bus(f"unix:path={tmp_path / 'bus'}", seconds=1)
        thread.join()


def silent(client: socket.socket) -> None:
    """Say nothing more."""
    client.recv(4096)


def trickling(client: socket.socket) -> None:
    """Send a message that never ends."""
    client.sendall(b"l\x02\x00\x01" + struct.pack("<III", 100_000_000, 7, 0))
    while True:
        client.sendall(bytes(65536))


def chattering(client: socket.socket) -> None:
    """Send signals without an end, and no answer."""
    signal = new_signal(DBusAddress("/", "org.example", "org.example.Thing"), "Ticked").serialise(serial=1)
    while True:
        client.sendall(signal * 50)


@pytest.mark.parametrize("after_greeting", [silent, trickling, chattering])
def test_a_bus_that_never_answers_is_lost_in_time(
    tmp_path: Path, after_greeting: Callable[[socket.socket], None]
) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "bus"))
        server.listen()

        def serve() -> None:
            with closing(server.accept()[0]) as client:
                while b"BEGIN" not in (said := client.recv(4096)):
                    client.sendall(b"OK 1234deadbeef\r\n" if b"AUTH" in said else b"")
                with suppress(OSError):
                    after_greeting(client)
                    client.recv(1)

        thread = threading.Thread(target=serve)
        thread.start()
        began = time.monotonic()
        with pytest.raises(bus.BusLost):
            bus.open_bus(f"unix:path={tmp_path / 'bus'}", seconds=0.2)
        assert time.monotonic() - began < 2
        thread.join()


def test_a_message_without_an_end_does_not_fill_the_memory() -> None:
    ours, theirs = socket.socketpair()
    sent = 0

    def flood() -> None:
        nonlocal sent
        with suppress(OSError):
            theirs.sendall(b"l\x02\x00\x01" + struct.pack("<III", 100_000_000, 7, 0))
            for _ in range(1000):
                theirs.sendall(bytes(65536))
                sent += 65536

    flooding = threading.Thread(target=flood)
    with closing(bus.Bus(ours, seconds=20)) as connected, closing(theirs):
        flooding.start()
        with pytest.raises(bus.BusLost, match="more than 4 MB"):
            bus.receive(connected, seconds=20)
    flooding.join()
    assert sent < 8 << 20


def test_an_answer_of_another_kind_is_no_answer() -> None:
    query = AccessibilityQuery(FakeBus(lambda call: returned(call, "s", ("what?",))), time.monotonic() + 1)
    assert query.program_of(7) is None
    assert read_tree(query, ":1.1", "Editor") == ShownTree()


class Mistaken(AtSpi):
    """Makes a mistake of our own as it asks."""

    def _elements(self, *_: object) -> Iterator[Element]:
        yield Element.model_validate({"role": "button"})


@pytest.mark.display
def test_a_mistake_of_ours_does_not_turn_accessibility_off(virtual: VirtualDesktop) -> None:
    shot = virtual.desktop.settled().model_copy(update={"window": WINDOW})
    with (
        pytest.raises(ValidationError),
        closing(Mistaken(partial(XWindowPlaces, virtual.display), seconds=5)) as program,
    ):
        program.elements(shot)


@pytest.mark.display
def test_without_an_accessibility_bus_there_are_no_elements() -> None:
    with VirtualDesktop(control=Control()) as own:
        shot = own.desktop.settled().model_copy(update={"window": WINDOW})
        for process in own.session.programs.started:
            if "at-spi" in str(process.args):
                process.kill()
        with closing(AtSpi(partial(XWindowPlaces, own.display), seconds=1, gone=LOST)) as program:
            assert program.elements(shot) == ()
