"""Try a host: a person who is attached says yes, and a witness of the display counts. Prints one line of JSON.

python -m tests.mcp.hosts.trial opencode PATH/opencode
python -m tests.mcp.hosts.trial claude-code PATH/claude
python -m tests.mcp.hosts.trial openai-agents PATH/python     # of an environment that has openai-agents
python -m tests.mcp.hosts.trial langchain PATH/python         # langchain-mcp-adapters, langchain-openai, langgraph
python -m tests.mcp.hosts.trial fastmcp PATH/python
python -m tests.mcp.hosts.trial mcp PATH/python               # version 1 of the SDK
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from screenagent.control import Control
from screenagent.desktop.testing.probe import Probe
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.mcp.config import desktop_environment
from tests.mcp.hosts.model import played_model
from tests.mcp.input_witness import input_witness
from tests.mcp.remote_person import RemotePerson
from tests.paths import ROOT

TASK: Final = "click One"
SECONDS: Final = 60
ARGUMENTS: Final = ("-m", "screenagent", "mcp", "--no-record")


@dataclass(frozen=True)
class Trial:
    """The host's `program`, an empty `folder` for it, the server's `environment` and the model's `address`."""

    program: str
    folder: Path
    environment: Mapping[str, str]
    address: str

    @property
    def server(self) -> Mapping[str, object]:
        return {"command": sys.executable, "args": [*ARGUMENTS], "env": dict(self.environment)}

    def write(self, name: str, value: object) -> Path:
        file = self.folder / name
        file.write_text(json.dumps(value), "utf-8")
        return file


def opencode(trial: Trial) -> Sequence[str]:
    local = {"type": "local", "command": [sys.executable, *ARGUMENTS], "environment": dict(trial.environment)}
    options = {"baseURL": f"{trial.address}/v1", "apiKey": "none"}
    models = {"played": {"name": "played", "tool_call": True}}
    provider = {"npm": "@ai-sdk/openai-compatible", "name": "played", "options": options, "models": models}
    trial.write("opencode.json", {"provider": {"played": provider}, "mcp": {"screenagent": {**local, "enabled": True}}})
    return trial.program, "run", "-m", "played/played", TASK


def claude_code(trial: Trial) -> Sequence[str]:
    file = trial.write("mcp.json", {"mcpServers": {"screenagent": trial.server}})
    allowed = "mcp__screenagent__see,mcp__screenagent__act"
    return trial.program, "-p", TASK, "--mcp-config", str(file), "--strict-mcp-config", "--allowedTools", allowed


def in_python(code: str) -> Callable[[Trial], Sequence[str]]:
    """Run `code` with the server's command, arguments and environment as COMMAND, ARGS and ENV, the model's as URL."""

    def command(trial: Trial) -> Sequence[str]:
        given = {"COMMAND": sys.executable, "ARGS": [*ARGUMENTS], "ENV": dict(trial.environment), "TASK": TASK}
        values = json.dumps(given | {"URL": f"{trial.address}/v1"})
        return trial.program, "-c", f"import asyncio, json\nglobals().update(json.loads({values!r}))\n{code}"

    return command


