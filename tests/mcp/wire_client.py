"""A client that writes lines to a server process and reads lines, as the simplest ones do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Final

from screenagent.mcp.opening import opening_requests
from tests.paths import ROOT

ANSWER_SECONDS: Final = 60.0

Heard = Mapping[str, Any]


class WireClient:
    """`server` is its process. Every answer is waited for at most `ANSWER_SECONDS`."""

    def __init__(self, environment: Mapping[str, str], *arguments: str) -> None:
        command = [sys.executable, "-m", "screenagent", "mcp", "--no-record", *arguments]
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 -- closed by `end`
        pipe = subprocess.PIPE
        self.server = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=self._complaints, cwd=ROOT, env=dict(environment)
        )
        self._number = 0
        self._lines: SimpleQueue[bytes] = SimpleQueue()
        self._aside: dict[object, Heard] = {}
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def send(self, line: bytes) -> None:
        assert self.server.stdin
        self.server.stdin.write(line + b"\n")
        self.server.stdin.flush()

    def tell(self, method: str, params: Mapping[str, Any]) -> None:
        self.send(json.dumps({"jsonrpc": "2.0", "method": method, "params": params}).encode())

    def begin(self, method: str, params: object) -> int:
        """Send a request, and return its number."""
        self._number += 1
        self.send(json.dumps({"jsonrpc": "2.0", "id": self._number, "method": method, "params": params}).encode())
        return self._number

    def begin_call(self, name: str, arguments: object) -> int:
        return self.begin("tools/call", {"name": name, "arguments": arguments})

    def cancel(self, number: int) -> None:
        self.tell("notifications/cancelled", {"requestId": number})

    def heard(self, seconds: float = ANSWER_SECONDS) -> Heard:
        """Return the next line."""
        try:
            line = self._lines.get(timeout=seconds)
        except Empty:
            raise TimeoutError(f"the server said nothing for {seconds:g} s") from None
        assert line, f"the server is gone: {self.complaints.decode()[-2000:]}"
        told: Heard = json.loads(line)
        return told

    def answer(self, number: int, seconds: float = ANSWER_SECONDS) -> Heard:
        """Return the answer to a request, whichever others come first."""
        while number not in self._aside:
            told = self.heard(seconds)
            self._aside[told.get("id")] = told
        return self._aside.pop(number)

    def ask(self, method: str, params: Mapping[str, Any]) -> Heard:
        return self.answer(self.begin(method, params))

    def call(self, name: str, arguments: Mapping[str, Any]) -> Heard:
        return self.result(self.begin_call(name, arguments))

    def result(self, number: int) -> Heard:
        """Return the result of a call."""
        told: Heard = self.answer(number)["result"]
        return told

    def frame(self) -> str:
        """Look, and return the frame."""
        return str(self.call("see", {})["content"][1]["text"]).split()[1]

    def open(self, version: str = "2025-11-25") -> Sequence[Heard]:
        answers = [self.ask(method, params) for method, params in opening_requests(version).items()]
        self.send(b'{"jsonrpc":"2.0","method":"notifications/initialized"}')
        return answers

    @property
    def complaints(self) -> bytes:
        """What the server has written to its stderr."""
        self._complaints.seek(0)
        return self._complaints.read()

    @property
    def memory(self) -> int:
        """The memory that the server has now, in bytes."""
        return self._memory("VmRSS")

    @property
    def most_memory(self) -> int:
        """The most memory that the server has had so far, in bytes."""
        return self._memory("VmHWM")

    def _memory(self, what: str) -> int:
        status = Path(f"/proc/{self.server.pid}/status").read_text()
        return 1024 * int(next(line.split()[1] for line in status.splitlines() if line.startswith(what)))

    def end(self) -> None:
        """Kill the server if it still runs."""
        self.server.kill()
        self.server.wait()
        self._reading.join(10)
        assert self.server.stdin
        assert self.server.stdout
        with suppress(BrokenPipeError):  # what was still to be written has no reader
            self.server.stdin.close()
        self.server.stdout.close()
        self._complaints.close()

    def _read(self) -> None:
        assert self.server.stdout
        for line in self.server.stdout:
            self._lines.put(line)
        self._lines.put(b"")


@contextmanager
def wire_client(environment: Mapping[str, str], *arguments: str) -> Iterator[WireClient]:
    """A server process in the environment of this one and `environment`."""
    client = WireClient(os.environ | environment | {"PYTHONPATH": str(ROOT)}, *arguments)
    try:
        yield client
    finally:
        client.end()
