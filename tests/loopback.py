"""A model server on this machine: it holds requests against the client's own types, and answers what a test wants."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, get_type_hints

from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming
from pydantic import TypeAdapter

from screenagent.models.families.probe import MARKS

REQUEST: TypeAdapter[Any] = TypeAdapter(CompletionCreateParamsStreaming)
KNOWN = frozenset(get_type_hints(CompletionCreateParamsStreaming))
TEMPLATE = {"chat_template_kwargs"}
VLLM = {"structured_outputs", "add_generation_prompt", "continue_final_message", "thinking_token_budget", *TEMPLATE}
LLAMA_CPP = {"grammar", "cache_prompt", "reasoning_budget_tokens", *TEMPLATE}
SGLANG = {"regex", "ebnf", *TEMPLATE}
OWN = {"structured_outputs", "mode", "thought_tokens"}
BEYOND = VLLM | LLAMA_CPP | SGLANG | OWN
"""Fields that one kind of server or another understands beside those of OpenAI."""

MOST_RULES = 2000
"""llama.cpp refuses a run of as many characters: it writes each of them out as a rule."""


class Reply:
    """Sends what a handler is told to; the base of a server's answers."""

    def send(self, to: BaseHTTPRequestHandler) -> None:
        raise NotImplementedError


def chunk(delta: dict[str, Any], *, finish: str | None = None, usage: dict[str, int] | None = None) -> dict[str, Any]:
    choices = [] if usage else [{"index": 0, "delta": delta, "finish_reason": finish}]
    named = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": choices}
    return named | ({"usage": usage} if usage else {})


@dataclass
class Stream(Reply):
    """Server-sent events: the chunks, an end unless it is `cut`, and `raw` lines as they are."""

    deltas: list[dict[str, Any]]
    finish: str | None = "stop"
    cut: bool = False
    raw: tuple[str, ...] = ()
    wait: threading.Event | None = None

    def send(self, to: BaseHTTPRequestHandler) -> None:
        to.send_response(200)
        to.send_header("Content-Type", "text/event-stream")
        to.end_headers()
        for delta in self.deltas:
            self._event(to, json.dumps(chunk(delta)))
        for line in self.raw:
            self._event(to, line)
        if self.wait:
            self.wait.wait(20)
        if self.cut:
            return
        self._event(to, json.dumps(chunk({}, finish=self.finish)))
        usage = {"prompt_tokens": 4072, "completion_tokens": 20, "total_tokens": 4092}
        self._event(to, json.dumps(chunk({}, usage=usage)))
        self._event(to, "[DONE]")

    def _event(self, to: BaseHTTPRequestHandler, text: str) -> None:
        to.wfile.write(f"data: {text}\n\n".encode())
        to.wfile.flush()


def looked_through(value: Any) -> None:
    """Lists are validated as they are read."""
    if isinstance(value, dict):
        value = value.values()
    if isinstance(value, Iterable) and not isinstance(value, str):
        for item in value:
            looked_through(item)


def says(*texts: str, finish: str = "stop") -> Stream:
    return Stream([{"content": text} for text in texts], finish=finish)


def pointing(reply: Callable[[dict[str, Any]], Reply]) -> Callable[[dict[str, Any]], Reply]:
    """Let `reply` answer, but for the questions where the three marks are, which are answered as Phi-4 does."""

    def answered(body: dict[str, Any]) -> Reply:
        asked = str(body["messages"][0]["content"][-1]["text"])
        for mark in MARKS:
            if f"this instruction describes: {mark.target}." in asked:
                box = mark.box
                return says(f"[{box.left:.4f}, {box.top:.4f}, {box.right:.4f}, {box.bottom:.4f}]")
        return reply(body)

    return answered


@dataclass
class Status(Reply):
    code: int
    body: str = '{"error": {"message": "no"}}'
    kind: str = "application/json"

    def send(self, to: BaseHTTPRequestHandler) -> None:
        to.send_response(self.code)
        to.send_header("Content-Type", self.kind)
        to.send_header("Content-Length", str(len(self.body.encode())))
        to.send_header("Retry-After-Ms", "1")  # the client's back-off, so that a test need not sit it out
        to.end_headers()
        to.wfile.write(self.body.encode())


