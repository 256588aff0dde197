"""A `VisionModel` that runs elsewhere, behind an OpenAI-compatible server."""

from __future__ import annotations

import base64
import io
import os
import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import httpx2
import openai
from openai.types.chat import ChatCompletionChunk, ChatCompletionContentPartParam, ChatCompletionMessageParam

from screenagent.events import Usage
from screenagent.parsing import refuses
from screenagent.protocols import (
    Budget,
    Chunk,
    Finished,
    Grammar,
    JsonSchema,
    Mode,
    Numbers,
    Part,
    Refused,
    Regex,
    Request,
    Retry,
    Said,
)
from screenagent.screenshot import Screenshot

Kind = Literal["vllm", "llama.cpp", "foundry", "mistral", "openai", "screenagent"]
KEYS: Final[Mapping[Kind, tuple[str, ...]]] = {
    "foundry": ("AZUREML_API_KEY", "AZURE_API_KEY"),
    "mistral": ("MISTRAL_API_KEY",),
    "openai": ("OPENAI_API_KEY",),
}
"""Where the key of a server is looked for, after SCREENAGENT_MODEL_KEY; the environment only, never a file of ours."""

STALLED_SECONDS: Final = 120.0
"""A server that says nothing for so long has stalled; the first words of a long prompt may take a minute."""
POLL_SECONDS: Final = 0.05
ATTEMPTS: Final = 3


SOCKET: Final = "unix:"
SOCKET_HOST: Final = "http://screenagent/v1"
"""The name by which `screenagent model serve` knows requests that came over its socket."""


class ServerError(Exception):
    """The server cannot be used as it is set up; the text says what to do. Another plan would not help."""


@dataclass(frozen=True)
class Style:
    """What servers of one kind understand.

    `opens`: the assistant's turn may be begun for the model, which for Phi-4 is the switch between thinking and not.
    `effort`: `reasoning_effort` is that switch. `modes`: it takes a mode by name, and tells thought from answer by
    itself. `grammar` gives the fields that bind an answer.
    """

    opens: bool
    effort: bool
    grammar: Callable[[Grammar], Mapping[str, Any]]
    body: Mapping[str, Any] = field(default_factory=dict)
    modes: bool = False


def pattern(wanted: Numbers) -> str:
    """`Numbers` as a regular expression."""
    fewest, most = wanted.decimals
    numbers = ", ".join([rf"[01]\.[0-9]{{{fewest},{most}}}"] * wanted.count)
    return rf"\[{numbers}\]"


def _structured(grammar: Grammar) -> Mapping[str, Any]:
    match grammar:
        case Numbers():
            return {"structured_outputs": {"regex": pattern(grammar)}}
        case Regex():
            return {"structured_outputs": {"regex": grammar.pattern}}
        case JsonSchema():
            return {"structured_outputs": {"json": dict(grammar.definition)}}


def _response_format(grammar: Grammar) -> Mapping[str, Any]:
    """Only JSON can be bound here; other answers are read as they come, or refused by the parser."""
    if not isinstance(grammar, JsonSchema):
        return {}
    schema = {"name": "answer", "strict": True, "schema": dict(grammar.definition)}
    return {"response_format": {"type": "json_schema", "json_schema": schema}}


def _own(grammar: Grammar) -> Mapping[str, Any]:
    """As `screenagent model serve` takes it, which counts the tokens that need no forward of their own."""
    if isinstance(grammar, Numbers):
        return {"structured_outputs": {"numbers": grammar.count}}
    return _response_format(grammar) or _structured(grammar)


def _gbnf(grammar: Grammar) -> Mapping[str, Any]:
    match grammar:
        case Numbers():
            fewest, most = grammar.decimals
            number = f'[01] "." [0-9]{{{fewest},{most}}}'
            numbers = ' ", " '.join([number] * grammar.count)
            return {"grammar": f'root ::= "[" {numbers} "]"'}
        case _:
            return _response_format(grammar)


