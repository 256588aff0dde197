"""The MCP server: tells the tools, reads each call, waits for its outcome and says meanwhile what it waits for."""

from __future__ import annotations

import asyncio
import base64
import time
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING, Any, Final

from mcp import types
from mcp.server import Server, ServerRequestContext

from screenagent.errors import UserError
from screenagent.geometry import Value
from screenagent.mcp.arguments import (
    LONGEST_TEXT,
    ActArguments,
    FindArguments,
    HandleArguments,
    PlayArguments,
    RunArguments,
    SeeArguments,
    WaitArguments,
    WrongArguments,
    read_arguments,
)
from screenagent.mcp.connection import UNNAMED, Act, ClientConnection
from screenagent.mcp.outcomes import Told
from screenagent.mcp.sight import jpeg, region_of
from screenagent.mcp.tools import INSTRUCTIONS, TOOLS, ToolTold
from screenagent.perception.heap import trim_heap
from screenagent.perception.text_test import Answer
from screenagent.showing import LONGEST_NAME, abridged, tell

if TYPE_CHECKING:
    from screenagent.scripts import Script

BEAT_SECONDS: Final = 15.0
"""How often a call that waits says what for."""
PATIENCE_SECONDS: Final = 45.0
"""A call is answered within this; clients give up after 60 s, whatever they are told meanwhile."""
LOOK_SECONDS: Final = 0.5
TRIM_SECONDS: Final = 1.0
"""After a call, free memory is given back. The next screen takes it anew, which costs a sixth of its reading."""
MOST_SHOWN: Final = 200
"""Characters of a progress message that hosts show."""
NOBODY: Final = "nobody is attached at the machine yet: its user can answer with `screenagent attach`"

Context = ServerRequestContext[Any, Any]
Result = types.CallToolResult
Calls = Callable[[Context, types.CallToolRequestParams], Awaitable[Result]]


@dataclass(frozen=True)
class CallPatience:
    """How long a call waits for a person, and how often it says so."""

    seconds: float = PATIENCE_SECONDS
    beat: float = BEAT_SECONDS


class ToolCalls:
    """Carries out the calls of one client."""

    def __init__(self, connection: ClientConnection, patience: CallPatience | None = None) -> None:
        self._connection, self._patience = connection, patience or CallPatience()
        self._texts = connection.texts
        self._trimming: asyncio.Task[None] | None = None
        self._tools: Mapping[str, Callable[[Any, Context], Awaitable[Result]]] = {
            "see": self._see,
            "find": self._find,
            "act": self._act,
            "wait_for": self._wait_for,
            "run": self._run,
            "run_status": self._run_status,
            "run_stop": self._run_stop,
            "scripts": self._scripts,
            "play": self._play,
            "stop": self._stop,
        }

    async def call(self, ctx: Context, params: types.CallToolRequestParams) -> Result:
        told = next((tool for tool in TOOLS if tool.name == params.name), None)
        if told is None:
            names = ", ".join(tool.name for tool in TOOLS)
            return wrong(f"there is no tool {abridged(params.name, 40)!r}; there are {names}")
        try:
            arguments = read_arguments(told.arguments, params.arguments or {})
            result = await self._tools[told.name](arguments, ctx)
            self._trim_soon()
            return result
        except UserError as error:
            return wrong(self._texts(str(error), LONGEST_TEXT))
        except Exception as error:  # noqa: BLE001 -- a fault of ours, whose text the SDK would hand on as it stands
            written = "".join(traceback.format_exception(error))
            for line in self._texts.without_secrets(written).splitlines():
                tell(line)
            return wrong(self._texts(f"a fault in screenagent, {type(error).__name__}: {error}"))

    def _trim_soon(self) -> None:
        """Give back what reading the screen has left free: not after each call, and not only once all is quiet."""
        if self._trimming is None or self._trimming.done():
            self._trimming = asyncio.create_task(_trim_later())

    def _told(self, told: Told) -> Result:
        """Return the result of a call: the same in words and as data."""
        shown = self._texts.told(told)
        return Result(content=[types.TextContent(type="text", text=shown.text)], structured_content=shown.model_dump())

    async def _see(self, asked: SeeArguments, _: Context) -> Result:
        return await asyncio.to_thread(self._seen, asked)

    def _seen(self, asked: SeeArguments) -> Result:
        frame, screen = self._connection.look()
        region = region_of(asked.region, screen)
        part = screen.pixels if not asked.region.strip() else screen.pixels.crop(region.pixels(screen.size))
        picture = jpeg(part)
        size = f"{screen.size.width}x{screen.size.height}"
        sight = self._connection.sight
        lines = [f"frame {frame} of a screen of {size}", *sight.windows(screen)]
        lines += [f"not seen: {self._texts(screen.unseen_words)}"] if screen.unseen_words else []
        lines += sight.listed(screen, region)
        shown = types.ImageContent(type="image", data=base64.b64encode(picture).decode(), mime_type="image/jpeg")
        return Result(content=[shown, types.TextContent(type="text", text="\n".join(lines))])

    async def _find(self, asked: FindArguments, _: Context) -> Result:
        def find() -> Told:
            sight = self._connection.sight
            found = sight.find(asked.target, self._connection.look_now())
            return Told(outcome=found.outcome, places=found.places, reason=found.why)

        return self._told(await asyncio.to_thread(find))

    async def _act(self, asked: ActArguments, ctx: Context) -> Result:
        given_up, began = Event(), time.monotonic()
        key = (asked.frame, asked.steps)
        try:
            act = await asyncio.to_thread(self._connection.act, client_name(ctx), key, given_up)
            if isinstance(act, Told):
                return self._told(act)
            done = asyncio.wrap_future(act.done)
            while not (await asyncio.wait({done}, timeout=self._beat_left(began)))[0]:
                waited, for_what = time.monotonic() - began, act.run.waits_for
                await ctx.session.report_progress(waited, None, self._texts(f"waiting: {for_what}", MOST_SHOWN))
                if waited >= self._patience.seconds:
                    return self._told(_waiting(act))
            return self._told(done.result())
        except asyncio.CancelledError:  # the client has given this call up, or is gone
            given_up.set()
            self._connection.withdraw(key)
            raise

    def _beat_left(self, began: float) -> float:
        return max(0.01, min(self._patience.beat, began + self._patience.seconds - time.monotonic()))

    async def _wait_for(self, asked: WaitArguments, ctx: Context) -> Result:
        sight = await asyncio.to_thread(lambda: self._connection.sight)
        watch, began = WordsWatch(asked), time.monotonic()
        beat, until = began, began + asked.seconds
        while True:
            told = watch.after(await asyncio.to_thread(lambda: sight.shows(asked.words, self._connection.look_now())))
            if (now := time.monotonic()) >= until or told.outcome == "satisfied":
                return self._told(told)
            if now >= beat + self._patience.beat:
                beat = now
                said = self._texts(f"waiting for: {asked.words}", MOST_SHOWN)
                await ctx.session.report_progress(now - began, None, said)
            await asyncio.sleep(min(LOOK_SECONDS, until - now))

    async def _run(self, asked: RunArguments, ctx: Context) -> Result:
        return self._told(await asyncio.to_thread(self._connection.run, client_name(ctx), asked.task))

    async def _run_status(self, asked: HandleArguments, _: Context) -> Result:
        return self._told(self._connection.run_status(asked.handle))

    async def _run_stop(self, asked: HandleArguments, _: Context) -> Result:
        return self._told(self._connection.run_stop(asked.handle))

    async def _scripts(self, _: Value, __: Context) -> Result:
        found = await asyncio.to_thread(self._connection.scripts)
        listed = tuple(_script_line(name, script) for name, script in found.items())
        reason = "" if listed else "there are no scripts in the folder that the settings name"
        return self._told(Told(outcome="list", scripts=listed, reason=reason))

    async def _play(self, asked: PlayArguments, ctx: Context) -> Result:
        play = self._connection.play
        return self._told(await asyncio.to_thread(play, client_name(ctx), asked.name, given_values(asked.values)))

    async def _stop(self, _: Value, __: Context) -> Result:
        return self._told(Told(outcome="stopped" if self._connection.stop() else "unchanged"))


