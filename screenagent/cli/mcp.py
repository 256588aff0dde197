"""`screenagent mcp`: this desktop for another agent, over MCP on stdin and stdout."""

from __future__ import annotations

from importlib.util import find_spec

import click

from screenagent.cli.options import AgentOptions, agent_options
from screenagent.cli.starting import uncollected
from screenagent.errors import MissingExtra


@click.group(invoke_without_command=True)
@agent_options
@click.option("--no-record", is_flag=True, help="Keep nothing on disk.")
@click.pass_context
def mcp(context: click.Context, *, agent: AgentOptions, no_record: bool) -> None:
    """Serve this desktop over MCP on stdin and stdout: another agent looks, and asks for steps.

    Each input is asked about here, as in a run: `screenagent attach` answers. --approve is for who starts the server;
    no client can change it.

    \b
    screenagent mcp
    screenagent mcp --virtual --app mousepad
    screenagent mcp --approve risky
    """
    if context.invoked_subcommand is not None:
        return
    if find_spec("mcp") is None:
        raise MissingExtra("mcp", "mcp")
    from screenagent.mcp.front import opened_front

    front = opened_front()  # from here on the client is answered
    with uncollected():
        import asyncio

        from screenagent.assembly.supervised import Supervision
        from screenagent.mcp.serving import serve
        from screenagent.settings import Settings

        where = Supervision(Settings.load(**agent.settings), virtual=agent.virtual, app=agent.app, record=not no_record)
    asyncio.run(serve(where, front))