STYLES: Final[Mapping[Kind, Style]] = {
    "vllm": Style(
        opens=True,
        effort=False,
        grammar=_structured,
        body={"add_generation_prompt": False, "continue_final_message": True},
    ),
    "llama.cpp": Style(opens=True, effort=False, grammar=_gbnf, body={"cache_prompt": True}),
    "foundry": Style(opens=False, effort=False, grammar=_response_format),
    "mistral": Style(opens=False, effort=True, grammar=_response_format),
    "openai": Style(opens=False, effort=False, grammar=_response_format),
    "screenagent": Style(opens=False, effort=False, grammar=_own, modes=True),
}
OPENINGS: Final[Mapping[Mode, str]] = {"think": "<think>", "nothink": "<|dummy_84|>"}
EFFORTS: Final[Mapping[Mode, str]] = {"think": "high", "nothink": "none"}
END_OF_THOUGHT: Final = "</think>"


def go_on() -> None:
    """Nobody says stop."""


class Server:
    """`check` is called while waiting for the server, and may raise to stop at once.

    Only `think` and `nothink` begin the assistant's turn; a thought ends at its budget, and the answer is then asked
    for with the thought in place, so that a grammar binds the answer alone.
    """

    def __init__(
        self,
        url: str,
        *,
        name: str,
        kind: Kind = "openai",
        deployment: str | None = None,
        key: str | None = None,
        check: Callable[[], None] = go_on,
        stalled_seconds: float = STALLED_SECONDS,
        attempts: int = ATTEMPTS,
    ) -> None:
        self.url, self.name, self.kind = url, name, kind
        self._style = STYLES[kind]
        self._check = check
        self._client = _client(
            url,
            api_key=key or key_of(kind) or "none",
            timeout=openai.Timeout(stalled_seconds, connect=10.0),
            max_retries=attempts - 1,
            default_headers={"azureml-model-deployment": deployment} if deployment else None,
        )

    def close(self) -> None:
        self._client.close()

    def generate(
        self,
        request: Request,
        *,
        mode: Mode = "auto",
        grammar: Grammar | None = None,
        budget: Budget | None = None,
    ) -> Iterator[Chunk]:
        """As `VisionModel` says. `Retry` where an answer broke off; `ServerError` where the set-up is wrong."""
        budget = budget or Budget()
        clock = _Clock()
        opening = OPENINGS.get(mode, "") if self._style.opens else ""
        if opening and mode == "think":
            thought = yield from self._thought(request, budget, clock=clock, opening=opening)
            opening = f"{opening}{thought}{END_OF_THOUGHT}"
        yield from self._answer(request, budget, mode=mode, grammar=grammar, clock=clock, opening=opening)

    def _thought(self, request: Request, budget: Budget, *, clock: _Clock, opening: str) -> Generator[Chunk, None, str]:
        """Yield the thought up to its end or its budget's; return it whole."""
        body = {"max_tokens": budget.thought, "stop": [END_OF_THOUGHT]}
        thought = ""
        for piece in self._pieces(request, body, clock, opening):
            thought += piece.text
            if piece.text:
                yield Said(text=piece.text, part="thought")
        clock.thought_over()
        return thought

    def _answer(
        self, request: Request, budget: Budget, *, mode: Mode, grammar: Grammar | None, clock: _Clock, opening: str
    ) -> Iterator[Chunk]:
        thinks = mode != "nothink" and not opening
        body: dict[str, Any] = {
            "max_tokens": budget.answer + (budget.thought if thinks and not self._style.modes else 0)
        }
        if grammar is not None:
            body |= self._style.grammar(grammar)
        if self._style.modes:
            body |= {"mode": mode, "thought_tokens": budget.thought}
        if self._style.effort and mode in EFFORTS:
            body["reasoning_effort"] = EFFORTS[mode]
        answer, reason = "", None
        said = self._pieces(request, body, clock, opening)
        for piece in said if self._style.modes else Split(thinks).parts(said):
            reason = reason if reason == "content_filter" else piece.reason or reason
            answer += piece.text if piece.part == "answer" else ""
            if piece.text:
                yield Said(text=piece.text, part=piece.part)
        usage = clock.usage()
        if reason == "content_filter" or refuses(answer):
            yield Refused(text=answer or "the server's content filter stopped the answer", usage=usage)
        else:
            yield Finished(reason="length" if reason == "length" else "end", usage=usage)

    def _pieces(self, request: Request, body: Mapping[str, Any], clock: _Clock, opening: str) -> Iterator[Piece]:
        """What the server says, as it says it; the last piece has the reason why it ended."""
        ended = False
        chunks = self._streamed(messages(request, opening), {**(self._style.body if opening else {}), **body})
        for chunk in chunks:
            clock.tick(chunk)
            for piece in pieces(chunk):
                ended = ended or piece.reason is not None
                yield piece
        if not ended:
            raise Retry(f"the answer of {self.url} broke off; nothing of it is used")

    def _streamed(
        self, said: Sequence[ChatCompletionMessageParam], body: Mapping[str, Any]
    ) -> Iterator[ChatCompletionChunk]:
        """Read in a thread of its own, so that a stop need not wait for a silent server."""
        arrived: queue.SimpleQueue[ChatCompletionChunk | Exception | None] = queue.SimpleQueue()
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
                    raise self._explained(chunk) from chunk
                yield chunk
        finally:
            left.set()

    def _read(
        self,
        said: Sequence[ChatCompletionMessageParam],
        body: Mapping[str, Any],
        arrived: queue.SimpleQueue[ChatCompletionChunk | Exception | None],
        left: threading.Event,
    ) -> None:
        try:
            with self._client.chat.completions.create(
                model=self.name,
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

    def _explained(self, error: Exception) -> Exception:
        match error:
            case openai.AuthenticationError() | openai.PermissionDeniedError():
                names = " or ".join(("SCREENAGENT_MODEL_KEY", *KEYS.get(self.kind, ())))
                return ServerError(f"{self.url} does not accept the key; set {names} in the environment")
            case openai.NotFoundError():
                return ServerError(f"{self.url} knows no model {self.name!r} there; its /models lists those it has")
            case openai.APIStatusError(status_code=status) if status < 500 and status != 429:
                return ServerError(f"{self.url} refuses the request ({status}): {_first_line(error.message)}")
            case openai.APIStatusError(status_code=status):
                return ServerError(f"{self.url} failed {ATTEMPTS} times ({status}): {_first_line(error.message)}")
            case openai.APITimeoutError():
                return Retry(f"{self.url} said nothing for too long; nothing of its answer is used")
            case openai.APIConnectionError():
                return ServerError(f"{self.url} does not answer: is the server running, and is the address right?")
            case openai.APIError() | ValueError():
                return Retry(f"what {self.url} sent is no answer ({type(error).__name__}); nothing of it is used")
            case _ if type(error).__module__.startswith("httpx"):  # which of its transports openai brings depends on it
                return Retry(f"the answer of {self.url} broke off ({type(error).__name__}); nothing of it is used")
            case _:
                return error


def _client(url: str, **options: Any) -> openai.OpenAI:
    """A client for `url`; one that begins with unix: is the path of a socket."""
    if not url.startswith(SOCKET):
        return openai.OpenAI(base_url=url, **options)
    transport = httpx2.HTTPTransport(uds=url.removeprefix(SOCKET))
    http = openai.DefaultHttpxClient(transport=transport, base_url=SOCKET_HOST)
    return openai.OpenAI(base_url=SOCKET_HOST, http_client=http, **options)


def key_of(kind: Kind) -> str | None:
    """The key for servers of this kind, from the environment."""
    names = ("SCREENAGENT_MODEL_KEY", *KEYS.get(kind, ()))
    return next((os.environ[name] for name in names if os.environ.get(name)), None)


def messages(request: Request, opening: str = "") -> list[ChatCompletionMessageParam]:
    """The pictures first, then the text; with `opening`, the beginning of the model's own turn."""
    content: list[ChatCompletionContentPartParam] = [
        {"type": "image_url", "image_url": {"url": _data_url(picture)}} for picture in request.pictures
    ]
    content.append({"type": "text", "text": request.text})
    said: list[ChatCompletionMessageParam] = [{"role": "user", "content": content}]
    if opening:
        said.append({"role": "assistant", "content": opening})
    return said


def _data_url(picture: Screenshot) -> str:
    file = io.BytesIO()
    picture.pixels.save(file, format="PNG", compress_level=1)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


@dataclass(frozen=True)
class Piece:
    text: str
    part: Part = "answer"
    reason: str | None = None


def pieces(chunk: ChatCompletionChunk) -> Iterator[Piece]:
    """The text in one chunk, however the server marks what is thought."""
    for choice in chunk.choices[:1]:
        delta = choice.delta
        extra = delta.model_extra or {}
        thought = extra.get("reasoning_content") or extra.get("reasoning")
        if isinstance(thought, str) and thought:
            yield Piece(thought, "thought")
        content: object = delta.content
        if isinstance(content, list):  # Mistral's parts, which the client's types do not know
            yield from _parts(content)
        elif isinstance(content, str) and content:
            yield Piece(content)
        if delta.refusal:
            yield Piece(delta.refusal, reason="content_filter")
        if choice.finish_reason:
            yield Piece("", reason=choice.finish_reason)


def _parts(content: Sequence[Any]) -> Iterator[Piece]:
    for part in content:
        match part:
            case {"type": "text", "text": str(text)}:
                yield Piece(text)
            case {"type": "thinking", "thinking": list(thoughts)}:
                yield from (Piece(str(thought.get("text", "")), "thought") for thought in thoughts)


class Split:
    """Tells thought from answer where a server leaves `<think>…</think>` in the text, and where it takes an answer
    without a thought for one."""

    def __init__(self, thinks: bool) -> None:
        self._thinks = thinks
        self._inside = False
        self._held = ""
        self._began = False

    def parts(self, said: Iterator[Piece]) -> Iterator[Piece]:
        for piece in said:
            if piece.part == "thought":
                yield piece if self._thinks else Piece(piece.text, "answer", piece.reason)
            elif piece.reason is not None:
                yield Piece(self._held, "thought" if self._inside else "answer")
                self._held = ""
                yield piece
            else:
                yield from self._marked(piece.text)

    def _marked(self, text: str) -> Iterator[Piece]:
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
                yield Piece(self._held[: len(self._held) - kept], "thought")
                self._held = self._held[len(self._held) - kept :]
                return
            yield Piece(before, "thought")
            self._inside, self._held = False, after
        yield Piece(self._held)
        self._held = ""


def _overlap(text: str, mark: str) -> int:
    """How much of the end of `text` may be the beginning of `mark`."""
    return next((n for n in range(min(len(text), len(mark) - 1), 0, -1) if mark.startswith(text[-n:])), 0)


class _Clock:
    """What a reply took: prefill is up to the first word, decode the rest; tokens are as the server counts them."""

    def __init__(self) -> None:
        self._began = self._last = time.perf_counter()
        self._prefill = 0.0
        self._first: float | None = None
        self._prompt = self._thought = self._answer = 0
        self._thinking = False

    def tick(self, chunk: ChatCompletionChunk) -> None:
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
        """What was counted so far was thought."""
        self._thought, self._answer = self._thought + self._answer, 0

    def usage(self) -> Usage:
        decode = max(0.0, self._last - self._began - self._prefill)
        return Usage(
            seconds={"prefill": self._prefill, "decode": decode},
            prompt_tokens=self._prompt,
            thought_tokens=self._thought,
            answer_tokens=self._answer,
        )


def _first_line(text: str) -> str:
    line = text.strip().partition("\n")[0]
    return line if len(line) <= 200 else f"{line[:199]}…"


def connect(
    url: str, *, name: str | None = None, kind: Kind | None = None, check: Callable[[], None] = go_on
) -> Server:
    """The server at `url`, its model and kind taken from what it lists where they are not given."""
    base, _, deployment = url.partition("#")
    listed = None if name and kind else _listed(base, kind)
    chosen_kind: Kind = kind or _kind(base, listed[1] if listed else "")
    chosen = name or (listed[0] if listed else "")
    return Server(base, name=chosen, kind=chosen_kind, deployment=deployment or None, check=check)


def _listed(url: str, kind: Kind | None) -> tuple[str, str]:
    """The first model that a server lists, and who it says owns it."""
    key = key_of(kind or _kind(url, "")) or "none"
    try:
        with _client(url, api_key=key, timeout=10.0, max_retries=1) as client:
            models = client.models.list().data
    except (openai.APIError, ValueError) as error:
        raise ServerError(
            f"{url} lists no models ({type(error).__name__}); is the server running, and does the address end in /v1? "
            "Give model_name and server to do without"
        ) from error
    if not models:
        raise ServerError(f"{url} has no model loaded")
    return models[0].id, models[0].owned_by or ""


def _kind(url: str, owner: str) -> Kind:
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
