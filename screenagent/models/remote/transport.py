"""The way to a server and back: one client, and a stream that a stop need not wait for."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import httpx2
import openai
from openai.types.chat import ChatCompletionChunk, ChatCompletionMessageParam

from screenagent.models.remote.errors import explained
from screenagent.models.remote.providers import SOCKET, Provider, key_of

POLL_SECONDS: Final = 0.05
SOCKET_HOST: Final = "http://screenagent/v1"
"""The name by which `screenagent model serve` knows requests that came over its socket."""


class Wire:
    """Asks one model of one server. Retries with growing pauses are the client's; an answer that has begun is not asked
    for again."""

    def __init__(
        self,
        url: str,
        *,
        name: str,
        kind: Provider,
        deployment: str | None,
        key: str | None,
        check: Callable[[], None],
        stalled_seconds: float,
        attempts: int,
    ) -> None:
        self._url, self._name, self._kind, self._attempts = url, name, kind, attempts
        self._check = check
        self._client = client(
            url,
            api_key=key or key_of(kind) or "none",
            timeout=openai.Timeout(stalled_seconds, connect=10.0),
            max_retries=attempts - 1,
            default_headers={"azureml-model-deployment": deployment} if deployment else None,
        )

    def close(self) -> None:
        self._client.close()

    def chunks(
        self, said: Sequence[ChatCompletionMessageParam], body: Mapping[str, Any]
    ) -> Iterator[ChatCompletionChunk]:
        """Read in a thread of its own, so that a stop need not wait for a silent server."""
        arrived: queue.Queue[ChatCompletionChunk | Exception | None] = queue.Queue()
        left = threading.Event()
        threading.Thread(target=self._read, args=(said, body, arrived, left), daemon=True, name="server").start()
        try:
            while True:
                self._check()
                try:
                    chunk = arrived.get(timeout=POLL_SECONDS)
                except queue.Empty:
                    continue
                if chunk is None:
                    return
                if isinstance(chunk, Exception):
                    raise explained(
                        chunk, url=self._url, name=self._name, kind=self._kind, attempts=self._attempts
                    ) from chunk
                yield chunk
        finally:
            left.set()

    def _read(
        self,
        said: Sequence[ChatCompletionMessageParam],
        body: Mapping[str, Any],
        arrived: queue.Queue[ChatCompletionChunk | Exception | None],
        left: threading.Event,
    ) -> None:
        try:
            with self._client.chat.completions.create(
                model=self._name,
                messages=list(said),
                stream=True,
                stream_options={"include_usage": True},
                temperature=0.0,
                extra_body=dict(body),
            ) as stream:
                for chunk in stream:
                    if left.is_set():
                        return
                    arrived.put(chunk)
            arrived.put(None)
        except Exception as error:  # noqa: BLE001 -- raised again by who waits for it
            arrived.put(error)


def client(url: str, **options: Any) -> openai.OpenAI:
    """A client for `url`; one that begins with unix: is the path of a socket."""
    if not url.startswith(SOCKET):
        return openai.OpenAI(base_url=url, **options)
    transport = httpx2.HTTPTransport(uds=url.removeprefix(SOCKET))
    http = openai.DefaultHttpxClient(transport=transport, base_url=SOCKET_HOST)
    return openai.OpenAI(base_url=SOCKET_HOST, http_client=http, **options)
