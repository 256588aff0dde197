"""The request fields that constrain decoding to a grammar, for each kind of server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from screenagent.models.gbnf import gbnf
from screenagent.models.gbnf_pattern import LONGEST_RUN
from screenagent.models.plan_schema import strict
from screenagent.models.remote.providers import Provider
from screenagent.models.vision import AnswerGrammar, JsonSchema, Numbers

Fields = Mapping[str, Any]


def binding(kind: Provider, grammar: AnswerGrammar, *, thinks: bool) -> Fields | None:
    """Return the fields that make this kind of server constrain its answer to `grammar`; None if it cannot.

    `thinks` says that the same request begins with reasoning, which the grammar must not constrain. vLLM and SGLang
    exempt the reasoning if they were started with a reasoning parser.
    """
    if kind == "llama.cpp" and thinks:
        return _after_thought(grammar)
    return _FIELDS[kind](grammar)


def _vllm(grammar: AnswerGrammar) -> Fields:
    """Send JSON as a grammar. From a schema with string lengths, xgrammar allows no escapes but endless whitespace."""
    if isinstance(grammar, JsonSchema):
        return {"structured_outputs": {"grammar": gbnf(grammar, bounded=False)}}
    return {"structured_outputs": {"regex": grammar.pattern}}


def _llama_cpp(grammar: AnswerGrammar) -> Fields:
    """Use `grammar`. `response_format` also parses an assistant turn begun by the request, and fails on it."""
    return {"grammar": gbnf(grammar, bounded=True)}


def _after_thought(grammar: AnswerGrammar) -> Fields | None:
    """Constrain the answer after reasoning: `response_format` waits for the reasoning to end, `grammar` does not."""
    if not isinstance(grammar, JsonSchema):
        return None
    return _response_format(_for_llama_cpp(grammar.definition))


def _for_llama_cpp(node: Any) -> Any:
    """Return the schema without the limits that llama.cpp refuses, ignores or applies to the whole string.

    llama.cpp enforces bounds on integers only, so a number with bounds becomes an integer.
    """
    match node:
        case list():
            return [_for_llama_cpp(item) for item in node]
        case {"type": "string", "maxLength": int(most)} if most > LONGEST_RUN:
            return {key: value for key, value in node.items() if key not in ("maxLength", "pattern")}
        case {"type": "string", "pattern": str()}:
            return {key: value for key, value in node.items() if key != "pattern"}
        case {"type": "number", "maximum": _}:
            return {**node, "type": "integer"}
        case dict():
            return {key: _for_llama_cpp(value) for key, value in node.items()}
        case _:
            return node


def _sglang(grammar: AnswerGrammar) -> Fields:
    """Use the fields that SGLang documents. They were not run on SGLang; its xgrammar was run as part of vLLM."""
    if isinstance(grammar, JsonSchema):
        return {"ebnf": gbnf(grammar, bounded=False)}
    return {"regex": grammar.pattern}


def _strict_json(grammar: AnswerGrammar) -> Fields | None:
    """Constrain JSON only, in OpenAI's documented strict form: these servers accept no other grammar."""
    return _response_format(strict(grammar.definition)) if isinstance(grammar, JsonSchema) else None


def _own(grammar: AnswerGrammar) -> Fields:
    """Use the fields of `screenagent model serve`; `numbers` skips the forward pass for tokens that are certain."""
    match grammar:
        case Numbers():
            return {"structured_outputs": {"numbers": grammar.count}}
        case JsonSchema():
            return _response_format(dict(grammar.definition))
        case _:
            return {"structured_outputs": {"regex": grammar.pattern}}


def _nothing(_: AnswerGrammar) -> None:
    """Return None: `transformers serve` ignores some of these fields and rejects requests with the others."""


def _response_format(schema: Mapping[str, Any]) -> Fields:
    named = {"name": "answer", "strict": True, "schema": schema}
    return {"response_format": {"type": "json_schema", "json_schema": named}}


_FIELDS: Final[Mapping[Provider, Callable[[AnswerGrammar], Fields | None]]] = {
    "vllm": _vllm,
    "llama.cpp": _llama_cpp,
    "sglang": _sglang,
    "foundry": _strict_json,
    "mistral": _strict_json,
    "openai": _strict_json,
    "lmstudio": _strict_json,
    "ollama": _strict_json,
    "transformers": _nothing,
    "screenagent": _own,
}
