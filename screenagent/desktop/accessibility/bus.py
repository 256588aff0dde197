"""One connection to the accessibility bus for a whole run: questions go out on it, and events are heard on it."""

from __future__ import annotations

import select
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from jeepney import DBusAddress, MatchRule, new_method_call
from jeepney.bus_messages import message_bus

from screenagent.desktop.accessibility.events import INTERFACES, LISTENED_FOR, EventLog
from screenagent.desktop.accessibility.nodes import Question, RepeatedCall
from screenagent.desktop.accessibility.query import AccessibilityQuery
from screenagent.desktop.bus import Bus, BusLost, receive

REGISTRY: Final = DBusAddress("/org/a11y/atspi/registry", "org.a11y.atspi.Registry", "org.a11y.atspi.Registry")
READ_SECONDS: Final = 0.001
"""How long is waited for the rest of a message of which some has come."""
AT_A_TIME: Final = 64
"""Events that are read before a question may go out."""
END_SECONDS: Final = 1.0


class AccessibilityBus:
    """Threads ask in turn. While nobody asks, a thread of its own reads what programs tell by themselves into `log`.

    A program that tells more than can be followed ends the connection: what it has sent is let go with it.
    """

    def __init__(self, bus: Bus, log: EventLog) -> None:
        self._bus, self._log = bus, log
        self._turn = threading.Lock()  # who holds it sends and reads
        self.followed = ""
        self._ended = False
        self._thread = threading.Thread(target=self._hear, name="accessibility events", daemon=True)
        self._thread.start()

    @contextmanager
    def asking(self, deadline: float) -> Iterator[AccessibilityQuery]:
        """Wait for a turn to ask questions until the deadline, and take it."""
        if self._ended or not self._turn.acquire(timeout=max(0.0, deadline - time.monotonic())):
            raise BusLost("it has ended, or another thread asks on it for too long")
        try:
            yield AccessibilityQuery(self._bus, deadline, self._log.add)
            while self._read_on(seconds=0):
                pass  # what has been read already would wake nobody
        finally:
            self._turn.release()

    def follow(self, query: AccessibilityQuery, program: str) -> bool:
        """Have the program tell of changes, instead of the one before; return whether it will."""
        if self.followed == program:
            return True
        self._log.end()
        left, self.followed = self.followed, ""
        answers = query.many([*_listening(left, begin=False), *_listening(program, begin=True)])
        if all(answer is not None for answer in answers[-len(INTERFACES) :]):
            self.followed = program
            self._log.begin()
        return self.followed == program

    def close(self) -> None:
        self._ended = True
        self._bus.hang_up()
        self._thread.join(END_SECONDS)
        self._bus.close()

    def _hear(self) -> None:
        readable = select.poll()
        readable.register(self._bus, select.POLLIN)
        more = False
        while not self._ended and not self._log.is_flooded():
            if not more:
                readable.poll()
            with self._turn:
                try:
                    more = self._read_on(seconds=READ_SECONDS)
                except BusLost:
                    break
        self._ended = True
        self._log.end()

    def _read_on(self, *, seconds: float) -> bool:
        """Read some messages; return whether there may be more of them."""
        for _ in range(AT_A_TIME):
            if (message := receive(self._bus, seconds=seconds)) is None:
                return False
            self._log.add(message)
        return True


def _listening(program: str, *, begin: bool) -> list[Question]:
    """What begins or ends that a program tells of changes, and that the bus hands them on."""
    if not program:
        return []
    rules = [MatchRule(type="signal", sender=program, interface=interface) for interface in INTERFACES]
    if begin:
        told = [new_method_call(REGISTRY, "RegisterEvent", "sass", (event, [], program)) for event in LISTENED_FOR]
        calls = [*told, *map(message_bus.AddMatch, rules)]
    else:
        told = [new_method_call(REGISTRY, "DeregisterEvent", "s", (event,)) for event in LISTENED_FOR]
        calls = [*told, *map(message_bus.RemoveMatch, rules)]
    return [Question(RepeatedCall(call), "") for call in calls]
