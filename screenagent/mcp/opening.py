"""Writes the answers that the front gives before the SDK is loaded: `python -m screenagent.mcp.opening`."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from mcp import types

from screenagent.mcp.front import CAPABILITIES, MODERN, OLD, OPENING, VERSION, Front, Stored
from screenagent.mcp.server import Context, Result, build_server, wrong
from screenagent.mcp.wire import wired


def opening_requests(protocol: str) -> Mapping[str, Mapping[str, Any]]:
    """Return what a client of this version asks first: the parameters by the method."""
    if protocol == MODERN:
        meta = {"_meta": {VERSION: MODERN, CAPABILITIES: {}}}
        return {"server/discover": meta, "tools/list": meta}
    client = {"name": "client", "version": "1"}
    initialize = {"protocolVersion": protocol, "capabilities": {}, "clientInfo": client}
    return {"initialize": initialize, "tools/list": {}}


def opening_answers(stored: Stored) -> Stored:
    """Return the answers to what clients of all versions ask first: the SDK's own, if nothing is `stored`."""
    return {protocol: asyncio.run(_answers(protocol, stored)) for protocol in (*OLD, MODERN)}


async def _answers(protocol: str, stored: Stored) -> Mapping[str, Any]:
    read, write = os.pipe()
    ear, mouth = os.pipe()
    with os.fdopen(read, "rb") as incoming, os.fdopen(mouth, "wb") as outgoing, os.fdopen(ear, "rb") as heard:
        front, server = Front(incoming, outgoing, stored), build_server(_no_call, version("screenagent"))
        front.start()
        answers = {}
        async with wired(front) as (told, said):
            serving = asyncio.create_task(server.run(told, said, server.create_initialization_options()))
            with os.fdopen(write, "wb") as client:
                for number, (method, params) in enumerate(opening_requests(protocol).items(), start=1):
                    request = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
                    client.write(json.dumps(request).encode() + b"\n")
                    client.flush()
                    answers[method] = json.loads(await asyncio.to_thread(heard.readline))["result"]
            await serving
        return answers


async def _no_call(_: Context, __: types.CallToolRequestParams) -> Result:
    return wrong("no tool is called here")


if __name__ == "__main__":
    OPENING.write_text(json.dumps(opening_answers({}), indent=1, ensure_ascii=False, sort_keys=True) + "\n", "utf-8")
