"""The JSON Schema that constrains a model's plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from screenagent import keys
from screenagent.events import Plan

# These limits make every answer end, whatever the model; no step needs more.
_LONGEST: Final = {"text": 2000, "message": 300, "question": 300}
_LONGEST_WORDS: Final = 160
_MOST_STEPS: Final = 12
_KEYS: Final = (*sorted(keys.NAMED), *(chr(code) for code in range(33, 127) if not chr(code).isupper()))


def plan_schema() -> dict[str, Any]:
    """Return the JSON Schema of a plan in the form that grammars take.

    Alternatives are an `anyOf` with a required `kind`, and every string and list has a limit.
    """
    schema: dict[str, Any] = _plain(Plan.model_json_schema())
    schema["properties"]["steps"]["maxItems"] = _MOST_STEPS
    return schema


def _plain(node: Any, name: str = "") -> Any:
    match node:
        case {"$ref": "#/$defs/Target"}:
            return _plain({"type": "string"}, name)  # a model names its targets; it does not point at them
        case list():
            return [_plain(item, name) for item in node]
        case {"type": "string"} if "const" not in node and "enum" not in node:
            return {"type": "string", "minLength": 1, "maxLength": _LONGEST.get(name, _LONGEST_WORDS)}
        case {"properties": Mapping()}:
            return _object(node)
        case dict():
            kept = {key: _plain(value, name) for key, value in node.items() if key not in _SAID}
            if "oneOf" in kept:
                kept["anyOf"] = kept.pop("oneOf")
            return kept
        case _:
            return node


_SAID: Final = frozenset({"title", "description", "default", "discriminator"})
_UNSAID: Final = frozenset({"Target", "Point"})


def _object(node: Mapping[str, Any]) -> dict[str, Any]:
    properties = {name: _plain(value, name) for name, value in node["properties"].items()}
    if "keys" in properties:
        properties["keys"] |= {"items": {"enum": list(_KEYS)}, "maxItems": 4}
    if "path" in properties:
        properties["path"]["maxItems"] = 8
    if "modifiers" in properties:
        properties["modifiers"]["maxItems"] = 4
    required = [name for name in properties if name in node.get("required", ()) or name == "kind"]
    named = {name: definition for name, definition in node.get("$defs", {}).items() if name not in _UNSAID}
    definitions = {"$defs": _plain(named)} if named else {}
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
        **definitions,
    }
