"""The transport to a server: requests that a stop can end at any moment, and answers within bounds."""

from __future__ import annotations

import json
import re
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, Final, TypeVar

import httpx2

from screenagent.models.remote.clock import ReplyClock
from screenagent.models.remote.errors import (
    AnswerTooLong,
    BadAddress,
    BadStatus,
    NotAStream,
    Redirected,
    ServerError,
    WireError,
    error_text,
    explained,
    is_passing,
    one_line,
)
from screenagent.models.remote.exchange import POLL_SECONDS, Exchange, Extensions
from screenagent.models.remote.providers import SOCKET, Endpoint, key_of
from screenagent.models.remote.stream import (
    END_OF_STREAM,
    Allowance,
    StreamChunk,
    StreamPiece,
    parse_event,
    says_something,
    stream_pieces,
)
from screenagent.models.remote.thoughts import END_OF_THOUGHT, EchoStripper, ThoughtSplitter

__all__ = [
    "END_OF_THOUGHT",
    "EchoStripper",
    "Message",
    "ReplyClock",
    "ServerError",
    "StreamChunk",
    "StreamPiece",
    "ThoughtSplitter",
    "Wire",
    "stream_pieces",
]

ItemT = TypeVar("ItemT")

SOCKET_HOST: Final = "http://screenagent/v1"
"""The host name under which `screenagent model serve` accepts requests from its socket."""
CONNECT_SECONDS: Final = 10.0
PAUSE_SECONDS: Final = 0.5
"""The pause before the second attempt; it doubles with each further one."""
LONGEST_PAUSE: Final = 8.0
REDIRECTS: Final = 3
LARGEST_LISTING: Final = 4 << 20
LARGEST_REPORT: Final = 64 << 10
LARGEST_EVENT: Final = 1 << 20
TOKEN_BYTES: Final = 4096
"""More bytes than an event takes that brings one token."""
TOKENS_UNLESS_GIVEN: Final = 4096

Message = Mapping[str, Any]
"""One turn of a conversation, in OpenAI's form."""


class Wire:
    """Sends requests to one endpoint.

    A request that fails before its answer begins is repeated after growing pauses. A redirect to another server is
    never followed: the pictures of the screen go only where the user sends them.
    """

    def __init__(self, endpoint: Endpoint, *, check: Callable[[], None] = lambda: None) -> None:
        self._endpoint = endpoint
        self._check = check
        self._client = _client(endpoint)
        self._open: set[Exchange[Any]] = set()

    def close(self) -> None:
        """Close every connection, also one on which an answer is awaited in another thread."""
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
        tokens = int(body.get("max_tokens") or TOKENS_UNLESS_GIVEN)
        yield from self._asked(lambda extensions: self._stream(whole, tokens, extensions), says_something)

    def listing(self) -> object:
        """Return what the server answers to the question which models it has."""
        (found,) = self._asked(self._listing)
        return found

    def _asked(
        self, read: Callable[[Extensions], Iterator[ItemT]], counts: Callable[[ItemT], bool] = lambda _: True
    ) -> Iterator[ItemT]:
        """Yield the answer; repeat the request if it fails before that and may succeed a moment later."""
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
            yield from exchange.items(check=self._check, patience=self._endpoint.stalled_seconds, counts=counts)
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
            if (media := _media_type(response)) != "text/event-stream":
                raise NotAStream(media, _report(response))
            for data in _events(response, LARGEST_EVENT + TOKEN_BYTES * tokens):
                chunk = parse_event(data)
                allowance.count(chunk)
                yield chunk

    def _listing(self, extensions: Extensions) -> Iterator[object]:
        request = self._client.build_request("GET", "models", extensions=extensions)
        with self._sent(request) as response:
            text = _beginning(response, LARGEST_LISTING)
            try:
                yield json.loads(text)
            except ValueError as error:
                raise NotAStream(_media_type(response), text) from error

    @contextmanager
    def _sent(self, request: httpx2.Request) -> Iterator[httpx2.Response]:
        """Send a request, follow a redirect within the same server only, and close the response at the end."""
        response = self._send(request)
        try:
            for _ in range(REDIRECTS):
                following = response.next_request
                if following is None or not _stays(request, following):
                    break
                response.close()
                response = self._send(following)
            _raise_unless_ok(response)
            yield response
        finally:
            response.close()

    def _send(self, request: httpx2.Request) -> httpx2.Response:
        try:
            return self._client.send(request, stream=True)
        except (UnicodeError, OverflowError, httpx2.InvalidURL) as error:  # what the system says of host and port
            raise BadAddress(str(error)) from error