async def _trim_later() -> None:
    await asyncio.sleep(TRIM_SECONDS)
    await asyncio.to_thread(trim_heap)


@dataclass
class WordsWatch:
    """What is known of words that are waited for. They count as gone only if they were there."""

    asked: WaitArguments
    was_seen: bool = False

    def after(self, shown: Answer) -> Told:
        """Return how it stands after a look."""
        if shown == "seen":
            self.was_seen = True
            return Told(outcome="unsatisfied" if self.asked.gone else "satisfied")
        if shown == "unclear":
            return Told(outcome="unknown", reason="something like these words is there, and may be misread")
        if not self.asked.gone:
            return Told(outcome="unsatisfied")
        if self.was_seen:
            return Told(outcome="satisfied")
        return Told(outcome="unknown", reason="the words were never there")


def _waiting(act: Act) -> Told:
    """Return what is told of a call that is still open."""
    run = act.run
    nobody = NOBODY if run.question and not run.has_person else ""
    reason = f"{nobody or run.pause or 'this call stays open'}; repeat this very call for its answer, or call stop"
    by = "person" if run.question or run.pause else ""
    return Told(outcome="waiting", by=by, question=run.question, reason=reason)


def given_values(lines: str) -> dict[str, str]:
    """Return the values of lines such as name=value."""
    given = {}
    for line in filter(str.strip, lines.splitlines()):
        name, equals, value = line.partition("=")
        if not equals:
            raise WrongArguments(f"values: {abridged(line, 80)!r} is not a line such as customer=Ada")
        given[name.strip()] = value
    return given


def _script_line(name: str, script: Script) -> str:
    parameters = ", ".join(script.parameters)
    return f"{name}: {script.name}" + (f" (values: {parameters})" if parameters else "")


def build_server(call: Calls, version: str, *, ended: Callable[[], object] = lambda: None) -> Server[Any]:
    """Build the server of one connection; `call` carries out the calls of its tools, and `ended` is told its end."""

    async def list_tools(_: Context, __: object) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[tool_type(tool) for tool in TOOLS])

    @asynccontextmanager
    async def lifespan(_: object) -> AsyncIterator[None]:
        try:
            yield None
        finally:
            ended()

    server = Server[Any](
        "screenagent",
        lifespan=lifespan,
        version=version,
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call,
    )
    server.middleware.clear()  # nothing is traced
    return server


def tool_type(tool: ToolTold) -> types.Tool:
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


def wrong(text: str) -> Result:
    """Return the result of a call that could not be carried out."""
    return Result(content=[types.TextContent(type="text", text=text)], is_error=True)
