"""The JSON Schema that constrains a model's plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from screenagent import keys
from screenagent.events import Plan

# These limits make every answer end, whatever the model writes. No step needs more.
_LONGEST: Final = {"text": 2000, "message": 300, "question": 300}
_LONGEST_WORDS: Final = 160
_MOST_STEPS: Final = 12
_KEYS: Final = (*sorted(keys.NAMED), *(chr(code) for code in range(33, 127) if not chr(code).isupper()))
_MAY_BE_BLANK: Final = frozenset({"text", "message"})


def plan_schema() -> dict[str, Any]:
    """Return the JSON Schema of a plan in the form that grammars accept.

    Alternatives are an `anyOf` with a required `kind`, and every string and list has a limit. Actions that need a place
    on the screen are left out, and those that only a script may plan: no model is asked for them.
    """
    schema: dict[str, Any] = _plain(Plan.model_json_schema())
    schema["properties"]["steps"]["maxItems"] = _MOST_STEPS
    return schema


def _plain(node: Any, name: str = "") -> Any:
    match node:
        case {"$ref": "#/$defs/Target"}:
            return _plain({"type": "string"}, name)  # a model names its targets; it does not point at them
        case list():
            return [_plain(item, name) for item in node if not _is_unsaid(item)]
        case {"type": "string"} if "const" not in node and "enum" not in node:
            return _string(name)
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
_UNSAID: Final = frozenset({"Target", "Point", "Box", "Holds", "Verify", "OpenProgram", "FocusWindow", "CloseWindow"})


def _is_unsaid(node: Any) -> bool:
    return isinstance(node, dict) and str(node.get("$ref", "")).removeprefix("#/$defs/") in _UNSAID - {"Target"}


def _string(name: str) -> dict[str, Any]:
    """Return the schema of a string; names of things on the screen must not be blank."""
    limits = {"type": "string", "minLength": 1, "maxLength": _LONGEST.get(name, _LONGEST_WORDS)}
    return limits if name in _MAY_BE_BLANK else {**limits, "pattern": r"\S"}


def _object(node: Mapping[str, Any]) -> dict[str, Any]:
    properties = {name: _plain(value, name) for name, value in node["properties"].items()}
    if "keys" in properties:
        properties["keys"] |= {"items": {"type": "string", "enum": list(_KEYS)}, "maxItems": 4}
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


_STRICT: Final = frozenset({"type", "const", "enum", "anyOf", "items", "$ref", "properties", "$defs"})
_LOOSE: Final = frozenset(
    {
        *("required", "additionalProperties", "default", "title"),
        *("minLength", "maxLength", "pattern", "format"),
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
        *("minItems", "maxItems", "uniqueItems"),
    }
)
"""Keywords that strict mode implies, or that OpenAI or Azure rejects in it; the parser checks them instead."""


def strict(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return `schema` for OpenAI's strict mode; raise `ValueError` for an unsupported keyword.

    Every property is required; an optional property may be null instead. No object allows additional properties.
    """
    if unknown := set(schema) - _STRICT - _LOOSE - {"description"}:
        raise ValueError(f"Strict mode has no place for {', '.join(sorted(unknown))}")
    found: dict[str, Any] = {key: value for key, value in schema.items() if key not in _LOOSE}
    for key in {"properties", "$defs"} & set(found):
        found[key] = {name: strict(value) for name, value in schema[key].items()}
    if "items" in found:
        found["items"] = strict(found["items"])
    if "anyOf" in found:
        found["anyOf"] = _flat([strict(choice) for choice in found["anyOf"]])
    if "properties" in found:
        needed = schema.get("required", ())
        found["properties"] = {
            name: value if name in needed else _or_null(value) for name, value in found["properties"].items()
        }
        found |= {"required": list(found["properties"]), "additionalProperties": False}
    return found


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    null = {"type": "null"}
    choices = _flat([schema])
    return schema if null in choices else {"anyOf": [*choices, null]}


def _flat(choices: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the alternatives with nested `anyOf` alternatives inlined."""
    return [inner for choice in choices for inner in (_flat(choice["anyOf"]) if set(choice) == {"anyOf"} else [choice])]