def _client(endpoint: Endpoint) -> httpx2.Client:
    """Return a client for the endpoint, which may be the path of a socket behind `unix:`.

    The silence of a server has one clock, in `Exchange`, so that only connecting has a timeout here. Each request has a
    connection of its own, which a stop closes.
    """
    own = endpoint.url.startswith(SOCKET)
    headers = {"Authorization": f"Bearer {_key(endpoint)}", "Accept-Encoding": "identity", "User-Agent": "screenagent"}
    if endpoint.deployment:
        headers["azureml-model-deployment"] = endpoint.deployment
    try:
        return httpx2.Client(
            base_url=SOCKET_HOST if own else endpoint.url,
            headers=headers,
            verify=_trusted_authorities(),
            timeout=httpx2.Timeout(None, connect=CONNECT_SECONDS),
            limits=httpx2.Limits(max_keepalive_connections=0),
            transport=httpx2.HTTPTransport(uds=endpoint.url.removeprefix(SOCKET)) if own else None,
        )
    except httpx2.InvalidURL as error:
        raise ServerError(f"{one_line(endpoint.url)} is not a valid address ({one_line(str(error))})") from error
    except (ImportError, ValueError) as error:  # HTTP_PROXY and its like
        raise ServerError(f"the proxy that the environment names cannot be used: {one_line(str(error))}") from error


@cache
def _trusted_authorities() -> ssl.SSLContext:
    """Return the certificates that are trusted, which take a tenth of a second to read."""
    return httpx2.create_ssl_context()


def _key(endpoint: Endpoint) -> str:
    key = (endpoint.key or key_of(endpoint.kind) or "none").strip()
    if not key.isascii() or not key.isprintable():
        raise ServerError("the key for the model server has characters that no key has; copy it again")
    return key


def _stays(first: httpx2.Request, following: httpx2.Request) -> bool:
    """Return whether a redirect asks the same of the same server."""
    one, other = first.url, following.url
    same = (one.scheme, one.host, one.port) == (other.scheme, other.host, other.port)
    return same and first.method == following.method


def _raise_unless_ok(response: httpx2.Response) -> None:
    if response.has_redirect_location:
        target = response.next_request.url if response.next_request else None
        raise Redirected(f"{target.scheme}://{target.netloc.decode()}{target.path}" if target else "another address")
    if response.status_code != httpx2.codes.OK:
        raise BadStatus(response.status_code, _report(response), _wanted_pause(response))


def _events(response: httpx2.Response, most_bytes: int) -> Iterator[str]:
    """Yield what each event of a stream holds, up to its end."""
    try:
        for event in httpx2.EventSource(response, max_event_size=LARGEST_EVENT):
            if response.num_bytes_downloaded > most_bytes:
                raise AnswerTooLong(f"more than {most_bytes >> 20} MB came")
            if event.data.strip() == END_OF_STREAM:
                return
            if event.data.strip():
                yield event.data
    except httpx2.SSEError as error:
        raise AnswerTooLong(f"more than {LARGEST_EVENT >> 20} MB came in one event") from error


def _media_type(response: httpx2.Response) -> str:
    media: str = response.headers.get("content-type", "")
    return media.partition(";")[0].strip().lower()


def _report(response: httpx2.Response) -> str:
    """Return the message in an answer that reports an error, or how the answer begins."""
    text = _beginning(response, LARGEST_REPORT)
    if title := re.search(r"<title>(.*?)</title>", text, re.IGNORECASE | re.DOTALL):
        return title[1]
    try:
        found = error_text(json.loads(text))
    except ValueError:
        found = None
    return text if found is None else found


def _beginning(response: httpx2.Response, most: int) -> str:
    """Return the text of an answer, which is read no further than `most` bytes."""
    read = bytearray()
    for part in response.iter_bytes():
        read += part
        if len(read) >= most:
            break
    return read[:most].decode(errors="replace")


def _wanted_pause(response: httpx2.Response) -> float | None:
    """Return the seconds that the server asks to wait before the next attempt, if it does."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        if re.fullmatch(r"\d{1,6}(\.\d+)?", wanted := response.headers.get(name, "")):
            return float(wanted) * unit
    return None


def _pause_after(error: Exception, attempt: int) -> float:
    wanted = error.pause if isinstance(error, BadStatus) else None
    return min(LONGEST_PAUSE, PAUSE_SECONDS * 2 ** (attempt - 1) if wanted is None else wanted)
