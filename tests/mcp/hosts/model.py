"""A model server that plays its part: it calls `see`, then `act` with the frame that it saw, and reads the answer.

Speaks OpenAI's chat completions and Anthropic's messages, each streamed or not.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from uuid import uuid4

STEP: Final = {"do": "click", "target": "one"}
OUTCOME: Final = re.compile(r"outcome\W{1,8}(\w+)|^\W*(waiting|changed|refused|stopped|busy)\b", re.MULTILINE)

Json = Mapping[str, Any]


class Turn(NamedTuple):
    """What the model says, or the tool that it calls, with its arguments."""

    words: str = ""
    tool: str = ""
    arguments: Json = MappingProxyType({})


def next_turn(request: Json) -> Turn:
    """Return what comes next after what was asked: hosts give the tools their own prefixes."""
    tools = [str(tool.get("name") or tool.get("function", {}).get("name")) for tool in request.get("tools", [])]
    see, act = (next((tool for tool in tools if re.search(rf"(^|_){name}$", tool)), "") for name in ("see", "act"))
    if not see or not act:
        return Turn(words="no tools here")
    results = ["\n".join(texts_of(message)) for message in request["messages"] if is_result(message)]
    frames = re.findall(r"frame (f\d+-[0-9a-f]{6}) of a screen", "\n".join(results))
    if not frames:
        return Turn(tool=see)
    outcomes = [found[1] or found[2] for found in OUTCOME.finditer(results[-1])]
    if not outcomes or outcomes[-1] == "waiting":
        return Turn(tool=act, arguments={"frame": frames[0], "steps": [STEP]})
    return Turn(words=f"done: {outcomes[0]}")


def is_result(message: Json) -> bool:
    return message["role"] == "tool" or any(
        isinstance(part, dict) and part.get("type") == "tool_result" for part in message.get("content") or ()
    )


def texts_of(value: object) -> Iterator[str]:
    """Return every text in a message, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from texts_of(part)
    elif isinstance(value, list):
        for part in value:
            yield from texts_of(part)


class Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self._send(json.dumps({"object": "list", "data": [{"id": "played", "object": "model"}]}), "application/json")

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        if "count_tokens" in self.path:
            return self._send(json.dumps({"input_tokens": 1}), "application/json")
        answer = messages if "/messages" in self.path else chat
        whole, events = answer(next_turn(request))
        if request.get("stream"):
            return self._send("".join(f"{line}\n\n" for line in events), "text/event-stream")
        return self._send(json.dumps(whole), "application/json")

    def _send(self, text: str, kind: str) -> None:
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def chat(turn: Turn) -> tuple[Json, Sequence[str]]:
    """Return the answer as OpenAI's chat completions, whole and as events."""
    called = {"name": turn.tool, "arguments": json.dumps(dict(turn.arguments))}
    calls = [{"index": 0, "id": f"call_{uuid4().hex}", "type": "function", "function": called}] if turn.tool else []
    message = {"role": "assistant", "content": turn.words or None} | ({"tool_calls": calls} if calls else {})
    finish = "tool_calls" if calls else "stop"
    head = {"id": "1", "created": 1, "model": "played"}
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    choice = {"index": 0, "message": message, "finish_reason": finish}
    parts = [{"index": 0, "delta": message, "finish_reason": None}, {"index": 0, "delta": {}, "finish_reason": finish}]
    chunks = [json.dumps({**head, "object": "chat.completion.chunk", "choices": [part]}) for part in parts]
    whole = {**head, "object": "chat.completion", "choices": [choice], "usage": usage}
    return whole, [*(f"data: {chunk}" for chunk in chunks), "data: [DONE]"]


def messages(turn: Turn) -> tuple[Json, Sequence[str]]:
    """Return the answer as Anthropic's messages, whole and as events."""
    said = {"type": "text", "text": turn.words}
    called = {"type": "tool_use", "id": f"toolu_{uuid4().hex}", "name": turn.tool, "input": dict(turn.arguments)}
    reason = "tool_use" if turn.tool else "end_turn"
    usage = {"input_tokens": 1, "output_tokens": 1}
    head = {"id": "msg_1", "type": "message", "role": "assistant", "model": "played", "stop_sequence": None}
    whole = {**head, "content": [called if turn.tool else said], "stop_reason": reason, "usage": usage}
    empty = {**called, "input": {}} if turn.tool else {**said, "text": ""}
    given = {"type": "input_json_delta", "partial_json": json.dumps(dict(turn.arguments))}
    delta = given if turn.tool else {"type": "text_delta", "text": turn.words}
    events: Sequence[Json] = (
        {"type": "message_start", "message": {**whole, "content": [], "stop_reason": None}},
        {"type": "content_block_start", "index": 0, "content_block": empty},
        {"type": "content_block_delta", "index": 0, "delta": delta},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": None}, "usage": usage},
        {"type": "message_stop"},
    )
    return whole, [f"event: {event['type']}\ndata: {json.dumps(event)}" for event in events]


@contextmanager
def played_model() -> Iterator[str]:
    """Serve on loopback; yield the address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
