"""Write the references that come from the types, as `make docs` does.

`schemas.md` says what a run leaves on disk; `script.schema.json` and `policy.schema.json` are for editors, and
`session.schema.json` for other faces of a run.

usage: python docs/schemas.py FOLDER
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from screenagent.actions import Action, Click, Expectation, Visible
from screenagent.approval import Policy
from screenagent.events import (
    Acted,
    Checked,
    Decided,
    Decision,
    Effect,
    Ended,
    Event,
    EventBase,
    Plan,
    PlannedStep,
    Started,
    Verdict,
)
from screenagent.geometry import Location, Point
from screenagent.runs.plans import PlanChange, PlanLog
from screenagent.runs.store import Run
from screenagent.scripts import Script
from screenagent.sessions.messages import message_type, request_type

Schema = Mapping[str, Any]

INTRODUCTION = """\
# What a run leaves on disk

Written by `make docs`; a test fails when it is out of date.

A run is a folder that only its owner can open:

| file | what it is |
| --- | --- |
| `run.json` | what the run was made with: one [Run](#run) |
| `events.jsonl` | what happened: one [event](#event) a line, written before the next one happens |
| `screens/<digest>.png` | the pictures that events name by their digest, each once, written a moment after the line |

A reader bears a last line that was cut off in the middle, and pictures that did not reach the disk: a process that was
killed leaves both. `screenagent.runs.store.read_events(folder)` gives the events with their pictures, and
`screenagent.episode.Episode.of(events)` the episode that they add up to.

The first decision of a log holds its whole plan. A later one holds a [PlanChange](#planchange) instead: the steps that
stay of the plan before it, and those that are new. `read_events` gives each decision with its whole plan, as
`screenagent run --json` prints it.

A field with a default may be missing; a field that does not stand here is an error. Places are normalized: `x` and `y`
go from 0 at the left and top of the display to 1 at its right and bottom. Times are in seconds.
"""


def schema_of(type_: Any) -> Schema:
    return TypeAdapter(type_).json_schema(mode="serialization")


def members(union: Schema) -> list[str]:
    return [case["$ref"].rpartition("/")[2] for case in union.get("oneOf", ())]


# JSON Schema spells these out wherever they occur; here each is said once.
UNIONS: Mapping[str, Sequence[str]] = {
    "Event": members(schema_of(Event)),
    "Action": members(schema_of(Action)),
    "Expectation": members(schema_of(Expectation)),
    "Verdict": members(schema_of(Verdict)),
}


def reference() -> Iterator[str]:
    run, types = schema_of(Run), schema_of(Event)["$defs"] | {"PlanChange": schema_of(PlanChange)}
    yield INTRODUCTION
    yield "Some lines of a log:\n\n```json"
    yield from map(bytes.decode, map(PlanLog().written, some_events()))
    yield "```\n\n## Run\n"
    yield from described(run)
    for name, cases in UNIONS.items():
        yield f"## {name}\n"
        yield from common_fields() if name == "Event" else ()
        for case in cases:
            yield f"### {case}\n"
            yield from described(types[case])
    yield "## What these are made of\n"
    for name in sorted(set(types).difference(*UNIONS.values())):
        yield f"### {name}\n"
        yield from described(types[name])


def some_events() -> Sequence[Event]:
    click = Click(target="File")
    place = Location(point=Point(x=0.04, y=0.03), confidence=0.98, by="text")
    planned = PlannedStep(action=click, expectation=Visible(words="Save As"))
    return (
        Started(task="open the File menu"),
        Decided(at=0.31, decision=Decision(plan=Plan(steps=(planned,)))),
        Acted(at=0.52, action=click, locations=(place,)),
        Checked(at=0.83, effect=Effect(outcome="confirmed", code="seen", evidence="“Save As” is seen")),
        Ended(at=0.9, result="done"),
    )


def common_fields() -> Iterator[str]:
    yield "Every line has `event`, which says which of these it is, the fields of its kind, and these:\n"
    yield from described(schema_of(EventBase))


def described(schema: Schema) -> Iterator[str]:
    """What for, then a row a field."""
    if "description" in schema:
        yield " ".join(schema["description"].split()) + "\n"
    if "properties" not in schema:
        yield f"It is written as {type_of(schema)}.\n"
        return
    yield "| field | type | default |"
    yield "| --- | --- | --- |"
    for name, field in schema["properties"].items():
        if "event" not in schema["properties"] or name not in EventBase.model_fields:
            default = "" if name in schema.get("required", ()) else default_of(field)
            yield f"| `{name}` | {type_of(field)}{remark(field)} | {default} |"
    yield ""


def type_of(field: Schema) -> str:
    named = next((name for name, cases in UNIONS.items() if members(field) == cases), None)
    if named:
        return link(named)
    match field:
        case {"$ref": reference}:
            name = reference.rpartition("/")[2]
            return "any JSON" if name == "JsonValue" else link(name)
        case {"const": value}:
            return f"`{json.dumps(value)}`"
        case {"enum": values}:
            return ", ".join(f"`{json.dumps(value)}`" for value in values)
        case {"anyOf": cases}:
            return " or ".join(type_of(case) for case in cases)
        case {"type": "array", "items": items}:
            return f"list of {type_of(items)}"
        case {"type": "object", "additionalProperties": True}:
            return "object with its fields"
        case {"type": "object", "additionalProperties": values}:
            return f"object: {type_of(field.get('propertyNames', {'type': 'string'}))} to {type_of(values)}"
        case {"type": kind}:
            name = "date and time" if field.get("format") == "date-time" else str(kind)
            return name + limits(field)
        case _:
            raise ValueError(f"no words for {field}; add them to docs/schemas.py")


def link(name: str) -> str:
    return f"[{name}](#{name.lower()})"


def limits(field: Schema) -> str:
    words = {
        "minimum": "at least {}",
        "exclusiveMinimum": "more than {}",
        "maximum": "at most {}",
        "minLength": "not empty",
    }
    return "".join(", " + word.format(field[key]) for key, word in words.items() if key in field)


def remark(field: Schema) -> str:
    return f": {field['description']}" if "description" in field else ""


def default_of(field: Schema) -> str:
    if "const" in field:
        return ""
    shown = json.dumps(field["default"], ensure_ascii=False) if "default" in field else ""
    return f"`{shown}`" if 0 < len(shown) < 30 else "empty"


def session_schema() -> Schema:
    """Return the schema of the lines that a face sends and of those that a run sends, with what both are made of."""
    request, message = request_type().json_schema(), message_type().json_schema(mode="serialization")
    types = request.pop("$defs") | message.pop("$defs")
    said = {"title": "What a run sends", **message}
    return {"title": "Session", "$defs": types | {"Request": {"title": "What a face sends", **request}, "Said": said}}


def write(folder: Path) -> None:
    """Write the reference and the schemas into `folder`."""
    (folder / "schemas.md").write_text("\n".join(reference()), encoding="utf-8")
    schemas = {"script": Script.model_json_schema(), "policy": Policy.model_json_schema(), "session": session_schema()}
    for name, schema in schemas.items():
        (folder / f"{name}.schema.json").write_text(f"{json.dumps(schema, indent=2)}\n", encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
