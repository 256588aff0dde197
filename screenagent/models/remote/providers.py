"""The kinds of model servers: what each understands, how it is told to think or not, and where its key comes from."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from screenagent.models.vision import AnswerGrammar, JsonSchema, Numbers, Regex
from screenagent.usage import Mode

Provider = Literal[
    "vllm", "llama.cpp", "sglang", "transformers", "ollama", "lmstudio", "foundry", "mistral", "openai", "screenagent"
]
KEYS: Final[Mapping[Provider, tuple[str, ...]]] = {
    "foundry": ("AZUREML_API_KEY", "AZURE_API_KEY"),
    "mistral": ("MISTRAL_API_KEY",),
    "openai": ("OPENAI_API_KEY",),
}
"""The environment variables that may hold a server's key, read after SCREENAGENT_MODEL_KEY. No file is read."""

SOCKET: Final = "unix:"
"""An address with this prefix is the path of a socket on which `screenagent model serve` answers."""

STALLED_SECONDS: Final = 120.0
"""A server that is silent for longer has stalled; the first token of a long prompt may take a minute."""
ATTEMPTS: Final = 3


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One model on one server: where it is, what kind of server it is, and how patiently to ask it.

    `deployment` names one of several deployments behind an Azure address. Without `key`, the environment is read.
    """

    url: str
    name: str
    kind: Provider = "openai"
    deployment: str | None = None
    key: str | None = field(default=None, repr=False)
    stalled_seconds: float = STALLED_SECONDS
    attempts: int = ATTEMPTS


@dataclass(frozen=True)
class ProviderStyle:
    """What servers of one kind understand.

    `opens`: a request may begin the assistant's turn, which switches Phi-4 between think and no-think.
    `effort`: `reasoning_effort` is that switch. `modes`: the server takes a mode by name and marks the thought itself.
    `grammar` returns the fields of the request that constrain the answer.
    """

    grammar: Callable[[AnswerGrammar], Mapping[str, Any]]
    opens: bool = False
    effort: bool = False
    modes: bool = False
    body: Mapping[str, Any] = field(default_factory=dict)


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


STYLES: Final[Mapping[Provider, ProviderStyle]] = {
    "vllm": ProviderStyle(
        _structured, opens=True, body={"add_generation_prompt": False, "continue_final_message": True}
    ),
    "llama.cpp": ProviderStyle(_gbnf, opens=True, body={"cache_prompt": True}),
    "foundry": ProviderStyle(_response_format),
    "mistral": ProviderStyle(_response_format, effort=True),
    "sglang": ProviderStyle(_response_format),
    "transformers": ProviderStyle(lambda _: {}),
    "ollama": ProviderStyle(_response_format),
    "lmstudio": ProviderStyle(_response_format),
    "openai": ProviderStyle(_response_format),
    "screenagent": ProviderStyle(_own, modes=True),
}
OPENINGS: Final[Mapping[Mode, str]] = {"think": "<think>", "nothink": "<|dummy_84|>"}
EFFORTS: Final[Mapping[Mode, str]] = {"think": "high", "nothink": "none"}


def key_of(kind: Provider) -> str | None:
    """Return the key for servers of this kind from the environment."""
    names = ("SCREENAGENT_MODEL_KEY", *KEYS.get(kind, ()))
    return next((os.environ[name] for name in names if os.environ.get(name)), None)


OWNERS: Final[Mapping[str, Provider]] = {
    "screenagent": "screenagent",
    "vllm": "vllm",
    "llamacpp": "llama.cpp",
    "sglang": "sglang",
    "library": "ollama",
    "organization_owner": "lmstudio",
}
"""The kind of a server by the `owned_by` of the models that it lists.

vLLM and llama.cpp were run. The others were read in listings and source that are public: SGLang's `ModelCard`, Ollama's
name for models of its own library, LM Studio's listing.
"""


def provider_of(url: str, owner: str, *, by_status: bool = False) -> Provider:
    """Guess the kind of the server at `url`.

    `owner` is the `owned_by` of the models that it lists, and `by_status` says that the listing has the form of
    `transformers serve`. A kind that cannot be told is "openai", as is Gemini's address for OpenAI's clients.
    """
    host = urlsplit(url).hostname or ""
    if url.startswith(SOCKET):
        return "screenagent"
    if (known := OWNERS.get(owner)) is not None:
        return known
    if owner.startswith("llamacpp"):
        return "llama.cpp"
    if host == "azure.com" or host.endswith(".azure.com"):
        return "foundry"
    if host == "mistral.ai" or host.endswith(".mistral.ai"):
        return "mistral"
    return "transformers" if by_status else "openai"
