"""Questions to programs on the accessibility bus, many at a time, until a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from jeepney import DBusAddress, Message, MessageType, new_method_call
from jeepney.low_level import HeaderFields

from screenagent.desktop.accessibility.items import CachedItem, items_question
from screenagent.desktop.accessibility.nodes import (
    PROPERTY,
    REFERENCES,
    AccessibleNode,
    Method,
    Question,
    Reference,
    RepeatedCall,
    StateBits,
    references,
)
from screenagent.desktop.bus import BusConnection, receive, send_messages

IN_FLIGHT: Final = 64
"""Questions sent before an answer is read: more, and both ends wait for the other to read."""
LONGEST_NAME: Final = 1000
MOST_DESCRIBED: Final = 800
"""Objects that are described at a time; a table holds more cells than that."""

MOST_LISTED: Final = 1000
"""Objects; GTK takes a time that grows with their square, and does nothing else meanwhile."""
ALL, CANONICAL = 1, 1
"""Of what is matched, all that is named must hold; the order of matches is that of the tree."""

BUS: Final = "org.freedesktop.DBus"
ROOT: Final = "/org/a11y/atspi/accessible/root"
REGISTRY: Final = Reference("org.a11y.atspi.Registry", ROOT)

EXTENTS: Final = Method("GetExtents", "(iiii)", "org.a11y.atspi.Component", "u")
"""Left, top, width and height; 0 asks for them on the screen, 1 in the window. They are in the program's own units."""
APPLICATION: Final = "org.a11y.atspi.Application"
PID: Final = Method("GetConnectionUnixProcessID", "u", BUS, "s")

Numbers = tuple[int, int, int, int]  # edges: left, top, right and bottom; or extents: left, top, width and height
Held = tuple[Reference, StateBits]  # an object with the states of what holds it


class AccessibilityQuery:
    """What is asked on one connection. `heard` is told of what comes meanwhile and answers no question."""

    def __init__(
        self, bus: BusConnection, deadline: float, heard: Callable[[Message], object] = lambda _: None
    ) -> None:
        self._bus = bus
        self._deadline = deadline
        self._heard = heard

    @property
    def is_over(self) -> bool:
        """Whether the time for answers is over, so that some may be missing."""
        return time.monotonic() >= self._deadline

    def sooner(self, share: float) -> AccessibilityQuery:
        """Return one that may take that share of the time that is left."""
        now = time.monotonic()
        return AccessibilityQuery(self._bus, now + share * max(0.0, self._deadline - now), self._heard)

    def program_of(self, pid: int) -> str | None:
        """Return the name on the bus of the program that is this process."""
        (programs,) = self.children([REGISTRY])
        bus = Reference(BUS, "/org/freedesktop/DBus")
        answers = self.many([bus.call(PID, program.bus) for program in programs])
        owned = zip(programs, answers, strict=True)
        return next((program.bus for program, answer in owned if answer and answer[0] == pid), None)

    def is_small(self, program: str) -> bool:
        """Return whether the windows of the program are known to hold no more objects than may be listed.

        The program counts them in one go, and no further than that. To list more could keep it from its own work.
        """
        (tops,) = self.children([Reference(program, ROOT)])
        answers = self.many([_counted(top) for top in tops if top.is_valid])
        return bool(answers) and None not in answers and sum(len(answer[0]) for answer in answers) < MOST_LISTED

    def items(self, program: str) -> Sequence[CachedItem]:
        """Return all objects that the program lists; none if it keeps no list, or does not answer in time."""
        (answer,) = self.many([items_question(program)])
        return answer[0] if answer else ()

    def children(self, parents: Sequence[Reference]) -> list[list[Reference]]:
        """Return what each of these objects holds."""
        return [references(answer) for answer in self.many([parent.children for parent in parents])]

    def described(self, objects: Sequence[Held]) -> list[AccessibleNode]:
        """Return what the objects tell of themselves, as far as they tell it all."""
        objects = [found for found in objects if found[0].is_valid][:MOST_DESCRIBED]
        answers = self.many([question for found, _ in objects for question in found.description])
        described = []
        for number, (found, holder) in enumerate(objects):
            role, state, name, below = answers[4 * number : 4 * number + 4]
            if role and state and name:
                told = str(name[0][1])[:LONGEST_NAME]
                node = AccessibleNode(found, role[0], told, StateBits.of(state), holder, tuple(references(below)))
                described.append(node)
        return described

    def toolkit(self, program: str) -> str:
        """Return the name of what the program is made with, such as "gtk" for GTK 3; "" if it does not say."""
        (answer,) = self.many([Reference(program, ROOT).call(PROPERTY, APPLICATION, "ToolkitName")])
        return str(answer[0][1]) if answer else ""

    def many(self, questions: Sequence[Question]) -> list[Any]:
        """Return the answers in order; None for an error, and for what wasn't answered in time."""
        answers: list[Any] = []
        for start in range(0, len(questions), IN_FLIGHT):
            if start and self.is_over:
                return [*answers, *(None for _ in questions[start:])]
            answers += self._batch(questions[start : start + IN_FLIGHT])
        return answers

    def _batch(self, questions: Sequence[Question]) -> list[Any]:
        serials = send_messages(self._bus, [question.call for question in questions])
        waiting = {serial: number for number, serial in enumerate(serials)}
        answers: list[Any] = [None] * len(questions)
        while waiting and (answer := receive(self._bus, seconds=self._deadline - time.monotonic())) is not None:
            number = waiting.pop(answer.header.fields.get(HeaderFields.reply_serial, 0), None)
            if number is None:
                self._heard(answer)
            elif _answers(answer, questions[number]):
                answers[number] = answer.body
        return answers


def _counted(top: Reference) -> Question:
    """Ask for what lies below an object, whatever it is, but for no more than may be listed."""
    anything: tuple[object, ...] = ([], ALL, {}, ALL, [], ALL, [], ALL, False)
    collection = DBusAddress(top.path, top.bus, "org.a11y.atspi.Collection")
    body = (anything, CANONICAL, MOST_LISTED, True)
    call = new_method_call(collection, "GetMatches", "(aiia{ss}iaiiasib)uib", body)
    return Question(RepeatedCall(call), REFERENCES)


def extents(answers: Sequence[Any]) -> list[Numbers | None]:
    """Return where each object is, by the answers to `EXTENTS`; None for one that does not say."""
    return [answer[0] if answer else None for answer in answers]


def _answers(answer: Message, question: Question) -> bool:
    returned = answer.header.message_type is MessageType.method_return
    return returned and answer.header.fields.get(HeaderFields.signature, "") == question.signature
