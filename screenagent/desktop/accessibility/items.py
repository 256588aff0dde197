"""All objects of a program in one answer, from its cache for accessibility (AT-SPI `Cache.GetItems`), read quickly."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from jeepney import Message
from jeepney.low_level import BufferPipe, Endianness, Header, HeaderFields, Struct, calc_msg_size, parse_signature

from screenagent.desktop.accessibility.nodes import Method, Question, Reference, StateBits

ITEMS: Final = "a((so)(so)(so)iiassusau)"
GET_ITEMS: Final = Method("GetItems", ITEMS, "org.a11y.atspi.Cache")
EVENT: Final = "sii"
"""How the signature of an event begins: what happened, and a number. What follows is not read."""
FIELDS: Final = {field.value: field for field in HeaderFields}
SIZE: Final = 16
"""Bytes of a message that tell how long it is, before the fields of its header."""


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
    return Reference(program, "/org/a11y/atspi/cache").call(GET_ITEMS)


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
        endianness = Endianness.little if data[:1] == b"l" else Endianness.big
        reader = ValueReader(data, endianness)
        header = reader.header()
        signature = str(header.fields.get(HeaderFields.signature, ""))
        body = ValueReader(data[reader.next_structure :], endianness)
        if signature == ITEMS:
            return Message(header, (body.items(),))
        return Message(header, body.event() if signature.startswith(EVENT) else body.values(signature))


@lru_cache
def _structure(signature: str) -> Struct:
    return Struct([]) if not signature else parse_signature(list(f"({signature})"))


class ValueReader:
    """Reads a message or its body. Each value stands at a multiple of its size, and a structure at one of 8."""

    def __init__(self, data: bytes, endianness: Endianness) -> None:
        self._data = data
        self._endianness = endianness
        self._order = endianness.struct_code()
        self._number = struct.Struct(self._order + "I").unpack_from
        self._signed = struct.Struct(self._order + "i").unpack_from
        self._at = 0

    @property
    def next_structure(self) -> int:
        return self._at + -self._at % 8

    def header(self) -> Header:
        _, kind, flags, version = self._data[:4]
        self._at = 4
        length, serial, fields = self._unsigned(), self._unsigned(), dict[HeaderFields, object]()
        end = self._unsigned() + SIZE
        while self._at < end:
            self._at = self.next_structure
            code, size = self._data[self._at : self._at + 2]
            of_type = self._data[self._at + 2 : self._at + 2 + size]
            self._at += size + 3
            fields[FIELDS[code]] = self._field(of_type)
        return Header(self._endianness, kind, flags, version, length, serial, fields)

    def _field(self, of_type: bytes) -> object:
        if of_type in (b"s", b"o"):
            return self._string()
        if of_type == b"u":
            return self._unsigned()
        if of_type != b"g":
            raise ValueError(f"a field of the type {of_type!r}")
        start = self._at + 1
        self._at = start + self._data[self._at] + 1
        return self._data[start : self._at - 1].decode()

    def values(self, signature: str) -> tuple[object, ...]:
        """Read values of any types."""
        values, self._at = _structure(signature).parse_data(self._data, self._at, self._endianness)
        return tuple(values)

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
        text = self._data[self._at : self._at + length].decode()
        self._at += length + 1
        return text

    def _bits(self) -> StateBits:
        length = self._unsigned()
        words = struct.unpack_from(f"{self._order}{length // 4}I", self._data, self._at)
        self._at += length
        return StateBits(words)

    def _unsigned(self) -> int:
        self._align(4)
        number: int = self._number(self._data, self._at)[0]
        self._at += 4
        return number

    def _integer(self) -> int:
        self._align(4)
        number: int = self._signed(self._data, self._at)[0]
        self._at += 4
        return number
