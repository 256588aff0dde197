"""The transport to a server: requests that can be stopped at any moment, and answers of bounded size."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from ipaddress import ip_address
from socket import inet_aton
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import httpx2
from pydantic_core import from_json

from screenagent.models.remote.errors import (
    BadAddress,
    BadStatus,
    NotAStream,
    ServerError,
    WireError,
    explained,
    is_passing,
    one_line,
)
from screenagent.models.remote.exchange import POLL_SECONDS, Exchange, Extensions
from screenagent.models.remote.messages import Message
from screenagent.models.remote.providers import SOCKET, Endpoint, key_of
from screenagent.models.remote.responses import (
    LARGEST_REPORT,
    beginning,
    event_texts,
    media_type,
    raise_unless_ok,
    reported,
    stays_on_server,
)
from screenagent.models.remote.stream import Allowance, StreamChunk, parse_event, says_something

ItemT = TypeVar("ItemT")

SOCKET_HOST: Final = "http://screenagent/v1"
"""The host name that `screenagent model serve` accepts for requests on its socket."""
CONNECT_SECONDS: Final = 10.0
PAUSE_SECONDS: Final = 0.5
"""The pause before the second attempt. It doubles with each further attempt."""
LONGEST_PAUSE: Final = 8.0
REDIRECTS: Final = 3
LARGEST_LISTING: Final = 4 << 20
TOKENS_UNLESS_GIVEN: Final = 4096
NO_PROXY: Final = "off"


class Wire:
    """Sends requests to one endpoint.

    A request that fails before its answer begins is retried with exponential backoff. Screenshots and the key go only
    to the address that the user named: a redirect to another server is never followed, and a proxy is used only for
    another machine. Unless the user named the proxy, it is used only for an encrypted connection, which it passes on
    without being able to read it.
    """

    def __init__(self, endpoint: Endpoint, *, check: Callable[[], None] = lambda: None) -> None:
        self._endpoint = endpoint
        self._check = check
        self._client = _client(endpoint)
        self._open: set[Exchange[Any]] = set()

    def close(self) -> None:
        """Close every connection, including one on which another thread is waiting for an answer."""
        for exchange in tuple(self._open):
            exchange.close()
        self._client.close()

    def chunks(self, said: Sequence[Message], body: Mapping[str, Any]) -> Iterator[StreamChunk]:
        """Yield the chunks of a reply."""
        whole = {
            "model": self._endpoint.name,
            "messages": list(said),
            "stream": True,
            "stream_options": {"include_usage": True},
            "temperature": 0.0,
            **body,
        }
        tokens = sum(body.get(name, 0) for name in ("max_tokens", "thought_tokens")) or TOKENS_UNLESS_GIVEN
        yield from self._asked(lambda extensions: self._stream(whole, tokens, extensions), says_something)

    def listing(self) -> object:
        """Return the server's list of models."""
        (found,) = self._asked(self._listing)
        return found

    def _asked(
        self, read: Callable[[Extensions], Iterator[ItemT]], counts: Callable[[ItemT], bool] = lambda _: True
    ) -> Iterator[ItemT]:
        """Yield the answer; repeat the request if it fails before the answer begins and may succeed a moment later."""
        for attempt in range(1, self._endpoint.attempts + 1):
            began = False
            try:
                for item in self._exchanged(read, counts):
                    began = True
                    yield item
                return
            except (WireError, httpx2.HTTPError) as error:
                if began or attempt == self._endpoint.attempts or not is_passing(error):
                    raise explained(error, self._endpoint, began=began) from error
                self._pause(_pause_after(error, attempt))

    def _exchanged(
        self, read: Callable[[Extensions], Iterator[ItemT]], counts: Callable[[ItemT], bool]
    ) -> Iterator[ItemT]:
        exchange = Exchange(read)
        self._open.add(exchange)
        try:
            yield from exchange.items(
                check=self._check,
                patience=self._endpoint.stalled_seconds,
                longest=self._endpoint.longest_seconds,
                counts=counts,
            )
        finally:
            self._open.discard(exchange)

    def _pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._check()
            time.sleep(min(left, POLL_SECONDS))

    def _stream(self, body: Mapping[str, Any], tokens: int, extensions: Extensions) -> Iterator[StreamChunk]:
        """Send a request and yield its chunks as they arrive."""
        request = self._client.build_request(
            "POST",
            "chat/completions",
            content=json.dumps(body).encode(),
            headers={"Accept": "text/event-stream", "Content-Type": "application/json"},
            extensions=extensions,
        )
        allowance = Allowance(tokens)
        with self._sent(request) as response:
            if (media := media_type(response)) != "text/event-stream":
                raise NotAStream(media, reported(response))
            for data in event_texts(response, tokens):
                chunk = parse_event(data)
                allowance.count(chunk)
                yield chunk

    def _listing(self, extensions: Extensions) -> Iterator[object]:
        request = self._client.build_request("GET", "models", extensions=extensions)
        with self._sent(request) as response:
            text = beginning(response, LARGEST_LISTING)
            try:
                yield from_json(text)
            except ValueError as error:
                raise NotAStream(media_type(response), text[:LARGEST_REPORT]) from error

    @contextmanager
    def _sent(self, request: httpx2.Request) -> Iterator[httpx2.Response]:
        """Send a request, follow redirects only within the same server, and close the response at the end."""
        response = self._send(request)
        try:
            for _ in range(REDIRECTS):
                following = response.next_request
                if following is None or not stays_on_server(request, following):
                    break
                response.close()
                response = self._send(following)
            response.encoding = "utf-8"  # as streams of events and JSON are, whatever the server says of them
            raise_unless_ok(response)
            yield response
        finally:
            response.close()

    def _send(self, request: httpx2.Request) -> httpx2.Response:
        try:
            return self._client.send(request, stream=True)
        except (UnicodeError, OverflowError, httpx2.InvalidURL) as error:  # the system rejects the host or the port
            raise BadAddress(str(error)) from error


