"""Objects of the accessibility tree (AT-SPI), what is asked of them, and what the numbers of their states mean."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from jeepney import DBusAddress, Message, new_method_call
from jeepney.wrappers import bus_name_pat

from screenagent.screenshot import ElementState

ACCESSIBLE: Final = "org.a11y.atspi.Accessible"
REFERENCE, REFERENCES = "(so)", "a(so)"
"""The signatures of an object and of a list of them, each by the name of its program on the bus and its path there."""

CHECKED, COLLAPSED, EDITABLE, ENABLED, EXPANDABLE, EXPANDED, FOCUSED, MULTISELECTABLE = 4, 5, 7, 8, 9, 10, 12, 18
PRESSED, SELECTABLE, SELECTED, SENSITIVE, SHOWING, INDETERMINATE, CHECKABLE = 20, 22, 23, 24, 25, 32, 41
MULTI_LINE, VISIBLE = 17, 30
MANAGES_DESCENDANTS = 31
PASSWORD, TOGGLE = 40, 62
TICKED: Final = (7, 8, 44, 45, 130)
"""Roles that are checked or not: check boxes, radio buttons, both in menus, and switches."""
SHOWN: Final[Mapping[int, ElementState]] = {
    EDITABLE: "editable",
    FOCUSED: "focused",
    PRESSED: "pressed",
    MULTISELECTABLE: "multiple",
}


class RepeatedCall:
    """A call that is written once and sent again and again, by other serials."""

    def __init__(self, call: Message) -> None:
        self.header, self.body = call.header, call.body
        self._written = bytes(call.serialise(serial=0))
        self._number = struct.Struct(call.header.endianness.struct_code() + "I")

    def serialise(self, *, serial: int) -> bytes:
        return b"".join((self._written[:8], self._number.pack(serial), self._written[12:]))


class Question(NamedTuple):
    """A call, and the signature of an answer to it; what has another one is no answer."""

    call: RepeatedCall
    signature: str


class Method(NamedTuple):
    """What can be asked of an object, and the signatures of its answer and of what it takes."""

    name: str
    answer: str
    of: str = ACCESSIBLE
    takes: str | None = None


PROPERTY: Final = Method("Get", "v", "org.freedesktop.DBus.Properties", "ss")
ROLE: Final = Method("GetRole", "u")
STATE: Final = Method("GetState", "au")
CHILDREN: Final = Method("GetChildren", REFERENCES)


class Reference(NamedTuple):
    """An object of a program: the name of the program on the bus, and the object's path there."""

    bus: str
    path: str

    @property
    def is_valid(self) -> bool:
        """Whether it can be asked; programs also send references to nothing, with an empty name."""
        return len(self.bus) < 256 and bool(bus_name_pat.match(self.bus))

    def call(self, method: Method, *body: str | int) -> Question:
        return _question(self, method, body)

    @property
    def name(self) -> Question:
        return self.call(PROPERTY, ACCESSIBLE, "Name")

    @property
    def state(self) -> Question:
        return self.call(STATE)

    @property
    def children(self) -> Question:
        return self.call(CHILDREN)

    @property
    def description(self) -> tuple[Question, Question, Question, Question]:
        return self.call(ROLE), self.state, self.name, self.children


@lru_cache(2048)
def _question(place: Reference, method: Method, body: tuple[str | int, ...]) -> Question:
    address = DBusAddress(place.path, place.bus, method.of)
    return Question(RepeatedCall(new_method_call(address, method.name, method.takes, body)), method.answer)


class StateBits(NamedTuple):
    """The states of an object as its program sends them: two numbers of 32 bits."""

    words: tuple[int, ...] = ()

    @classmethod
    def of(cls, answer: Any) -> StateBits:
        """The answer to `Reference.state`; None tells nothing."""
        return cls(tuple(answer[0])) if answer else cls()

    def holds(self, state: int) -> bool:
        word, bit = divmod(state, 32)
        return len(self.words) > word and bool(self.words[word] >> bit & 1)


class AccessibleNode(NamedTuple):
    """An object as its program tells it; `holder` are the states of the object that holds it."""

    reference: Reference
    role: int
    name: str
    bits: StateBits = StateBits()
    holder: StateBits = StateBits()
    below: tuple[Reference, ...] = ()

    @property
    def states(self) -> frozenset[ElementState]:
        return frozenset(_states(self))


def references(answer: Any) -> list[Reference]:
    """Return the objects that an answer with a list of them names."""
    return [Reference(*found) for found in answer[0]] if answer else []


def _states(node: AccessibleNode) -> Iterator[ElementState]:
    bits = node.bits
    yield from (state for number, state in SHOWN.items() if bits.holds(number))
    if not bits.holds(ENABLED) and not bits.holds(SENSITIVE):
        yield "disabled"
    if node.holder.holds(MULTISELECTABLE):
        yield "multiple"
    if node.role == PASSWORD:
        yield "password"
    if bits.holds(EXPANDABLE):
        yield "expanded" if bits.holds(EXPANDED) else "collapsed"
    elif node.role in TICKED or node.role == TOGGLE or bits.holds(CHECKABLE):
        yield _checked(node)
    if bits.holds(SELECTED):
        yield "selected"
    elif bits.holds(SELECTABLE):
        yield "unselected"


def _checked(node: AccessibleNode) -> ElementState:
    if node.bits.holds(INDETERMINATE):
        return "mixed"
    pressed = node.role == TOGGLE and node.bits.holds(PRESSED)
    return "checked" if node.bits.holds(CHECKED) or pressed else "unchecked"
