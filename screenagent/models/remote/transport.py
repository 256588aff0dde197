"""The transport to a server: one client, a stream that a stop need not wait for, its text in pieces and its cost."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import httpx2
import openai
from openai.types.chat import ChatCompletionChunk, ChatCompletionMessageParam

from screenagent.errors import UserError
from screenagent.models.remote.providers import KEYS, SOCKET, Endpoint, key_of
from screenagent.models.vision import ReplySection
from screenagent.protocols import Retry
from screenagent.usage import Usage

POLL_SECONDS: Final = 0.05
SOCKET_HOST: Final = "http://screenagent/v1"
"""The host name under which `screenagent model serve` accepts requests from its socket."""
END_OF_THOUGHT: Final = "</think>"


class ServerError(UserError):
    """The server cannot be used as it is set up; the text says what to do. Another plan would not help."""

    code = "model_server"


class Wire:
    """Sends requests to one endpoint. The client retries with growing pauses, but never an answer that has begun."""

    def __init__(self, endpoint: Endpoint, *, check: Callable[[], None]) -> None:
        self._endpoint = endpoint
        self._check = check
        self._client = client(
            endpoint.url,
            api_key=endpoint.key or key_of(endpoint.kind) or "none",
            timeout=openai.Timeout(endpoint.stalled_seconds, connect=10.0),
            max_retries=endpoint.attempts - 1,
            default_headers={"azureml-model-deployment": endpoint.deployment} if endpoint.deployment else None,
        )

    def close(self) -> None:
        self._client.close()

    def chunks(
        self, said: Sequence[ChatCompletionMessageParam], body: Mapping[str, Any]
    ) -> Iterator[ChatCompletionChunk]:
        """Yield the chunks of a reply. A thread reads them, so that a stop need not wait for a silent server."""
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
                    raise explained(chunk, self._endpoint) from chunk
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
                model=self._endpoint.name,
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
        except Exception as error:  # noqa: BLE001 -- `chunks` raises it again in the caller's thread
            arrived.put(error)


def client(url: str, **options: Any) -> openai.OpenAI:
    """Return a client for `url`, which may be the path of a socket behind `unix:`."""
    if not url.startswith(SOCKET):
        return openai.OpenAI(base_url=url, **options)
    transport = httpx2.HTTPTransport(uds=url.removeprefix(SOCKET))
    http = openai.DefaultHttpxClient(transport=transport, base_url=SOCKET_HOST)
    return openai.OpenAI(base_url=SOCKET_HOST, http_client=http, **options)


def explained(error: Exception, endpoint: Endpoint) -> Exception:
    """Return what to raise for `error`: `ServerError`, `Retry`, or `error` itself if it is a bug."""
    url = endpoint.url
    match error:
        case openai.AuthenticationError() | openai.PermissionDeniedError():
            names = " or ".join(("SCREENAGENT_MODEL_KEY", *KEYS.get(endpoint.kind, ())))
            return ServerError(f"{url} does not accept the key; set {names} in the environment")
        case openai.NotFoundError():
            return ServerError(f"{url} knows no model {endpoint.name!r} there; its /models lists those it has")
        case openai.APIStatusError(status_code=status) if status < 500 and status != 429:
            return ServerError(f"{url} refuses the request ({status}): {_first_line(error.message)}")
        case openai.APIStatusError(status_code=status):
            return ServerError(f"{url} failed {endpoint.attempts} times ({status}): {_first_line(error.message)}")
        case openai.APITimeoutError():
            return Retry(f"{url} said nothing for too long; nothing of its answer is used", "model_answer")
        case openai.APIConnectionError():
            return ServerError(f"{url} does not answer: is the server running, and is the address right?")
        case openai.APIError() | ValueError():
            return Retry(
                f"what {url} sent is no answer ({type(error).__name__}); nothing of it is used", "model_answer"
            )
        case _ if type(error).__module__.startswith("httpx"):  # which of its transports openai brings depends on it
            return Retry(
                f"the answer of {url} broke off ({type(error).__name__}); nothing of it is used", "model_answer"
            )
        case _:
            return error


def _first_line(text: str) -> str:
    line = text.strip().partition("\n")[0]
    return line if len(line) <= 200 else f"{line[:199]}…"


@dataclass(frozen=True)
class StreamPiece:
    """A piece of a reply's text; the last piece says why the reply ended."""

    text: str
    part: ReplySection = "answer"
    reason: str | None = None


