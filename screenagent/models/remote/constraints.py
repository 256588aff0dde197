"""The fields of a request that constrain an answer, by the kind of server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from screenagent.models.remote.providers import Provider
from screenagent.models.vision import AnswerGrammar, JsonSchema, Numbers, Regex


def body(kind: Provider, grammar: AnswerGrammar, *, thinks: bool) -> Mapping[str, Any] | None:  # noqa: ARG001
    """Return the fields that bind the answer; None where a server of this kind cannot bind it."""
    match kind:
        case "vllm":
            return _structured(grammar)
        case "llama.cpp":
            return _gbnf(grammar)
        case "screenagent":
            return _own(grammar)
        case _:
            return _response_format(grammar) or None


def _structured(grammar: AnswerGrammar) -> Mapping[str, Any]:
    match grammar:
        case Numbers(count=count, decimals=(fewest, most)):
            numbers = ", ".join([rf"[01]\.[0-9]{{{fewest},{most}}}"] * count)
            return {"structured_outputs": {"regex": rf"\[{numbers}\]"}}
        case Regex():
            return {"structured_outputs": {"regex": grammar.pattern}}
        case JsonSchema():
            return {"structured_outputs": {"json": dict(grammar.definition)}}


def _response_format(grammar: AnswerGrammar) -> Mapping[str, Any]:
    """Constrain JSON only: these servers take no other grammar, and the parser refuses an answer that does not fit."""
    if not isinstance(grammar, JsonSchema):
        return {}
    schema = {"name": "answer", "strict": True, "schema": dict(grammar.definition)}
    return {"response_format": {"type": "json_schema", "json_schema": schema}}


def _own(grammar: AnswerGrammar) -> Mapping[str, Any]:
    """Use the form of `screenagent model serve`, whose `numbers` skips the forward pass of tokens that are certain."""
    if isinstance(grammar, Numbers):
        return {"structured_outputs": {"numbers": grammar.count}}
    return _response_format(grammar) or _structured(grammar)


def _gbnf(grammar: AnswerGrammar) -> Mapping[str, Any]:
    if not isinstance(grammar, Numbers):
        return _response_format(grammar)
    fewest, most = grammar.decimals
    numbers = ' ", " '.join([f'[01] "." [0-9]{{{fewest},{most}}}'] * grammar.count)
    return {"grammar": f'root ::= "[" {numbers} "]"'}
