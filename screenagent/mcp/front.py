"""Reads the client's lines from the first moment on, and answers the opening ones from stored answers.

The SDK takes a second to load. It gets the same lines afterwards, and its own answers to those are dropped; a test
compares both. This module imports nothing but what Python has loaded anyway.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Any, Final

OPENING: Final = Path(__file__).with_name("opening.json")
VERSION: Final = "io.modelcontextprotocol/protocolVersion"
CAPABILITIES: Final = "io.modelcontextprotocol/clientCapabilities"
MODERN: Final = "2026-07-28"
OLD: Final = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
LEFT_TO_SDK: Final = "left to the SDK"
LONGEST_LINE: Final = 16 << 20
"""Bytes. A longer line is refused, and not kept."""

Stored = Mapping[str, Mapping[str, Any]]
"""What is answered, by version and method."""


class Front:
    """The wire to the client. `lines` has each line that came, and None at the end."""

    def __init__(self, incoming: IO[bytes], outgoing: IO[bytes], stored: Stored) -> None:
        self.lines: SimpleQueue[bytes | None] = SimpleQueue()
        self._incoming, self._outgoing, self._stored = incoming, outgoing, stored
        self._writing = threading.Lock()  # protects the stream to the client, and the three below
        self._answers_early = True
        self._answered: list[object] = []
        self._era: str | None = None

    def start(self) -> None:
        threading.Thread(target=self._read, name="wire", daemon=True).start()

    def send(self, line: bytes, number: object = None) -> None:
        """Send a line of the SDK's, unless it is the answer to a request that was answered early."""
        with self._writing:
            self._answers_early = False
            if number is not None and number in self._answered:
                self._answered.remove(number)
                return
            self._write(line)

    def refuse(self, number: object, code: int, why: str) -> None:
        """Answer a line that is no request."""
        error = {"jsonrpc": "2.0", "id": number, "error": {"code": code, "message": why}}
        with self._writing:
            self._write(json.dumps(error).encode())

    def _write(self, line: bytes) -> None:
        try:
            self._outgoing.write(line + b"\n")
            self._outgoing.flush()
        except (BrokenPipeError, ValueError):  # the client is gone, which the end of its own stream tells
            pass

    # In the thread that reads

    def _read(self) -> None:
        while line := self._incoming.readline(LONGEST_LINE):
            if not line.endswith(b"\n") and len(line) == LONGEST_LINE:
                self._skip()
                self.refuse(None, -32700, f"the line has more than {LONGEST_LINE >> 20} MB")
                continue
            self._answer_early(line)
            self.lines.put(line)
        self.lines.put(None)

    def _skip(self) -> None:
        while (rest := self._incoming.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
            pass

    def _answer_early(self, line: bytes) -> None:
        with self._writing:
            if not self._answers_early:
                return
            try:
                message = json.loads(line)
                answer = self._early_answer(message, message.get("params", {}))
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                return  # the SDK answers
            if answer is not None:
                self._answered.append(message["id"])
                self._write(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": answer}).encode())

    def _early_answer(self, message: Mapping[str, Any], params: Mapping[str, Any]) -> object:
        method, number, meta = message["method"], message.get("id"), params.get("_meta", {})
        is_request = isinstance(number, str | int) and not isinstance(number, bool)
        if not is_request or "cursor" in params or (self._era and method == "initialize"):
            return None
        is_modern = meta.get(VERSION) == MODERN and CAPABILITIES in meta
        if self._era is None:
            self._era = _era(method, params, is_modern=is_modern)
        if is_modern != (self._era == MODERN):
            return None
        return self._stored.get(self._era, {}).get(method)


def _era(method: str, params: Mapping[str, Any], *, is_modern: bool) -> str:
    """Return the version that the first request of a connection chooses; what is not whole is left to the SDK."""
    if method != "initialize":
        return MODERN if is_modern else LEFT_TO_SDK
    whole = isinstance(params.get("capabilities"), dict) and {"name", "version"} <= params.get("clientInfo", {}).keys()
    asked = params.get("protocolVersion")
    if not whole or not isinstance(asked, str) or is_modern:
        return LEFT_TO_SDK
    return asked if asked in OLD else OLD[-1]


def opened_front() -> Front:
    """Take the process's stdin and stdout for the wire; from here on what else is printed goes to stderr."""
    incoming, outgoing = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    front = Front(incoming, outgoing, json.loads(OPENING.read_text("utf-8")))
    front.start()
    return front
