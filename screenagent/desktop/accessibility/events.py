"""What programs tell by themselves of changes in their windows (AT-SPI events), as far as it can be kept."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, NamedTuple

from jeepney import Message, MessageType
from jeepney.low_level import HeaderFields

EVENT: Final = "org.a11y.atspi.Event."
INTERFACES: Final = (EVENT + "Object", EVENT + "Window", EVENT + "Document")
LISTENED_FOR: Final = (
    *("object:state-changed", "object:children-changed", "object:text-changed", "object:property-change"),
    *("object:selection-changed", "window:", "document:"),
)
"""What programs are asked to tell. Bounds are left out: they change by the hundred, and are asked for when needed."""

KEPT: Final = 512
FLOOD: Final = 2000
FLOOD_SECONDS: Final = 2.0
"""A program that sends so many events within these seconds is not listened to any longer."""
LONGEST_DETAIL: Final = 64

EventKind = Literal["state", "children", "text", "property", "selection", "window", "document"]

KINDS: Final[Mapping[str, EventKind]] = {
    "StateChanged": "state", "ChildrenChanged": "children", "TextChanged": "text", "PropertyChange": "property",
    "SelectionChanged": "selection",
}  # fmt: skip
SHOWN_OR_GONE: Final = ("showing", "visible", "defunct")
NAMES: Final = ("accessible-name", "accessible-role", "accessible-parent")


class AccessibleEvent(NamedTuple):
    """A change that a program told of: when it came, by `time.monotonic`, and of which object.

    `detail` names the state ("checked"), the property ("accessible-name"), what was done with the text or the child
    ("insert", "remove", "add"), or what happened to the window ("activate"). A state is now on or off.
    """

    at: float
    program: str
    path: str
    kind: EventKind
    detail: str = ""
    on: bool = False

    @property
    def is_structural(self) -> bool:
        """Whether another object is shown than before, or one by another name."""
        if self.kind == "state":
            return self.detail in SHOWN_OR_GONE
        return self.kind in ("children", "window") or (self.kind == "property" and self.detail in NAMES)


class EventLog:
    """The latest events, of all programs that are listened to. Whoever asks learns whether some may be missing."""

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._events: deque[AccessibleEvent] = deque(maxlen=KEPT)
        self._complete_since = float("inf")
        self._latest: deque[float] = deque(maxlen=FLOOD)
        self._heard_from: set[str] = set()
        self._lock = threading.Lock()  # protects all of these

    def begin(self) -> None:
        """Note that from now on every event comes, and that those before may be missing."""
        with self._lock:
            self._events.clear()
            self._latest.clear()
            self._heard_from.clear()
            self._complete_since = self._now()

    def end(self) -> None:
        """Note that no event comes any longer."""
        with self._lock:
            self._complete_since = float("inf")

    def add(self, message: Message) -> None:
        """Keep the event that `message` is, if it is one."""
        if (event := event_of(message, at=self._now())) is None:
            return
        with self._lock:
            if len(self._events) == KEPT:
                self._complete_since = max(self._complete_since, self._events[0].at)
            self._events.append(event)
            self._latest.append(event.at)
            self._heard_from.add(event.program)

    def since(self, at: float, program: str) -> tuple[AccessibleEvent, ...]:
        """Return what `program` has told of since then, as far as it is kept; the oldest first."""
        with self._lock:
            return tuple(event for event in self._events if event.at >= at and event.program == program)

    def is_complete_since(self, at: float) -> bool:
        """Return whether no event of that time or later is missing."""
        with self._lock:
            return at > self._complete_since

    def has_heard(self, program: str) -> bool:
        """Return whether the program has told of anything yet: of one that never does, silence says nothing."""
        with self._lock:
            return program in self._heard_from

    def is_flooded(self) -> bool:
        with self._lock:
            return len(self._latest) == FLOOD and self._latest[-1] - self._latest[0] < FLOOD_SECONDS


def event_of(message: Message, *, at: float) -> AccessibleEvent | None:
    """Return the event that a message is; None for every other message, and for an event that cannot be read."""
    fields: Mapping[Any, Any] = message.header.fields
    interface, member = str(fields.get(HeaderFields.interface, "")), str(fields.get(HeaderFields.member, ""))
    if message.header.message_type is not MessageType.signal or interface not in INTERFACES:
        return None
    program, path = str(fields.get(HeaderFields.sender, "")), str(fields.get(HeaderFields.path, ""))
    if interface != EVENT + "Object":
        kind: EventKind = "window" if interface == EVENT + "Window" else "document"
        return AccessibleEvent(at, program, path, kind, member.lower()[:LONGEST_DETAIL])
    if (told := KINDS.get(member)) is None or not (body := message.body) or not isinstance(body[0], str):
        return None
    return AccessibleEvent(at, program, path, told, body[0][:LONGEST_DETAIL], len(body) > 1 and body[1] == 1)
