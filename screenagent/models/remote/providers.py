"""The kinds of servers: what each understands, how it is told to think or not, and where its key is looked for."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from screenagent.models.vision import AnswerGrammar, JsonSchema, Numbers, Regex
from screenagent.usage import Mode

Provider = Literal["vllm", "llama.cpp", "foundry", "mistral", "openai", "screenagent"]
KEYS: Final[Mapping[Provider, tuple[str, ...]]] = {
    "foundry": ("AZUREML_API_KEY", "AZURE_API_KEY"),
    "mistral": ("MISTRAL_API_KEY",),
    "openai": ("OPENAI_API_KEY",),
}
"""Where the key of a server is looked for, after SCREENAGENT_MODEL_KEY; the environment only, never a file of ours."""


SOCKET: Final = "unix:"
"""An address that begins so is the path of a socket; `screenagent model serve` answers there."""


@dataclass(frozen=True)
class ProviderStyle:
    """What servers of one kind understand.

    `opens`: the assistant's turn may be begun for the model, which for Phi-4 is the switch between thinking and not.
    `effort`: `reasoning_effort` is that switch. `modes`: it takes a mode by name, and tells thought from answer by
    itself. `grammar` gives the fields that bind an answer.
    """

    opens: bool
    effort: bool
    grammar: Callable[[AnswerGrammar], Mapping[str, Any]]
    body: Mapping[str, Any] = field(default_factory=dict)
    modes: bool = False


def pattern(wanted: Numbers) -> str:
    """`Numbers` as a regular expression."""
    fewest, most = wanted.decimals
    numbers = ", ".join([rf"[01]\.[0-9]{{{fewest},{most}}}"] * wanted.count)
    return rf"\[{numbers}\]"


def _structured(grammar: AnswerGrammar) -> Mapping[str, Any]:
    match grammar:
        case Numbers():
            return {"structured_outputs": {"regex": pattern(grammar)}}
        case Regex():
            return {"structured_outputs": {"regex": grammar.pattern}}
        case JsonSchema():
            return {"structured_outputs": {"json": dict(grammar.definition)}}


def _response_format(grammar: AnswerGrammar) -> Mapping[str, Any]:
    """Only JSON can be bound here; other answers are read as they come, or refused by the parser."""
    if not isinstance(grammar, JsonSchema):
        return {}
    schema = {"name": "answer", "strict": True, "schema": dict(grammar.definition)}
    return {"response_format": {"type": "json_schema", "json_schema": schema}}


def _own(grammar: AnswerGrammar) -> Mapping[str, Any]:
    """As `screenagent model serve` takes it, which counts the tokens that need no forward of their own."""
    if isinstance(grammar, Numbers):
        return {"structured_outputs": {"numbers": grammar.count}}
    return _response_format(grammar) or _structured(grammar)


def _gbnf(grammar: AnswerGrammar) -> Mapping[str, Any]:
    match grammar:
        case Numbers():
            fewest, most = grammar.decimals
            number = f'[01] "." [0-9]{{{fewest},{most}}}'
            numbers = ' ", " '.join([number] * grammar.count)
            return {"grammar": f'root ::= "[" {numbers} "]"'}
        case _:
            return _response_format(grammar)


STYLES: Final[Mapping[Provider, ProviderStyle]] = {
    "vllm": ProviderStyle(
        opens=True,
        effort=False,
        grammar=_structured,
        body={"add_generation_prompt": False, "continue_final_message": True},
    ),
    "llama.cpp": ProviderStyle(opens=True, effort=False, grammar=_gbnf, body={"cache_prompt": True}),
    "foundry": ProviderStyle(opens=False, effort=False, grammar=_response_format),
    "mistral": ProviderStyle(opens=False, effort=True, grammar=_response_format),
    "openai": ProviderStyle(opens=False, effort=False, grammar=_response_format),
    "screenagent": ProviderStyle(opens=False, effort=False, grammar=_own, modes=True),
}
OPENINGS: Final[Mapping[Mode, str]] = {"think": "<think>", "nothink": "<|dummy_84|>"}
EFFORTS: Final[Mapping[Mode, str]] = {"think": "high", "nothink": "none"}


def key_of(kind: Provider) -> str | None:
    """The key for servers of this kind, from the environment."""
    names = ("SCREENAGENT_MODEL_KEY", *KEYS.get(kind, ()))
    return next((os.environ[name] for name in names if os.environ.get(name)), None)


def provider_of(url: str, owner: str) -> Provider:
    """The kind of the server at `url`, where it is not told; `owner` is who it says owns its models."""
    host = urlsplit(url).hostname or ""
    if url.startswith(SOCKET) or owner == "screenagent":
        return "screenagent"
    if owner == "vllm":
        return "vllm"
    if owner.startswith("llamacpp"):
        return "llama.cpp"
    if host.endswith(".inference.ml.azure.com") or host.endswith(".azure.com"):
        return "foundry"
    return "mistral" if host.endswith("mistral.ai") else "openai"
