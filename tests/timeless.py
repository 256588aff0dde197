"""Events without their clock, to compare two runs."""

from __future__ import annotations

from collections.abc import Iterable

from screenagent.events import Event
from screenagent.usage import Usage


def timeless(events: Iterable[Event]) -> list[Event]:
    """Return the events without their times and costs."""
    return [event.model_copy(update={"at": 0.0, "usage": Usage()}) for event in events]
