"""Converts an answer's grammar to GBNF, the notation of llama.cpp that xgrammar (vLLM, SGLang) also reads."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from screenagent.models.gbnf_pattern import LONGEST_RUN, literal, pattern_rule
from screenagent.models.vision import AnswerGrammar, JsonSchema

VISIBLE: Final = r"\S"
"""The only supported `pattern` of a string: it contains something other than whitespace."""

_HEX: Final = "[0-9a-fA-F]"
_CHARACTERS: Final = {
    "json-char": " | ".join(
        (
            r'[^"\\\x00-\x1f\x7f-\x9f]',
            r'"\\" ["\\/bfnrt]',
            rf'"\\u" [0-9a-cefA-CEF] {_HEX} {_HEX} {_HEX}',
            rf'"\\u" [dD] [0-7] {_HEX} {_HEX}',
            rf'"\\u" [dD] [89abAB] {_HEX} {_HEX} "\\u" [dD] [c-fC-F] {_HEX} {_HEX}',
        )
    ),
    "json-visible": r'[^"\\\x00-\x20\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000] | "\\" ["\\/]',
}
"""The characters of a string: every JSON escape except half a surrogate pair, and no raw control characters.

Neither rule refers to another rule. Otherwise xgrammar would check the whole vocabulary again at each character of a
string, which takes 0.1 to 0.2 seconds per token.
"""

_ANNOTATIONS: Final = frozenset({"title", "description", "default", "discriminator"})
_MOST: Final = 999_999
"""The upper bound of a number if the schema has none."""
_DECIMALS: Final = ' ("." [0-9]{1,2})?'
_KEYWORDS: Final[Mapping[str, set[str]]] = {
    "string": {"minLength", "maxLength", "pattern"},
    "array": {"items", "minItems", "maxItems"},
    "object": {"properties", "required", "additionalProperties"},
    "integer": {"minimum", "exclusiveMinimum", "maximum"},
    "number": {"minimum", "exclusiveMinimum", "maximum"},
    "boolean": set(),
    "null": set(),
}


def gbnf(grammar: AnswerGrammar, *, bounded: bool) -> str:
    """Return the rules of `grammar`; raise `ValueError` if part of it cannot be expressed.

    JSON is on one line with a space after each comma and colon, as models usually print it, and an object's required
    properties come first. `bounded` limits the length of strings. llama.cpp supports this up to `LONGEST_RUN`, but
    xgrammar becomes very slow, so there only the answer's token budget ends a string.
    """
    if isinstance(grammar, JsonSchema):
        return _JsonRules(grammar.definition, bounded=bounded).text()
    return f"root ::= {pattern_rule(grammar.pattern)}"


class _JsonRules:
    """The rules for a JSON Schema, by name."""

    def __init__(self, schema: Mapping[str, Any], *, bounded: bool) -> None:
        self._definitions: Mapping[str, Mapping[str, Any]] = schema.get("$defs", {})
        self._bounded = bounded
        self._rules: dict[str, str] = {"root": ""}
        self._names: dict[str, str] = {}  # the names of the definitions' rules
        self._rules["root"] = self._rule({key: value for key, value in schema.items() if key != "$defs"})

    def text(self) -> str:
        rules = self._rules | (_CHARACTERS if any("json-char" in rule for rule in self._rules.values()) else {})
        return "\n".join(f"{name} ::= {rule}" for name, rule in rules.items())

    def _rule(self, schema: Mapping[str, Any]) -> str:
        """Return the rule for a value of this schema."""
        node = {key: value for key, value in schema.items() if key not in _ANNOTATIONS}
        match node:
            case {"$ref": str(place), **rest} if not rest:
                return self._definition(place)
            case {"anyOf": [_, *_] as choices, **rest} if not rest:
                return _either([self._rule(choice) for choice in choices])
            case {"const": value, **rest} if set(rest) <= {"type"}:
                return _json_literal(value)
            case {"enum": [_, *_] as values, **rest} if set(rest) <= {"type"}:
                return self._enumeration(values)
            case {"type": str(kind), **rest}:
                return self._typed(kind, rest)
            case _:
                raise ValueError(f"No rule for the schema {_quoted(node)}")

    def _typed(self, kind: str, rest: Mapping[str, Any]) -> str:
        unknown = set(rest) - _KEYWORDS.get(kind, set())
        if kind not in _KEYWORDS or unknown:
            raise ValueError(
                f"No rule for {', '.join(sorted(unknown)) or 'the type'} in {_quoted({'type': kind, **rest})}"
            )
        match kind:
            case "string":
                return self._string(rest)
            case "array":
                return self._array(rest)
            case "object":
                return self._object(rest)
            case "boolean":
                return '("true" | "false")'
            case "null":
                return '"null"'
            case _:
                return self._number(kind, rest)

    def _named(self, name: str, rule: str) -> str:
        self._rules[name] = rule
        return name

    def _definition(self, place: str) -> str:
        called = place.removeprefix("#/$defs/")
        if called not in self._definitions:
            raise ValueError(f"No rule for the reference {place!r}: it names no definition of this schema")
        if called not in self._names:
            name = _rule_name(called)
            self._names[called] = name = f"{name}-{len(self._names)}" if name in self._names.values() else name
            self._rules[name] = ""  # the definition may refer to itself
            self._rules[name] = self._rule(self._definitions[called])
        return self._names[called]

    def _enumeration(self, values: Sequence[object]) -> str:
        """Return the alternatives, or the name of a rule for them if there are more than four."""
        choices = [_json_literal(value) for value in values]
        if len(choices) <= 4:
            return _either(choices)
        rule = " | ".join(choices)
        known = next((name for name, text in self._rules.items() if text == rule), None)
        return known or self._named(f"choice-{sum(name.startswith('choice-') for name in self._rules) + 1}", rule)

    def _string(self, schema: Mapping[str, Any]) -> str:
        fewest, most = schema.get("minLength", 0), schema.get("maxLength")
        if not self._bounded or (most is not None and most > LONGEST_RUN):
            most = None
        if fewest > LONGEST_RUN:
            raise ValueError(f"No rule for a string of {fewest} characters or more: the most is {LONGEST_RUN}")
        sizes = f"{fewest}-{'' if most is None else most}".rstrip("-")
        match schema.get("pattern"):
            case None:
                return self._named(f"text-{sizes}", rf'"\""{_repeated("json-char", fewest, most)} "\""')
            case pattern if pattern == VISIBLE:
                more = _repeated("json-char", max(fewest, 1) - 1, None if most is None else most - 1)
                return self._named(f"words-{sizes}", rf'"\"" json-visible{more} "\""')
            case pattern:
                raise ValueError(f"No rule for strings of the pattern {pattern!r}; {VISIBLE!r} is the only one")

    def _array(self, schema: Mapping[str, Any]) -> str:
        fewest, most = schema.get("minItems", 0), schema.get("maxItems")
        if "items" not in schema or max(fewest, most or 0) > LONGEST_RUN:
            raise ValueError(f"No rule for an array of any items, or of more than {LONGEST_RUN}: {_quoted(schema)}")
        if most == 0:
            return '"[]"'
        item = self._rule(schema["items"])
        more = _repeated(f'(", " {item})', max(fewest, 1) - 1, None if most is None else most - 1)
        return f'"[" {item}{more} "]"' if fewest else f'"[" ({item}{more})? "]"'

    def _object(self, schema: Mapping[str, Any]) -> str:
        """Return the required properties in order, then the optional ones."""
        if schema.get("additionalProperties", True) is not False or not schema.get("properties"):
            raise ValueError(f"No rule for an object of any properties: {_quoted(schema)}")
        needed = set(schema.get("required", ()))
        pairs = {
            name: f"{literal(f'{json.dumps(name)}: ')} {self._rule(value)}"
            for name, value in schema["properties"].items()
        }
        required = [pair for name, pair in pairs.items() if name in needed]
        optional = [pair for name, pair in pairs.items() if name not in needed]
        return f'"{{" {_members(required, optional)} "}}"'

    def _number(self, kind: str, schema: Mapping[str, Any]) -> str:
        """Return the name of a rule for numbers within integer bounds; the kind "number" allows decimals."""
        decimals = kind == "number"
        if not schema:
            return self._named(kind, f'"-"? {_either(_whole(0, _MOST))}{_DECIMALS if decimals else ""}')
        above, high = "exclusiveMinimum" in schema, schema.get("maximum", _MOST)
        low = schema.get("exclusiveMinimum", schema.get("minimum", -1))
        if low < 0 or low + above > high or low != int(low) or high != int(high):
            raise ValueError(f"No rule for numbers without whole bounds of 0 or more: {_quoted(schema)}")
        low, first, high = int(low), int(low) + above, int(high)
        name = f"{kind}-{'above-' if above else ''}{low}-{high}"
        if not decimals:
            return self._named(name, " | ".join(_whole(first, high)))
        below_first = [f'"{low}." [1-9] [0-9]?'] if above else []
        between = [f"{_either(_whole(first, high - 1))}{_DECIMALS}"] if first < high else []
        return self._named(name, " | ".join([*below_first, *between, f'"{high}"']))


def _whole(low: int, high: int) -> list[str]:
    """Return alternatives that together match the integers from `low` to `high`: [1-9], [1-9] [0-9], …"""
    found: list[str] = []
    while low <= high:
        last = min(high, 10 ** len(str(low)) - 1)  # the largest number with as many digits
        found += _numerals(str(low), str(last))
        low = last + 1
    return found


def _numerals(low: str, high: str) -> list[str]:
    """Return the alternatives for the numerals from `low` to `high`, which have the same number of digits."""
    size = len(low) - 1
    if low == high:
        return [f'"{low}"']
    if low[0] == high[0]:
        return [f'"{low[0]}" {rest}' for rest in _numerals(low[1:], high[1:])]
    if low[1:] == "0" * size and high[1:] == "9" * size:
        return [" ".join([f"[{low[0]}-{high[0]}]", *["[0-9]"] * size])]
    if low[1:] != "0" * size:
        return [*_numerals(low, f"{low[0]}{'9' * size}"), *_numerals(f"{int(low[0]) + 1}{'0' * size}", high)]
    return [*_numerals(low, f"{int(high[0]) - 1}{'9' * size}"), *_numerals(f"{high[0]}{'0' * size}", high)]


def _members(required: Sequence[str], optional: Sequence[str]) -> str:
    """Return the pairs between the braces. Without required pairs, any optional one may come first."""

    def more(pairs: Sequence[str]) -> list[str]:
        return [f'(", " {pair})?' for pair in pairs]

    if required:
        return " ".join([' ", " '.join(required), *more(optional)])
    firsts = [" ".join([pair, *more(optional[at + 1 :])]) for at, pair in enumerate(optional)]
    return f"({' | '.join(firsts)})?"


def _either(choices: Sequence[str]) -> str:
    return choices[0] if len(choices) == 1 else f"({' | '.join(choices)})"


def _repeated(part: str, fewest: int, most: int | None) -> str:
    """Return `part` so many times, behind a blank; nothing if that is never."""
    if most is None:
        return f" {part}{['*', '+'][fewest] if fewest < 2 else f'{{{fewest},}}'}"
    return f" {part}{{{fewest},{most}}}" if most else ""


def _rule_name(definition: str) -> str:
    """Return a name such as llama.cpp takes: FooBar becomes foo-bar."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+", "-", definition).strip("-").lower()


def _json_literal(value: object) -> str:
    return literal(json.dumps(value, ensure_ascii=False))


def _quoted(schema: Mapping[str, Any]) -> str:
    text = json.dumps(schema)
    return text if len(text) <= 120 else f"{text[:119]}…"
