"""What a server lists about itself and its models before the first question."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator

from screenagent.models.remote.errors import ServerError, one_line
from screenagent.models.remote.providers import Endpoint, Provider, provider_of
from screenagent.models.remote.transport import Wire
from screenagent.protocols import Retry

PATIENCE: Final = 10.0
ATTEMPTS: Final = 2
MOST_LISTED: Final = 10_000
NAMED: Final = 5
"""The most names that a message lists."""


@dataclass(frozen=True, kw_only=True)
class ServerFacts:
    """What a server says about the model `name`; None and "" stand for what it does not say.

    `context` is the context length in tokens, prompt and answer together. `names` are all the models that the server
    lists. `weights` is the path or the name of the loaded weights, for which `name` may be an alias. `identity`
    distinguishes models that share a name.
    """

    name: str
    kind: Provider
    owner: str = ""
    names: tuple[str, ...] = ()
    context: int | None = None
    vision: bool | None = None
    weights: str = ""
    identity: str = ""


class _Listed(BaseModel):
    """One model in a listing; a field of an unexpected type is ignored.

    The listings of vLLM and llama.cpp were read from running servers, those of Mistral and OpenRouter in their
    documentation.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    owned_by: str | None = None
    parent: str | None = None
    root: str | None = None  # vLLM, SGLang
    max_model_len: int | None = None  # vLLM, SGLang
    max_context_length: int | None = None  # Mistral
    context_length: int | None = None  # OpenRouter
    meta: Mapping[str, Any] = {}  # llama.cpp
    architecture: Mapping[str, Any] = {}  # llama.cpp, OpenRouter
    capabilities: tuple[str, ...] | Mapping[str, Any] | None = None  # llama.cpp, Mistral
    status: Mapping[str, Any] = {}  # transformers serve, llama.cpp with several models

    @field_validator("*", mode="wrap")
    @classmethod
    def _lenient(cls, found: Any, read: Callable[[Any], Any], field: ValidationInfo) -> Any:
        own = cls.model_fields[str(field.field_name)]
        try:
            return own.default if found is None and not own.is_required() else read(found)
        except ValidationError:
            if own.is_required():
                raise
            return own.default

    @property
    def owner(self) -> str:
        return self.owned_by or ""

    @property
    def loaded(self) -> bool:
        return self.status.get("value") == "loaded"

    @property
    def context(self) -> int | None:
        said = (self.max_model_len, self.max_context_length, self.context_length, self.meta.get("n_ctx"))
        return next((tokens for tokens in said if isinstance(tokens, int) and tokens > 0), None)

    @property
    def vision(self) -> bool | None:
        """Whether the model accepts images, if its inputs or capabilities are listed."""
        if isinstance(inputs := self.architecture.get("input_modalities"), list):
            return "image" in inputs
        match self.capabilities:
            case {"vision": bool(sees)}:
                return sees
            case ("completion", *_) as abilities:
                return "multimodal" in abilities
            case _:
                return None

    @property
    def identity(self) -> str:
        counts = {name: self.meta.get(name) for name in ("n_params", "size", "n_vocab")}
        return " ".join(f"{name}={count}" for name, count in counts.items() if isinstance(count, int))


def server_facts(
    url: str,
    kind: Provider | None = None,
    *,
    name: str | None = None,
    proxy: str | None = None,
    check: Callable[[], None] = lambda: None,
) -> ServerFacts:
    """Return what the server at `url` says about the model `name`, or about the only model that it has.

    `kind` overrides what the server says about itself. Raise `ServerError` if the server cannot be reached, or if no
    `name` is given and the server does not list exactly one model.
    """
    endpoint = Endpoint(
        url=url,
        name="",
        kind=kind or provider_of(url, ""),
        proxy=proxy,
        stalled_seconds=PATIENCE,
        longest_seconds=PATIENCE,
        attempts=ATTEMPTS,
    )
    listed = _listed(endpoint, check)
    chosen = _named(listed, name) if name else _only(listed, url)
    return ServerFacts(
        name=name or chosen.id,
        kind=kind or provider_of(url, chosen.owner, by_status=_is_transformers(chosen)),
        owner=chosen.owner,
        names=tuple(model.id for model in listed),
        context=chosen.context,
        vision=chosen.vision,
        weights=chosen.root or "",
        identity=chosen.identity,
    )


def _listed(endpoint: Endpoint, check: Callable[[], None]) -> tuple[_Listed, ...]:
    wire = Wire(endpoint, check=check)
    try:
        found = wire.listing()
    except Retry as retry:
        raise ServerError(f"{retry}: is that a model server, and is it ready?") from retry
    finally:
        wire.close()
    match found:
        case {"data": list(models), **rest}:
            abilities = _abilities(rest.get("models"))
            if len(models) > MOST_LISTED:
                raise ServerError(f"{endpoint.url} lists {len(models)} models, which no server has")
            return tuple(model for model in (_model(one, abilities) for one in models) if model is not None)
        case _:
            raise ServerError(
                f"{endpoint.url} lists no models: is that a model server, and does the address end in /v1?"
            )


def _abilities(models: object) -> Mapping[str, Any]:
    """Return each model's capabilities by name; llama.cpp puts them into a second list in Ollama's format."""
    if not isinstance(models, list):
        return {}
    return {model["model"]: model.get("capabilities") for model in models if _is_named(model)}


def _is_named(model: object) -> bool:
    return isinstance(model, Mapping) and isinstance(model.get("model"), str)


def _model(found: object, abilities: Mapping[str, Any]) -> _Listed | None:
    try:
        model = _Listed.model_validate(found)
    except ValidationError:
        return None
    if model.capabilities is None and model.id in abilities:
        return _Listed.model_validate({**model.model_dump(), "capabilities": abilities[model.id]})
    return model


def _named(listed: tuple[_Listed, ...], name: str) -> _Listed:
    """Return the model with this name; a server may accept a name that it does not list."""
    owner = listed[0].owned_by if listed else None
    return next((model for model in listed if model.id == name), _Listed(id=name, owned_by=owner))


def _only(listed: tuple[_Listed, ...], url: str) -> _Listed:
    """Return the only model, not counting adapters; if there are several, the only one that is loaded."""
    models = [model for model in listed if model.parent is None] or list(listed)
    loaded = [model for model in models if model.loaded]
    if len(models) != 1 and len(loaded) == 1:
        return loaded[0]
    match models:
        case [model]:
            return model
        case []:
            raise ServerError(f"{url} lists no model: load one there, or give its name with model_name")
        case _:
            names = ", ".join(one_line(model.id) for model in models[:NAMED])
            more = f" and {len(models) - NAMED} more" if len(models) > NAMED else ""
            raise ServerError(f"{url} has {len(models)} models; give one with model_name: {names}{more}")


def _is_transformers(model: _Listed) -> bool:
    """Return whether the listing is from `transformers serve` 5, which adds a status and puts the owner in the name."""
    organization, slash, _ = model.id.partition("/")
    return bool(model.status) and model.owner in ({organization} if slash else set()) | {"local"}
