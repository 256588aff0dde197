from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from jeepney import DBusAddress, Message, new_method_call, new_signal
from jeepney.low_level import HeaderFields

from screenagent.desktop.accessibility.events import FLOOD, KEPT, AccessibleEvent, EventLog, event_of

SIGNATURE = "siiva{sv}"


def told(
    member: str,
    detail: str = "",
    on: int = 0,
    *,
    interface: str = "Event.Object",
    path: str = "/a",
    program: str = ":1.7",
) -> Message:
    emitter = DBusAddress(path, interface=f"org.a11y.atspi.{interface}")
    message = new_signal(emitter, member, SIGNATURE, (detail, on, 0, ("i", 0), {}))
    message.header.fields[HeaderFields.sender] = program
    return message


def at_times(*times: float) -> EventLog:
    """A log whose clock shows these times in turn, and then every following second."""
    clock: Iterator[float] = iter([*times, *(times[-1] + more for more in range(1, 100))])
    return EventLog(now=lambda: next(clock))


@pytest.mark.parametrize(
    ("message", "event"),
    [
        (told("StateChanged", "checked", 1), ("state", "checked", True)),
        (told("StateChanged", "sensitive", 0), ("state", "sensitive", False)),
        (told("TextChanged", "insert", 1), ("text", "insert", True)),
        (told("PropertyChange", "accessible-name"), ("property", "accessible-name", False)),
        (told("ChildrenChanged", "add", 3), ("children", "add", False)),
        (told("Activate", "Editor", interface="Event.Window"), ("window", "activate", False)),
    ],
)
def test_an_event_says_what_changed_of_which_object(message: Message, event: tuple[Any, ...]) -> None:
    assert event_of(message, at=4.0) == AccessibleEvent(4.0, ":1.7", "/a", *event)


@pytest.mark.parametrize(
    "message",
    [
        told("BoundsChanged"),
        told("NameOwnerChanged", interface="org.freedesktop.DBus"),
        new_signal(DBusAddress("/a", interface="org.a11y.atspi.Event.Object"), "StateChanged", "u", (7,)),
        new_signal(DBusAddress("/a", interface="org.a11y.atspi.Event.Object"), "StateChanged"),
        new_method_call(DBusAddress("/a", ":1.7", "org.a11y.atspi.Event.Object"), "StateChanged"),
    ],
)
def test_other_messages_are_no_events(message: Message) -> None:
    assert event_of(message, at=4.0) is None


@pytest.mark.parametrize(
    ("message", "structural"),
    [
        (told("StateChanged", "showing", 1), True),
        (told("StateChanged", "checked", 1), False),
        (told("PropertyChange", "accessible-name"), True),
        (told("PropertyChange", "accessible-value"), False),
        (told("ChildrenChanged", "add"), True),
        (told("TextChanged", "insert"), False),
        (told("Create", interface="Event.Window"), True),
    ],
)
def test_another_object_or_name_is_another_tree(message: Message, structural: bool) -> None:
    event = event_of(message, at=0)
    assert event is not None
    assert event.is_structural is structural


def test_only_what_a_program_told_since_then_is_returned() -> None:
    log = at_times(1, 2, 3, 4)
    log.begin()
    log.add(told("StateChanged", "focused", 1))
    log.add(told("StateChanged", "focused", 1, program=":1.8"))
    log.add(told("StateChanged", "checked", 1))
    assert [event.detail for event in log.since(2.5, ":1.7")] == ["checked"]
    assert [event.at for event in log.since(0, ":1.8")] == [3]
    assert (log.has_heard(":1.7"), log.has_heard(":1.9")) == (True, False)


def test_nothing_is_complete_before_listening_begins_or_after_it_ends() -> None:
    log = at_times(5)
    assert not log.is_complete_since(9)
    log.begin()
    assert (log.is_complete_since(5), log.is_complete_since(6)) == (False, True)
    log.end()
    assert not log.is_complete_since(6)


def test_events_that_were_let_go_are_missed() -> None:
    clock = count(1.0)
    log = EventLog(now=lambda: next(clock))
    log.begin()
    for _ in range(KEPT + 1):
        log.add(told("StateChanged", "focused", 1))
    assert len(log.since(0, ":1.7")) == KEPT
    assert (log.is_complete_since(2), log.is_complete_since(3)) == (False, True)


@pytest.mark.parametrize(("apart", "flooded"), [(0.0005, True), (0.01, False)])
def test_more_events_than_can_be_followed_are_a_flood(apart: float, flooded: bool) -> None:
    clock = count(0.0, apart)
    log = EventLog(now=lambda: next(clock))
    log.begin()
    for _ in range(FLOOD):
        log.add(told("StateChanged", "focused", 1))
    assert log.is_flooded() is flooded
