"""All objects of a program in one answer, from its cache for accessibility (AT-SPI `Cache.GetItems`), read quickly."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Final, NamedTuple

from jeepney import DBusAddress, Message, new_method_call
from jeepney.low_level import BufferPipe, Endianness, Header, HeaderFields, calc_msg_size

from screenagent.desktop.x11.accessible_nodes import Question, Reference, StateBits

CACHE: Final = "org.a11y.atspi.Cache"
ITEMS: Final = "a((so)(so)(so)iiassusau)"
EVENT: Final = "sii"
"""How the signature of an event begins: what happened, and a number. What follows is not read."""
SIZE: Final = 16
"""Bytes of a message that tell how long it is."""


class CachedItem(NamedTuple):
    """An object as its program lists it; `place` is its number below `parent`, or -1 if that is not known.

    `below` counts the objects that it holds, which need not be listed.
    """

    reference: Reference
    parent: str
    place: int
    below: int
    name: str
    role: int
    bits: StateBits


def items_question(program: str) -> Question:
    """Ask a program for all its objects."""
    return Question(new_method_call(DBusAddress("/org/a11y/atspi/cache", program, CACHE), "GetItems"), ITEMS)


class AccessibilityParser:
    """A parser of messages that reads lists of objects, and events, several times as fast as one for all messages."""

    def __init__(self) -> None:
        self._buffer = BufferPipe()

    def add_data(self, data: bytes) -> None:
        self._buffer.write(data)

    def get_next_message(self) -> Message | None:
        buffer = self._buffer
        if buffer.bytes_buffered < SIZE or buffer.bytes_buffered < (size := calc_msg_size(buffer.peek(SIZE))):
            return None
        data = buffer.read(size)
        header, start = Header.from_buffer(data)
        signature = str(header.fields.get(HeaderFields.signature, ""))
        body = BodyReader(data[start + -start % 8 :], "<" if header.endianness is Endianness.little else ">")
        if signature == ITEMS:
            return Message(header, (body.items(),))
        return Message(header, body.event()) if signature.startswith(EVENT) else Message.from_buffer(data)


class BodyReader:
    """Reads the body of a message. Each value stands at a multiple of its size, and a structure at one of 8."""

    def __init__(self, body: bytes, order: str) -> None:
        self._body = body
        self._number = struct.Struct(order + "I").unpack_from
        self._signed = struct.Struct(order + "i").unpack_from
        self._order = order
        self._at = 0

    def event(self) -> tuple[str, int]:
        return self._string(), self._integer()

    def items(self) -> Sequence[CachedItem]:
        end = self._unsigned() + 8
        self._at = 8
        items = []
        while self._at < end:
            items.append(self._item())
        return items

    def _item(self) -> CachedItem:
        reference = self._reference()
        self._align(8)
        self._skip(ending=1)
        self._skip(ending=1)  # the program
        self._align(8)
        self._skip(ending=1)
        parent = self._string()
        place, below = self._integer(), self._integer()
        self._skip()  # the interfaces
        name, role = self._string(), self._unsigned()
        self._skip(ending=1)  # the description
        return CachedItem(reference, parent, place, below, name, role, self._bits())

    def _align(self, size: int) -> None:
        self._at += -self._at % size

    def _skip(self, *, ending: int = 0) -> None:
        """Pass over a list or a text; a text has one byte more, which ends it."""
        length = self._unsigned()
        self._at += length + ending

    def _reference(self) -> Reference:
        self._align(8)
        return Reference(self._string(), self._string())

    def _string(self) -> str:
        length = self._unsigned()
        text = self._body[self._at : self._at + length].decode()
        self._at += length + 1
        return text

    def _bits(self) -> StateBits:
        length = self._unsigned()
        words = struct.unpack_from(f"{self._order}{length // 4}I", self._body, self._at)
        self._at += length
        return StateBits(words)

    def _unsigned(self) -> int:
        self._align(4)
        number: int = self._number(self._body, self._at)[0]
        self._at += 4
        return number

    def _integer(self) -> int:
        self._align(4)
        number: int = self._signed(self._body, self._at)[0]
        self._at += 4
        return number