OPENAI_AGENTS: Final = """
from agents import Agent, OpenAIChatCompletionsModel, Runner, set_tracing_disabled
from agents.mcp import MCPServerStdio
from openai import AsyncOpenAI
async def main():
    set_tracing_disabled(True)
    params = {"command": COMMAND, "args": ARGS, "env": ENV}
    async with MCPServerStdio(params=params, client_session_timeout_seconds=60) as server:
        model = OpenAIChatCompletionsModel(model="played", openai_client=AsyncOpenAI(base_url=URL, api_key="none"))
        print((await Runner.run(Agent(name="a", mcp_servers=[server], model=model), TASK)).final_output)
asyncio.run(main())
"""
LANGCHAIN: Final = """
from langchain_mcp_adapters.client import MultiServerMCPClient
from langchain_mcp_adapters.tools import load_mcp_tools
from langchain_openai import ChatOpenAI
from langgraph.prebuilt import create_react_agent
async def main():
    client = MultiServerMCPClient({"s": {"command": COMMAND, "args": ARGS, "env": ENV, "transport": "stdio"}})
    async with client.session("s") as session:
        model = ChatOpenAI(model="played", base_url=URL, api_key="none")
        agent = create_react_agent(model, await load_mcp_tools(session))
        print((await agent.ainvoke({"messages": [("user", TASK)]}))["messages"][-1].content)
asyncio.run(main())
"""
ACTS: Final = """
        seen = await client.call_tool("see", {})
        steps = [{"do": "click", "target": "one"}]
        told = await client.call_tool("act", {"frame": seen.content[1].text.split()[1], "steps": steps})
        print("done:", told.content[0].text)
asyncio.run(main())
"""
FASTMCP: Final = f"""
from fastmcp import Client
from fastmcp.client.transports import StdioTransport
async def main():
    async with Client(StdioTransport(COMMAND, ARGS, env=ENV)) as client:{ACTS}"""
MCP: Final = f"""
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
async def main():
    server = StdioServerParameters(command=COMMAND, args=ARGS, env=ENV)
    async with stdio_client(server) as (read, write), ClientSession(read, write) as client:
        await client.initialize(){ACTS}"""

HOSTS: Final[Mapping[str, Callable[[Trial], Sequence[str]]]] = {
    "opencode": opencode,
    "claude-code": claude_code,
    "openai-agents": in_python(OPENAI_AGENTS),
    "langchain": in_python(LANGCHAIN),
    "fastmcp": in_python(FASTMCP),
    "mcp": in_python(MCP),
}


def host_environment(trial: Trial) -> Mapping[str, str]:
    """What a host needs to reach no other model than the played one, and to leave the user's own settings alone."""
    quiet = {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "DISABLE_AUTOUPDATER": "1", "ENABLE_TOOL_SEARCH": "false"}
    quiet |= {"OPENCODE_DISABLE_AUTOUPDATE": "1", "OPENCODE_DISABLE_MODELS_FETCH": "1"}
    keys = {"ANTHROPIC_BASE_URL": trial.address, "ANTHROPIC_API_KEY": "none", "OPENAI_API_KEY": "none"}
    own = {name: os.environ[name] for name in ("PATH", "LANG", "TERM") if name in os.environ}
    return own | quiet | keys | {"HOME": str(trial.folder), "CLAUDE_CONFIG_DIR": str(trial.folder)}


def tried(name: str, program: str) -> Mapping[str, object]:
    """Let the host do the task once; return what came of it."""
    with (
        tempfile.TemporaryDirectory() as home,
        tempfile.TemporaryDirectory() as runtime,
        VirtualDesktop(control=Control()) as desktop,
        Probe(desktop.display) as probe,
        input_witness(desktop.display) as witness,
        played_model() as address,
    ):
        os.environ["XDG_RUNTIME_DIR"] = runtime
        led = {**desktop.environment, "DISPLAY": desktop.display, "XDG_RUNTIME_DIR": runtime}
        environment = {**desktop_environment(led), "PYTHONPATH": str(ROOT), "HOME": runtime}
        trial = Trial(program, Path(home), environment, address)
        with RemotePerson().at_work() as person:
            began = time.monotonic()
            done = subprocess.run(
                HOSTS[name](trial),
                cwd=home,
                env=dict(host_environment(trial)),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=False,
            )
            probe.drain()
            return {
                "host": name,
                "code": done.returncode,
                "said": done.stdout.strip()[-200:],
                "complaint": done.stderr.strip()[-300:] if done.returncode else "",
                "questions": person.notes,
                "presses": len(witness.presses(quiet=0.5)),
                "seconds": round(time.monotonic() - began, 1),
            }


if __name__ == "__main__":
    print(json.dumps(tried(*sys.argv[1:])))
