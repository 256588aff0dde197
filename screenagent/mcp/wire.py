"""Connects the SDK to the lines that the front has read, and to the client."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp import types
from mcp.shared.message import SessionMessage
from mcp_types import jsonrpc_message_adapter
from pydantic import ValidationError

from screenagent.mcp.front import Front

_ID: Final = re.compile(rb'"id"\s*:\s*(\d{1,15}|"[^"\\]{0,100}")')
ENDS: Final = 300
"""Bytes at both ends of a line in which its id is looked for."""

FromClient = MemoryObjectReceiveStream[SessionMessage | Exception]
ToClient = MemoryObjectSendStream[SessionMessage]


@asynccontextmanager
async def wired(front: Front) -> AsyncIterator[tuple[FromClient, ToClient]]:
    """Yield the streams that the SDK reads and writes; the first ends when the client has closed its end."""
    told, read = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    write, said = anyio.create_memory_object_stream[SessionMessage](0)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_hand_in, front, told)
        tasks.start_soon(_hand_out, front, said)
        yield read, write
        tasks.cancel_scope.cancel()


async def _hand_in(front: Front, told: MemoryObjectSendStream[SessionMessage | Exception]) -> None:
    async with told:
        while (line := await asyncio.to_thread(front.lines.get)) is not None:
            try:
                message = jsonrpc_message_adapter.validate_json(line, by_name=False)
            except ValidationError:
                front.refuse(_id_in(line), -32700, "the line is not a JSON-RPC message, or is nested too deeply")
            else:
                await told.send(SessionMessage(message))


async def _hand_out(front: Front, said: MemoryObjectReceiveStream[SessionMessage]) -> None:
    async with said:
        async for message in said:
            written = message.message.model_dump_json(by_alias=True, exclude_unset=True)
            number: Any = getattr(message.message, "id", None) if _is_answer(message) else None
            front.send(written.encode(), number)


def _is_answer(message: SessionMessage) -> bool:
    return isinstance(message.message, types.JSONRPCResponse | types.JSONRPCError)


def _id_in(line: bytes) -> object:
    """Return the id of a request that cannot be read, so that whoever waits for its answer gets one."""
    found = _ID.search(line[:ENDS]) or _ID.search(line[-ENDS:])
    return json.loads(found[1]) if found else None
