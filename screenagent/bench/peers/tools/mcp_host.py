"""A tool server over stdio, called as an agent's host calls it."""

from __future__ import annotations

import json
import subprocess
from typing import Any

HOST = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "peers", "version": "1"}}


class ToolServer:
    def __init__(self, *command: str) -> None:
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, bufsize=1
        )
        assert self._process.stdin  # both were opened as pipes
        assert self._process.stdout
        self._mouth, self._ear, self._number = self._process.stdin, self._process.stdout, 0
        self.hello = self._ask("initialize", HOST)["result"]
        self._send({"method": "notifications/initialized"})

    def call(self, tool: str, **arguments: object) -> tuple[bool, str, dict[str, Any]]:
        """Return whether it says that it went well, its text, and its structured answer."""
        answer = self._ask("tools/call", {"name": tool, "arguments": arguments})
        if "error" in answer:
            return False, answer["error"]["message"], {}
        result = answer["result"]
        text = "\n".join(part.get("text", "") for part in result.get("content", []))
        return not result.get("isError"), text, result.get("structuredContent") or {}

    def close(self) -> None:
        self._mouth.close()
        self._process.terminate()
        self._process.wait()

    def _ask(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        self._number += 1
        self._send({"id": self._number, "method": method, "params": params})
        for line in self._ear:
            said: dict[str, Any] = json.loads(line) if line.startswith("{") else {}
            if "method" in said and "id" in said:  # a question to the host: nobody is there to be asked
                self._send({"id": said["id"], "error": {"code": -32601, "message": "not supported"}})
            elif said.get("id") == self._number:
                return said
        raise EOFError("the server has ended")

    def _send(self, message: dict[str, Any]) -> None:
        self._mouth.write(json.dumps({"jsonrpc": "2.0"} | message) + "\n")
