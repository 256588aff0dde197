"""What is sent to each kind of server so that its answer keeps to a grammar."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, get_args

import pytest

pytest.importorskip("openai")  # an extra

from screenagent.models.gbnf import gbnf
from screenagent.models.remote import Provider, constraints
from screenagent.models.vision import AnswerGrammar, JsonSchema, Numbers, Regex
from screenagent.planning.model_planner import PLAN_GRAMMAR

assert isinstance(PLAN_GRAMMAR, JsonSchema)
YES_OR_NO = Regex(pattern="yes|no")
NUMBERS = Numbers(count=2)
GRAMMARS: list[AnswerGrammar] = [YES_OR_NO, NUMBERS, PLAN_GRAMMAR]
KINDS: tuple[Provider, ...] = get_args(Provider)
STRICT: list[Provider] = ["openai", "foundry", "mistral", "lmstudio", "ollama"]


def nodes(schema: object) -> Iterator[dict[str, Any]]:
    """Every schema within a schema."""
    match schema:
        case dict():
            for key, value in schema.items():
                inner = value.values() if key in ("properties", "$defs") else [value]
                for part in inner:
                    yield from nodes(part)
            yield schema
        case list():
            for part in schema:
                yield from nodes(part)


def schema_of(fields: Any) -> Any:
    named = fields["response_format"]["json_schema"]
    assert named["strict"]
    return named["schema"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("thinks", [False, True])
def test_every_kind_of_server_has_an_answer_for_every_grammar(kind: Provider, thinks: bool) -> None:
    for grammar in GRAMMARS:
        fields = constraints.binding(kind, grammar, thinks=thinks)
        assert fields is None or json.loads(json.dumps(fields))


@pytest.mark.parametrize("thinks", [False, True])
def test_vllm_takes_patterns_as_they_are_and_json_as_a_grammar_that_keeps_escapes(thinks: bool) -> None:
    assert constraints.binding("vllm", YES_OR_NO, thinks=thinks) == {"structured_outputs": {"regex": "yes|no"}}
    assert constraints.binding("vllm", NUMBERS, thinks=thinks) == {"structured_outputs": {"regex": NUMBERS.pattern}}
    plan = {"structured_outputs": {"grammar": gbnf(PLAN_GRAMMAR, bounded=False)}}
    assert constraints.binding("vllm", PLAN_GRAMMAR, thinks=thinks) == plan


def test_sglang_takes_the_same_in_fields_of_its_own() -> None:
    assert constraints.binding("sglang", YES_OR_NO, thinks=True) == {"regex": "yes|no"}
    assert constraints.binding("sglang", PLAN_GRAMMAR, thinks=False) == {"ebnf": gbnf(PLAN_GRAMMAR, bounded=False)}


@pytest.mark.parametrize("grammar", GRAMMARS)
def test_llama_cpp_takes_its_own_grammar_for_everything(grammar: AnswerGrammar) -> None:
    assert constraints.binding("llama.cpp", grammar, thinks=False) == {"grammar": gbnf(grammar, bounded=True)}


def test_llama_cpp_binds_nothing_but_json_after_a_thought_of_its_own() -> None:
    assert constraints.binding("llama.cpp", YES_OR_NO, thinks=True) is None
    assert constraints.binding("llama.cpp", NUMBERS, thinks=True) is None
    schema = schema_of(constraints.binding("llama.cpp", PLAN_GRAMMAR, thinks=True))
    assert max(node["maxLength"] for node in nodes(schema) if "maxLength" in node) <= 300
    assert not any("pattern" in node or node.get("type") == "number" for node in nodes(schema))
    assert schema["$defs"]["TypeText"]["properties"]["text"] == {"type": "string", "minLength": 1}


@pytest.mark.parametrize("kind", STRICT)
def test_elsewhere_only_json_is_bound_in_the_form_that_openai_documents(kind: Provider) -> None:
    assert constraints.binding(kind, YES_OR_NO, thinks=False) is None
    assert constraints.binding(kind, NUMBERS, thinks=False) is None
    schema = schema_of(constraints.binding(kind, PLAN_GRAMMAR, thinks=True))
    supported = {"type", "const", "enum", "anyOf", "items", "$ref", "$defs", "properties", "required"}
    for node in nodes(schema):
        assert set(node) <= supported | {"additionalProperties"}
        if node.get("type") == "object":
            assert node["required"] == list(node["properties"])
            assert node["additionalProperties"] is False
        else:
            assert {"type", "$ref", "anyOf"} & set(node)


def test_azures_limits_on_a_schema_are_kept() -> None:
    schema = schema_of(constraints.binding("foundry", PLAN_GRAMMAR, thinks=False))
    values = [
        value
        for node in nodes(schema)
        for value in [*node.get("enum", ()), *([node["const"]] if "const" in node else [])]
    ]
    names = [name for node in nodes(schema) for name in [*node.get("properties", ()), *node.get("$defs", ())]]
    assert len(values) <= 500
    assert sum(len(node.get("properties", ())) for node in nodes(schema)) <= 100
    assert sum(len(str(text)) for text in values + names) <= 15_000


def test_what_may_be_left_out_may_be_null_and_nothing_else_may() -> None:
    schema = schema_of(constraints.binding("openai", PLAN_GRAMMAR, thinks=False))
    click = schema["$defs"]["Click"]["properties"]
    assert click["target"] == {"type": "string"}
    assert click["count"] == {"anyOf": [{"enum": [1, 2, 3], "type": "integer"}, {"type": "null"}]}
    seen = schema["$defs"]["PlannedStep"]["properties"]["expectation"]["anyOf"]
    assert seen[-1] == {"type": "null"}
    assert [choice["$ref"] for choice in seen[:-1]] == ["#/$defs/Visible", "#/$defs/Gone", "#/$defs/Change"]


def test_a_keyword_that_strict_mode_does_not_know_is_named() -> None:
    schema = {"type": "object", "properties": {"x": {"allOf": [{"type": "integer"}]}}}
    with pytest.raises(ValueError, match="allOf"):
        constraints.binding("openai", JsonSchema(definition=schema), thinks=False)


def test_transformers_serve_is_sent_nothing() -> None:
    assert all(constraints.binding("transformers", grammar, thinks=False) is None for grammar in GRAMMARS)


def test_our_own_server_is_told_how_many_numbers() -> None:
    assert constraints.binding("screenagent", NUMBERS, thinks=True) == {"structured_outputs": {"numbers": 2}}
    assert constraints.binding("screenagent", YES_OR_NO, thinks=True) == {"structured_outputs": {"regex": "yes|no"}}


@pytest.mark.parametrize(
    ("answer", "fits"),
    [
        ("[0.1, 0.2345]", True),
        ("[1.0, 0.0]", True),
        ("[1.0000, 0.9999]", True),
        ("[1.5, 0.2]", False),
        ("[0.1,0.2]", False),
        ("[1, 0.2]", False),
        ("[0.12345, 0.2]", False),
    ],
)
def test_numbers_lie_between_0_and_1(answer: str, fits: bool) -> None:
    assert (re.fullmatch(NUMBERS.pattern, answer) is not None) is fits


@pytest.mark.parametrize("rule", ["json-char", "json-visible"])
def test_a_strings_characters_name_no_further_rule(rule: str) -> None:
    """With one, xgrammar needs 0.1 to 0.2 seconds for every token of a string."""
    [body] = re.findall(rf"(?m)^{rule} ::= (.*)$", gbnf(PLAN_GRAMMAR, bounded=False))
    left = re.sub(r'"(?:[^"\\]|\\.)*"|\[(?:[^\]\\]|\\.)*\]', "", body)
    assert set(left) <= set(" |")