def _client(endpoint: Endpoint) -> httpx2.Client:
    """Return a client for the endpoint, which may be the path of a socket after `unix:`.

    `Exchange` alone measures how long a server is silent, so only connecting has a timeout here. Each request has its
    own connection, which a stop closes.
    """
    own = endpoint.url.startswith(SOCKET)
    _refuse_credentials(endpoint.url)
    key = _header(endpoint.key or key_of(endpoint.kind) or "none", "key")
    headers = {"Authorization": f"Bearer {key}", "Accept-Encoding": "identity", "User-Agent": "screenagent"}
    if endpoint.deployment:
        headers["azureml-model-deployment"] = _header(endpoint.deployment, "deployment")
    try:
        return httpx2.Client(
            base_url=SOCKET_HOST if own else endpoint.url,
            headers=headers,
            verify=_trusted_authorities(),
            timeout=httpx2.Timeout(None, connect=CONNECT_SECONDS),
            limits=httpx2.Limits(max_keepalive_connections=0),
            transport=httpx2.HTTPTransport(uds=endpoint.url.removeprefix(SOCKET)) if own else None,
            proxy=_named_proxy(endpoint),
            trust_env=endpoint.proxy is None and may_use_proxy(endpoint.url),
        )
    except httpx2.InvalidURL as error:
        raise ServerError(f"{one_line(endpoint.url)} is not a valid address ({one_line(str(error))})") from error
    except (ImportError, ValueError) as error:  # HTTP_PROXY and similar variables
        named = "set in the environment" if endpoint.proxy is None else f"{one_line(endpoint.proxy)} of model_proxy"
        raise ServerError(f"the proxy {named} cannot be used: {one_line(str(error))}") from error


def _named_proxy(endpoint: Endpoint) -> httpx2.Proxy | None:
    """Return the proxy that the user named, unless the server is on this machine."""
    if endpoint.proxy in (None, NO_PROXY) or not is_elsewhere(endpoint.url):
        return None
    try:
        return httpx2.Proxy(endpoint.proxy)
    except httpx2.InvalidURL as error:
        raise ValueError(str(error)) from error


def may_use_proxy(url: str) -> bool:
    """Return whether the environment's proxy may stand between us and `url`, as it can where it cannot read along."""
    return is_elsewhere(url) and url.lower().startswith("https:")


def is_elsewhere(url: str) -> bool:
    """Return whether a server's address is one of another machine."""
    try:
        parts = urlsplit(url)
    except ValueError:  # no address at all, which the client says
        return False
    return parts.scheme.lower() in ("http", "https") and not is_this_machine(parts.hostname or "")


def is_this_machine(host: str) -> bool:
    """Return whether a host's name or address is one of loopback."""
    plain = host.rstrip(".").lower()
    if plain == "localhost" or plain.endswith((".localhost", ".localdomain")):
        return True
    try:
        address = ip_address(plain.partition("%")[0])
    except ValueError:
        with suppress(OSError):  # 127.1 and 2130706433 are addresses to the system, too
            return inet_aton(plain)[0] in (0, 127)
        return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    return mapped.is_loopback or mapped.is_unspecified


def _refuse_credentials(url: str) -> None:
    """Raise `ServerError` if a name or a password stands in an address, which is shown and written down."""
    if "@" in url.partition("://")[2].partition("/")[0]:
        raise ServerError(
            "the address of the model server holds a name or a password before an @; leave that out, and give the key "
            "in SCREENAGENT_MODEL_KEY"
        )


@cache
def _trusted_authorities() -> ssl.SSLContext:
    """Return the trusted certificates. Loading them takes a tenth of a second."""
    return httpx2.create_ssl_context()


def _header(text: str, what: str) -> str:
    if not text.strip().isascii() or not text.strip().isprintable():
        raise ServerError(f"the {what} of the model server has characters not allowed in a {what}; copy it again")
    return text.strip()


def _pause_after(error: Exception, attempt: int) -> float:
    wanted = error.pause if isinstance(error, BadStatus) else None
    return min(LONGEST_PAUSE, PAUSE_SECONDS * 2 ** (attempt - 1) if wanted is None else wanted)
