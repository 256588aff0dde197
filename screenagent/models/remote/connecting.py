"""Which model a server has, and of which kind it is, as far as it tells."""

from __future__ import annotations

from collections.abc import Callable

import openai

from screenagent.models.remote.errors import ServerError
from screenagent.models.remote.model import RemoteModel, keep_waiting
from screenagent.models.remote.providers import Provider, key_of, provider_of
from screenagent.models.remote.transport import client


def connect_server(
    url: str, *, name: str | None = None, kind: Provider | None = None, check: Callable[[], None] = keep_waiting
) -> RemoteModel:
    """The server at `url`, its model and kind taken from what it lists where they are not given."""
    base, _, deployment = url.partition("#")
    listed = None if name and kind else _listed(base, kind)
    chosen_kind: Provider = kind or provider_of(base, listed[1] if listed else "")
    chosen = name or (listed[0] if listed else "")
    return RemoteModel(base, name=chosen, kind=chosen_kind, deployment=deployment or None, check=check)


def _listed(url: str, kind: Provider | None) -> tuple[str, str]:
    """The first model that a server lists, and who it says owns it."""
    key = key_of(kind or provider_of(url, "")) or "none"
    try:
        with client(url, api_key=key, timeout=10.0, max_retries=1) as asked:
            models = asked.models.list().data
    except (openai.APIError, ValueError) as error:
        raise ServerError(
            f"{url} lists no models ({type(error).__name__}); is the server running, and does the address end in /v1? "
            "Give model_name and server to do without"
        ) from error
    if not models:
        raise ServerError(f"{url} has no model loaded")
    return models[0].id, models[0].owned_by or ""