def stream_pieces(chunk: ChatCompletionChunk) -> Iterator[StreamPiece]:
    """Yield the text in one chunk, told apart into thought and answer if the server marks them in fields."""
    for choice in chunk.choices[:1]:
        delta = choice.delta
        extra = delta.model_extra or {}
        thought = extra.get("reasoning_content") or extra.get("reasoning")
        if isinstance(thought, str) and thought:
            yield StreamPiece(thought, "thought")
        content: object = delta.content
        if isinstance(content, list):  # Mistral's parts, which the client's types do not know
            yield from _parts(content)
        elif isinstance(content, str) and content:
            yield StreamPiece(content)
        if delta.refusal:
            yield StreamPiece(delta.refusal, reason="content_filter")
        if choice.finish_reason:
            yield StreamPiece("", reason=choice.finish_reason)


def _parts(content: Sequence[Any]) -> Iterator[StreamPiece]:
    for part in content:
        match part:
            case {"type": "text", "text": str(text)}:
                yield StreamPiece(text)
            case {"type": "thinking", "thinking": list(thoughts)}:
                yield from (StreamPiece(str(thought.get("text", "")), "thought") for thought in thoughts)


class ThoughtSplitter:
    """Tells thought from answer if the server leaves `<think>…</think>` in the text."""

    def __init__(self) -> None:
        self._inside = False
        self._held = ""
        self._began = False

    def parts(self, said: Iterator[StreamPiece]) -> Iterator[StreamPiece]:
        for piece in said:
            if piece.part == "thought":
                yield piece
            elif piece.reason is not None:
                yield StreamPiece(self._held, "thought" if self._inside else "answer")
                self._held = ""
                yield piece
            else:
                yield from self._marked(piece.text)

    def _marked(self, text: str) -> Iterator[StreamPiece]:
        self._held += text
        if not self._began:
            if "<think>".startswith(self._held.lstrip()[:7]) and len(self._held.lstrip()) < 7:
                return
            self._began = True
            if self._held.lstrip().startswith("<think>"):
                self._inside, self._held = True, self._held.lstrip().removeprefix("<think>")
        if self._inside:
            before, end, after = self._held.partition(END_OF_THOUGHT)
            if not end:
                kept = _overlap(self._held, END_OF_THOUGHT)
                yield StreamPiece(self._held[: len(self._held) - kept], "thought")
                self._held = self._held[len(self._held) - kept :]
                return
            yield StreamPiece(before, "thought")
            self._inside, self._held = False, after
        yield StreamPiece(self._held)
        self._held = ""


def _overlap(text: str, mark: str) -> int:
    """Return how many characters at the end of `text` may be the beginning of `mark`."""
    return next((n for n in range(min(len(text), len(mark) - 1), 0, -1) if mark.startswith(text[-n:])), 0)


class ReplyClock:
    """Measures a reply: prefill ends with the first token, the rest is decode. Token counts are the server's."""

    def __init__(self) -> None:
        self._began = self._last = time.perf_counter()
        self._prefill = 0.0
        self._first: float | None = None
        self._prompt = self._thought = self._answer = 0

    def tick(self, chunk: ChatCompletionChunk) -> None:
        """Note when `chunk` arrived and which tokens it accounts for."""
        self._last = time.perf_counter()
        if self._first is None and chunk.choices:
            self._first = self._last
            self._prefill += self._last - self._began
        if chunk.usage is not None:
            details = chunk.usage.completion_tokens_details
            thought = (details.reasoning_tokens if details else None) or 0
            self._prompt = max(self._prompt, chunk.usage.prompt_tokens)
            self._thought += thought
            self._answer += chunk.usage.completion_tokens - thought

    def thought_over(self) -> None:
        """Count all tokens up to here as thought."""
        self._thought, self._answer = self._thought + self._answer, 0

    def usage(self) -> Usage:
        decode = max(0.0, self._last - self._began - self._prefill)
        return Usage(
            seconds={"prefill": self._prefill, "decode": decode},
            prompt_tokens=self._prompt,
            thought_tokens=self._thought,
            answer_tokens=self._answer,
        )
