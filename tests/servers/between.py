"""A proxy in front of a model server: it records requests and answers, and can make the model sample at random."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx2


@dataclass
class Turn:
    """One request and its answer without reasoning; `reason` says why the answer ended, None if it was cut off."""

    request: Mapping[str, Any]
    status: int = 0
    answer: str = ""
    reason: str | None = None

    @property
    def is_bound(self) -> bool:
        """Whether the request constrains its answer to a grammar."""
        return "grammar" in self.request or "response_format" in self.request

    def add(self, line: str) -> None:
        """Add a line of the server's stream of events."""
        if not line.startswith("data: {"):
            return
        for choice in json.loads(line.removeprefix("data: ")).get("choices", ()):
            self.answer += choice["delta"].get("content") or ""
            self.reason = choice.get("finish_reason") or self.reason


@dataclass
class Between:
    """What passed through a proxy at `url`, in order."""

    url: str = ""
    turns: list[Turn] = field(default_factory=list)


@contextmanager
def between(address: str, *, seed: int | None = None) -> Iterator[Between]:
    """Run a proxy for the server at `address`; with a `seed`, replies are sampled instead of decoded greedily."""
    passed = Between()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            reply = httpx2.get(f"{address}{self.path}", timeout=30)
            self._begin(reply)
            self.wfile.write(reply.content)

        def do_POST(self) -> None:
            turn = Turn(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            passed.turns.append(turn)
            drawn = {} if seed is None else {"temperature": 1.0, "seed": 1000 * seed + len(passed.turns)}
            with (
                httpx2.stream("POST", f"{address}{self.path}", json={**turn.request, **drawn}, timeout=60) as reply,
                _until_hung_up(),
            ):
                turn.status = reply.status_code
                self._begin(reply)
                for line in reply.iter_lines():
                    turn.add(line)
                    self.wfile.write(f"{line}\n".encode())

        def _begin(self, reply: httpx2.Response) -> None:
            self.send_response(reply.status_code)
            self.send_header("Content-Type", reply.headers["Content-Type"])
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    proxy = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    proxy.daemon_threads = True
    serve = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    serve.start()
    passed.url = f"http://127.0.0.1:{proxy.server_port}"
    try:
        yield passed
    finally:
        proxy.shutdown()
        proxy.server_close()
        serve.join(5)


@contextmanager
def _until_hung_up() -> Iterator[None]:
    """End the block when the agent closes its connection, so that the server's connection is closed, too."""
    try:
        yield
    except (BrokenPipeError, ConnectionResetError):
        return
