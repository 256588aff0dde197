"""Objects of the accessibility tree (AT-SPI), what is asked of them, and what the numbers of their states mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from jeepney import DBusAddress, Message, Properties, new_method_call
from jeepney.wrappers import bus_name_pat

from screenagent.screenshot import ElementState

ACCESSIBLE: Final = "org.a11y.atspi.Accessible"
REFERENCE, REFERENCES = "(so)", "a(so)"
"""The signatures of an object and of a list of them, each by the name of its program on the bus and its path there."""

CHECKED, COLLAPSED, EDITABLE, ENABLED, EXPANDABLE, EXPANDED, FOCUSED, MULTISELECTABLE = 4, 5, 7, 8, 9, 10, 12, 18
PRESSED, SELECTABLE, SELECTED, SENSITIVE, SHOWING, INDETERMINATE, CHECKABLE = 20, 22, 23, 24, 25, 32, 41
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


class Question(NamedTuple):
    """A call, and the signature of an answer to it; what has another one is no answer."""

    call: Message
    signature: str


class Reference(NamedTuple):
    """An object of a program: the name of the program on the bus, and the object's path there."""

    bus: str
    path: str

    @property
    def is_valid(self) -> bool:
        """Whether it can be asked; programs also send references to nothing, with an empty name."""
        return len(self.bus) < 256 and bool(bus_name_pat.match(self.bus))

    def call(self, method: str, signature: str) -> Question:
        return Question(new_method_call(DBusAddress(self.path, self.bus, ACCESSIBLE), method), signature)

    @property
    def name(self) -> Question:
        return Question(Properties(DBusAddress(self.path, self.bus, ACCESSIBLE)).get("Name"), "v")

    @property
    def state(self) -> Question:
        return self.call("GetState", "au")

    @property
    def children(self) -> Question:
        return self.call("GetChildren", REFERENCES)

    @property
    def description(self) -> tuple[Question, Question, Question, Question]:
        return self.call("GetRole", "u"), self.state, self.name, self.children


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
