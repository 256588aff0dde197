from __future__ import annotations

from typing import Any

import pytest
from jeepney import DBusAddress, Message, new_method_call, new_method_return, new_signal
from jeepney.low_level import Endianness

from screenagent.desktop.accessibility.items import ITEMS, AccessibilityParser, CachedItem
from screenagent.desktop.accessibility.nodes import Reference, StateBits

CALL = new_method_call(DBusAddress("/org/a11y/atspi/cache", ":1.7", "org.a11y.atspi.Cache"), "GetItems")
CALL.header.serial = 3
NAMES = ("", "Save", "Größe", "x" * 300)


def listed(number: int) -> tuple[Any, ...]:
    interfaces = ["org.a11y.atspi.Accessible", "org.a11y.atspi.Action"][: number % 3]
    own = (":1.7", f"/a/{number}"), (":1.7", "/root"), (":1.70", f"/a/{number // 3}"), number - 1, 3, interfaces
    return (*own, NAMES[number % 4], 43, "d" * number, [number, 1][: number % 3])


def as_bytes(message: Message, order: Endianness) -> bytes:
    message.header.endianness = order
    return bytes(message.serialise(serial=1))


def parsed(data: bytes) -> Message:
    """The message that these bytes are, which come in two parts."""
    parser = AccessibilityParser()
    parser.add_data(data[:90])
    assert parser.get_next_message() is None
    parser.add_data(data[90:])
    message = parser.get_next_message()
    assert message is not None
    return message


@pytest.mark.parametrize("order", Endianness)
def test_a_list_is_read_as_a_parser_of_all_messages_reads_it(order: Endianness) -> None:
    items = [listed(number) for number in range(24)]
    answer = as_bytes(new_method_return(CALL, ITEMS, (items,)), order)
    assert Message.from_buffer(answer).body == (items,)
    expected = [
        CachedItem(Reference(*own), parent, place, below, name, role, StateBits(tuple(bits)))
        for own, _, (_, parent), place, below, _, name, role, _, bits in items
    ]
    assert parsed(answer).body == (expected,)


@pytest.mark.parametrize("order", Endianness)
@pytest.mark.parametrize(("signature", "rest"), [("siiva{sv}", {}), ("siiv(so)", (":1.7", "/root"))])
def test_of_an_event_is_read_what_happened(order: Endianness, signature: str, rest: object) -> None:
    emitter = DBusAddress("/a/7", interface="org.a11y.atspi.Event.Object")
    event = new_signal(emitter, "StateChanged", signature, ("checked", 1, 0, ("s", "more"), rest))
    message = parsed(as_bytes(event, order))
    assert message.body == ("checked", 1)
    assert message.header.fields == event.header.fields


def test_any_other_message_is_read_as_ever() -> None:
    answer = as_bytes(new_method_return(CALL, "a(so)", ([(":1.7", "/a/1"), (":1.7", "/a/2")],)), Endianness.little)
    assert parsed(answer).body == Message.from_buffer(answer).body
