"""`bench mcp`: from the start of the server to the answer of `tools/list`, and the time that a call itself takes."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from screenagent.bench.results import percentile_ms
from screenagent.desktop.json_lines import module_command
from screenagent.errors import UserError
from screenagent.geometry import Value

STARTS: Final = 10
CALLS: Final = 200
END_SECONDS: Final = 10.0
CLIENT: Final = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}


class McpSummary(Value):
    """Milliseconds: from the start of the process to the answer of `tools/list` and to that of a first call, and from a
    call that does nothing to its answer."""

    tools_ms_p50: float | None
    tools_ms_p95: float | None
    first_call_ms_p50: float | None
    call_ms_p50: float | None
    call_ms_p95: float | None
    starts: int
    calls: int


class NoServer(UserError):
    """The server of the bench does not answer."""

    code = "no_server"


def run_mcp(
    *, starts: int = STARTS, calls: int = CALLS, progress: Callable[[int], None] = lambda _: None
) -> McpSummary:
    """Start servers one after the other, and call each of them."""
    tools: list[float] = []
    first: list[float] = []
    again: list[float] = []
    for number in range(starts):
        with _started() as client:
            began = client.began
            client.ask("initialize", CLIENT)
            client.ask("tools/list", {})
            tools.append(time.perf_counter() - began)
            client.tell("notifications/initialized")
            client.call_nothing()
            first.append(time.perf_counter() - began)
            again += [client.call_nothing() for _ in range(calls // starts)]
        progress(number + 1)
    return McpSummary(
        tools_ms_p50=percentile_ms(tools, 50),
        tools_ms_p95=percentile_ms(tools, 95),
        first_call_ms_p50=percentile_ms(first, 50),
        call_ms_p50=percentile_ms(again, 50),
        call_ms_p95=percentile_ms(again, 95),
        starts=starts,
        calls=len(again),
    )


class McpLines:
    """A client that writes a line and waits for the next one."""

    def __init__(self, server: subprocess.Popen[bytes], began: float) -> None:
        self._server, self.began = server, began
        self._number = 0

    def tell(self, method: str, **more: object) -> None:
        assert self._server.stdin is not None
        self._server.stdin.write(json.dumps({"jsonrpc": "2.0", "method": method, **more}).encode() + b"\n")
        self._server.stdin.flush()

    def ask(self, method: str, params: Mapping[str, Any]) -> None:
        """Send a request and wait for its answer."""
        self._number += 1
        self.tell(method, id=self._number, params=params)
        assert self._server.stdout is not None
        line = self._server.stdout.readline()
        if not line or json.loads(line).get("id") != self._number:
            raise NoServer(f"the server does not answer {method}; is the extra there? pip install 'screenagent[mcp]'")

    def call_nothing(self) -> float:
        """Call what has nothing to do; return the seconds until the answer."""
        began = time.perf_counter()
        self.ask("tools/call", {"name": "stop", "arguments": {}})
        return time.perf_counter() - began


@contextmanager
def _started() -> Iterator[McpLines]:
    command = module_command("screenagent", "mcp", "--virtual", "--no-record")
    began = time.perf_counter()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=sys.stderr) as server:
        try:
            yield McpLines(server, began)
            assert server.stdin is not None
            server.stdin.close()
            server.wait(END_SECONDS)
        finally:
            server.kill()
