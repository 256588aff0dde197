"""The MCP server: tells the tools, reads each call, waits for its outcome and says meanwhile what it waits for."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from threading import Event
from typing import Any, Final

from mcp import types
from mcp.server import Server, ServerRequestContext

from screenagent.errors import UserError
from screenagent.geometry import Value
from screenagent.mcp.arguments import ActArguments, FindArguments, SeeArguments, WaitArguments, read_arguments
from screenagent.mcp.connection import UNNAMED, Connection
from screenagent.mcp.outcomes import Told
from screenagent.mcp.sight import jpeg, region_of, windows_told
from screenagent.mcp.tools import INSTRUCTIONS, TOOLS, ToolTold
from screenagent.showing import LONGEST_NAME, abridged

BEAT_SECONDS: Final = 15.0
"""How often a call that waits says what for."""
PATIENCE_SECONDS: Final = 45.0
"""A call is answered within this; clients give up after 60 s, whatever they are told meanwhile."""
LOOK_SECONDS: Final = 0.5

Context = ServerRequestContext[Any, Any]
Result = types.CallToolResult


@dataclass(frozen=True)
class Patience:
    """How long a call waits for a person, and how often it says so."""

    seconds: float = PATIENCE_SECONDS
    beat: float = BEAT_SECONDS


class ToolCalls:
    """Carries out the calls of one client."""

    def __init__(self, connection: Connection, patience: Patience) -> None:
        self._connection, self._patience = connection, patience
        self._tools: Mapping[str, Callable[[Any, Context], Awaitable[Result]]] = {
            "see": self._see,
            "find": self._find,
            "act": self._act,
            "wait_for": self._wait_for,
            "stop": self._stop,
        }

    async def call(self, ctx: Context, params: types.CallToolRequestParams) -> Result:
        told = next((tool for tool in TOOLS if tool.name == params.name), None)
        if told is None:
            names = ", ".join(tool.name for tool in TOOLS)
            return wrong(f"there is no tool {abridged(params.name, 40)!r}; there are {names}")
        try:
            arguments = read_arguments(told.arguments, params.arguments or {})
            return await self._tools[told.name](arguments, ctx)
        except UserError as error:
            return wrong(str(error))

    async def _see(self, asked: SeeArguments, _: Context) -> Result:
        return await asyncio.to_thread(self._seen, asked)

    def _seen(self, asked: SeeArguments) -> Result:
        frame, screen = self._connection.look()
        region = region_of(asked.region, screen)
        part = screen.pixels if not asked.region.strip() else screen.pixels.crop(region.pixels(screen.size))
        picture = jpeg(part)
        size = f"{screen.size.width}x{screen.size.height}"
        lines = [f"frame {frame} of a screen of {size}", *windows_told(screen)]
        lines += [f"not seen: {screen.unseen_words}"] if screen.unseen_words else []
        lines += self._connection.sight.listed(screen, region)
        shown = types.ImageContent(type="image", data=base64.b64encode(picture).decode(), mime_type="image/jpeg")
        return Result(content=[shown, types.TextContent(type="text", text="\n".join(lines))])

    async def _find(self, asked: FindArguments, _: Context) -> Result:
        def find() -> Told:
            sight = self._connection.sight
            found = sight.find(asked.target, sight.look())
            return Told(outcome=found.outcome, places=found.places, reason=found.why)

        return result(await asyncio.to_thread(find))

    async def _act(self, asked: ActArguments, ctx: Context) -> Result:
        given_up, began = Event(), time.monotonic()
        key = (asked.frame, asked.steps)
        try:
            act = await asyncio.to_thread(self._connection.act, client_name(ctx), key, given_up)
            if isinstance(act, Told):
                return result(act)
            done = asyncio.wrap_future(act.done)
            while not (await asyncio.wait({done}, timeout=self._beat_left(began)))[0]:
                question = act.run.question or "the steps that are under way"
                waited = time.monotonic() - began
                await ctx.session.report_progress(waited, None, abridged(f"waiting for: {question}", 200))
                if waited >= self._patience.seconds:
                    by = "person" if act.run.question else ""
                    reason = "the question stays open; repeat this very call for its answer, or call stop"
                    return result(Told(outcome="waiting", by=by, question=act.run.question, reason=reason))
            return result(done.result())
        except asyncio.CancelledError:  # the client has given this call up, or is gone
            given_up.set()
            self._connection.withdraw(key)
            raise

    def _beat_left(self, began: float) -> float:
        return max(0.01, min(self._patience.beat, began + self._patience.seconds - time.monotonic()))

    async def _wait_for(self, asked: WaitArguments, ctx: Context) -> Result:
        sight, was_seen, until = await asyncio.to_thread(lambda: self._connection.sight), False, 0.0
        began = beat = time.monotonic()
        until = began + asked.seconds
        while True:
            is_there = await asyncio.to_thread(lambda: asked.words.lower() in sight.words(sight.look()).lower())
            if is_there != asked.gone and (is_there or was_seen):
                return result(Told(outcome="satisfied"))
            was_seen = was_seen or is_there
            if (now := time.monotonic()) >= until:
                never = "the words were never there" if asked.gone and not was_seen else ""
                return result(Told(outcome="unknown" if never else "unsatisfied", reason=never))
            if now >= beat + self._patience.beat:
                beat = now
                await ctx.session.report_progress(
                    now - began, None, abridged(f"waiting for the words: {asked.words}", 200)
                )
            await asyncio.sleep(min(LOOK_SECONDS, until - now))

    async def _stop(self, _: Value, __: Context) -> Result:
        return result(Told(outcome="stopped" if self._connection.stop() else "unchanged"))


def build_server(connection: Connection, version: str, patience: Patience | None = None) -> Server[Any]:
    """Build the server of one connection."""
    calls = ToolCalls(connection, patience or Patience())

    async def list_tools(_: Context, __: object) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[described(tool) for tool in TOOLS])

    server = Server[Any](
        "screenagent", version=version, instructions=INSTRUCTIONS, on_list_tools=list_tools, on_call_tool=calls.call
    )
    server.middleware.clear()  # nothing is traced
    return server


def described(tool: ToolTold) -> types.Tool:
    """Return a tool as the SDK writes it."""
    hints = types.ToolAnnotations(
        read_only_hint=tool.hints.reads_only,
        destructive_hint=tool.hints.destroys,
        idempotent_hint=tool.hints.may_be_repeated,
        open_world_hint=tool.hints.open_world,
    )
    return types.Tool(name=tool.name, description=tool.description, input_schema=dict(tool.schema), annotations=hints)


def client_name(ctx: Context) -> str:
    """Return what the client calls itself, as it may be shown."""
    params = ctx.session.client_params
    name = params.client_info.name if params and params.client_info else ""
    return abridged(name.strip(), LONGEST_NAME) or UNNAMED


def result(told: Told) -> Result:
    """Return the result of a call: the same in words and as data."""
    return Result(content=[types.TextContent(type="text", text=told.text)], structured_content=told.model_dump())


def wrong(text: str) -> Result:
    """Return the result of a call that could not be carried out."""
    return Result(content=[types.TextContent(type="text", text=text)], is_error=True)
