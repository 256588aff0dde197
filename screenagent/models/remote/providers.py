"""The kinds of model servers: what each supports, how it switches reasoning, and where its key comes from."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from urllib.parse import urlsplit

Provider = Literal[
    "vllm", "llama.cpp", "sglang", "transformers", "foundry", "mistral", "openai", "ollama", "lmstudio", "screenagent"
]
KEYS: Final[Mapping[Provider, tuple[str, ...]]] = {
    "foundry": ("AZUREML_API_KEY", "AZURE_API_KEY"),
    "mistral": ("MISTRAL_API_KEY",),
    "openai": ("OPENAI_API_KEY",),
}
"""The environment variables that may hold a server's key, read after SCREENAGENT_MODEL_KEY. No file is read."""

SOCKET: Final = "unix:"
"""The prefix of an address that is the path of a socket, on which `screenagent model serve` answers."""

STALLED_SECONDS: Final = 120.0
"""A server that is silent for longer has stalled. The first token after a long prompt may take a minute."""
LONGEST_SECONDS: Final = 3600.0
"""An answer that takes longer never ends: the longest one has about 8,000 tokens."""
ATTEMPTS: Final = 3


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One model on one server: its address, the kind of server, and its timeouts and retries.

    `deployment` names one of several deployments at an Azure address. Without `key`, it is read from the environment.
    `proxy` is the address of a proxy for a server on another machine, or "off"; without it, the environment's is used
    where it cannot read along.
    """

    url: str
    name: str
    kind: Provider = "openai"
    deployment: str | None = None
    key: str | None = field(default=None, repr=False)
    proxy: str | None = None
    stalled_seconds: float = STALLED_SECONDS
    longest_seconds: float = LONGEST_SECONDS
    attempts: int = ATTEMPTS


@dataclass(frozen=True)
class ProviderStyle:
    """How servers of one kind let a request switch reasoning, and how they insert pictures.

    `opens`: a request may begin the assistant's turn, with the fields in `body`. `template`: a request may set
    variables of the chat template. `effort`: a request may set `reasoning_effort`. `thought_limit`: the field that
    limits the number of reasoning tokens. `modes`: the server accepts a mode by name. `breaks_after_pictures`: the
    server inserts a line break after each picture.
    """

    opens: bool = False
    template: bool = False
    effort: bool = False
    modes: bool = False
    thought_limit: str | None = None
    breaks_after_pictures: bool = False
    body: Mapping[str, Any] = field(default_factory=dict)


STYLES: Final[Mapping[Provider, ProviderStyle]] = {
    "vllm": ProviderStyle(
        opens=True,
        template=True,
        effort=True,
        thought_limit="thinking_token_budget",
        breaks_after_pictures=True,
        body={"add_generation_prompt": False, "continue_final_message": True},
    ),
    "llama.cpp": ProviderStyle(
        opens=True, template=True, effort=True, thought_limit="reasoning_budget_tokens", body={"cache_prompt": True}
    ),
    "sglang": ProviderStyle(opens=True, template=True, body={"continue_final_message": True}),
    "transformers": ProviderStyle(template=True),
    "foundry": ProviderStyle(effort=True),
    "mistral": ProviderStyle(effort=True),
    "openai": ProviderStyle(effort=True),
    "ollama": ProviderStyle(effort=True),
    "lmstudio": ProviderStyle(),
    "screenagent": ProviderStyle(modes=True),
}


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

vLLM and llama.cpp were run. The others come from public listings and source code: SGLang's `ModelCard`, Ollama's name
for models of its own library, LM Studio's listing.
"""


def provider_of(url: str, owner: str, *, by_status: bool = False) -> Provider:
    """Guess the kind of the server at `url`.

    `owner` is the `owned_by` of the models that it lists, and `by_status` says that the listing looks like that of
    `transformers serve`. An unknown server is "openai", as is Gemini's address for OpenAI's clients.
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