def refused(code: int, message: str) -> Status:
    return Status(code, json.dumps({"error": {"code": code, "message": message}}))


def begun_turn(request: Mapping[str, Any]) -> str:
    """The opening of the assistant's turn that a request ends with, or nothing."""
    last = request["messages"][-1]
    return str(last["content"]) if last["role"] == "assistant" else ""


def llama_cpp_refusal(request: Mapping[str, Any]) -> Status | None:
    """What a real llama.cpp of 2026 says: it feeds a begun turn to `response_format`, and unrolls repetitions."""
    named = request.get("response_format", {}).get("json_schema", {})
    if named and begun_turn(request):
        return refused(400, "Failed to initialize samplers: std::exception")
    runs = re.findall(r"\{(?:\d+,)?(\d+)\}", request.get("grammar", ""))
    runs += re.findall(r'"maxLength": (\d+)', json.dumps(named))
    if any(int(run) >= MOST_RULES for run in runs):
        return refused(400, "Failed to initialize samplers: failed to parse grammar")
    return None


def vllm_refusal(request: Mapping[str, Any]) -> Status | None:
    """What vLLM says where the model's template cuts thoughts, and with them the opening, out of what was said."""
    if request.get("continue_final_message") and "</think>" in begun_turn(request):
        return refused(
            400,
            "continue_final_message is set but the final message does not appear in the chat after applying the chat "
            "template",
        )
    return None


def transformers_refusal(request: Mapping[str, Any]) -> Status | None:
    if unknown := sorted(set(request) - KNOWN - TEMPLATE):
        return refused(422, f"Unexpected keys in the request: {unknown}")
    return None


@dataclass
class Loopback:
    """`replies` in turn, or what a function makes of the request; `asked` are the requests, `wrong` what they break.

    What a real server of the owner's kind refuses is refused; `cuts_thoughts` says that the model's template cuts
    thoughts out of what was said, as those of other families than Phi-4 do. `listed` is what is listed of the model
    beside its owner, such as another `id`.
    """

    replies: list[Reply] | Callable[[dict[str, Any]], Reply]
    owner: str = "vllm"
    cuts_thoughts: bool = False
    listed: dict[str, Any] = field(default_factory=dict)
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    url: str = ""
    wrong: list[str] = field(default_factory=list)

    def reply(self, body: dict[str, Any]) -> Reply:
        if callable(self.replies):
            return self.replies(body)
        return self.replies[min(len(self.asked), len(self.replies)) - 1]

    def refusal(self, request: dict[str, Any]) -> Status | None:
        match self.owner:
            case "llamacpp":
                return llama_cpp_refusal(request)
            case "vllm" if self.cuts_thoughts:
                return vllm_refusal(request)
            case "transformers":
                return transformers_refusal(request)
            case _:
                return None


@contextmanager
def serving(
    replies: list[Reply] | Callable[[dict[str, Any]], Reply],
    *,
    owner: str = "vllm",
    cuts_thoughts: bool = False,
    **listed: Any,
) -> Iterator[Loopback]:
    """On a free port, until the block ends; a request that breaks the client's own types fails the test."""
    loopback = Loopback(replies, owner, cuts_thoughts, listed)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            model = {"id": "m", "object": "model", "created": 1, "owned_by": loopback.owner} | loopback.listed
            body = {"object": "list", "data": [model]}
            Status(200, json.dumps(body)).send(self)

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            loopback.asked.append(body)
            loopback.headers.append(dict(self.headers))
            known = {name: value for name, value in body.items() if name not in BEYOND}
            try:
                looked_through(REQUEST.validate_python(known))
                loopback.wrong += sorted(set(known) - KNOWN)
            except ValueError as error:
                loopback.wrong.append(str(error))
            try:
                (loopback.refusal(body) or loopback.reply(body)).send(self)
            except (BrokenPipeError, ConnectionResetError):
                return

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    serve = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    serve.start()
    loopback.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield loopback
    finally:
        server.shutdown()
        server.server_close()
        serve.join(5)
    assert loopback.wrong == []
