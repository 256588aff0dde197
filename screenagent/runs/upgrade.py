"""Reads the events of earlier versions: one table of what is spelled in another way today."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from screenagent.errors import OldSpellingWarning
from screenagent.events import Event
from screenagent.geometry import LATER
from screenagent.runs.plans import LOGGED, LoggedDecided, PlanLog

EVENT: Final[TypeAdapter[Event]] = TypeAdapter(Event, config=LATER)
_JSON: Final[TypeAdapter[Any]] = TypeAdapter(Any)

Fields = dict[str, Any]


def _checked(event: Fields) -> Fields:
    match event:
        case {"effect": {"outcome": "met"} as effect}:
            return event | {"effect": effect | {"outcome": "confirmed"}}
    return event


def _renamed(event: Fields, old: str, new: str) -> Fields:
    return {new if name == old else name: value for name, value in event.items()}


UPGRADES: Final[Mapping[str, Callable[[Fields], Fields]]] = {
    "checked": _checked,
    "told": lambda event: event | {"event": "user_message"},
    "retried": lambda event: _renamed(event, "rung", "recovery"),
    "ended": lambda event: _renamed(event, "outcome", "result"),
}
"""By the event's name in the log: from version 0.1 to today's form. Today's form stays as it is."""


def read_event(line: bytes | str, plans: PlanLog | None = None) -> Event:
    """Return the event in a line of a log of any version; raise `ValidationError` if it is not one.

    `plans` has read the lines before it; without it, a line that changes a plan raises `ValueError`.

    Fields that are not known here are left out, with one warning that names them.
    """
    try:
        logged = LOGGED.validate_json(line)
    except ValidationError:
        logged = _from_earlier(line)
    return (plans or PlanLog()).read(logged)


def _from_earlier(line: bytes | str) -> Event | LoggedDecided:
    fields: Any = _JSON.validate_json(line)
    if not isinstance(fields, dict):
        return LOGGED.validate_python(fields)
    upgraded = UPGRADES.get(str(fields.get("event")), dict)(fields)
    try:
        return LOGGED.validate_json(_JSON.dump_json(upgraded))
    except ValidationError as error:
        return LOGGED.validate_json(_JSON.dump_json(_without_unknown(upgraded, error)))


def _without_unknown(fields: Fields, error: ValidationError) -> Fields:
    """Leave out the fields that no class here has; raise `error` if there are none."""
    unknown = [problem["loc"] for problem in error.errors(include_url=False) if problem["type"] == "extra_forbidden"]
    if not unknown:
        raise error
    for place in unknown:
        _leave_out(fields, place)
    names = ", ".join(sorted({str(place[-1]) for place in unknown}))
    warnings.warn(f"this log has fields that this version does not know: {names}", OldSpellingWarning, stacklevel=2)
    return fields


def _leave_out(fields: Any, place: tuple[int | str, ...]) -> None:
    """Remove the field at `place`, in which the names of a union's cases stand between the keys."""
    *path, name = place
    for key in path:
        if isinstance(fields, list):
            fields = fields[int(key)]
        elif isinstance(fields.get(key), dict | list):
            fields = fields[key]
    fields.pop(name, None)
