"""`screenagent mcp`: this desktop for another agent, over MCP on stdin and stdout."""

from __future__ import annotations

from importlib.util import find_spec

import click

from screenagent.cli.options import (
    AgentOptions,
    DeskName,
    LiteralType,
    agent_options,
    check_place,
    virtual_option,
    virtual_words,
)
from screenagent.cli.output import echo, echo_lines
from screenagent.cli.starting import uncollected
from screenagent.errors import MissingExtra


@click.group(invoke_without_command=True)
@agent_options
@click.option("--no-record", is_flag=True, help="Keep nothing on disk.")
@click.pass_context
def mcp(context: click.Context, *, agent: AgentOptions, no_record: bool) -> None:
    """Serve this desktop over MCP on stdin and stdout: another agent looks, and asks for steps.

    Each input is asked about on this machine, as in a run: `screenagent attach` answers. --approve is for whoever
    starts the server; no client can change it.

    \b
    screenagent mcp
    screenagent mcp --virtual --app mousepad         a desktop of the client's own
    screenagent mcp --desk office                    a desk, which stays
    screenagent mcp --approve risky
    screenagent mcp config --client claude           the entry for a host
    """
    if context.invoked_subcommand is not None:
        context.obj = agent
        return
    if find_spec("mcp") is None:
        raise MissingExtra("mcp", "mcp")
    from screenagent.mcp.front import opened_front
    from screenagent.perception.heap import share_heap

    share_heap()
    front = opened_front()  # from here on the client is answered
    with uncollected():
        import asyncio

        from screenagent.cli.running import supervision
        from screenagent.mcp.serving import serve_client

        where = supervision(agent.settings, agent, record=not no_record)
    asyncio.run(serve_client(where, front))


@mcp.command
@click.option(
    "--client",
    "host",
    type=LiteralType("screenagent.mcp.config", "Host"),
    required=True,
    help="The host: Claude Desktop, Claude Code, Cursor, VS Code or Goose.",
)
@virtual_option("Give the client a virtual desktop of its own: on X, or on Wayland.")
@click.option("--desk", type=DeskName(), metavar="NAME", help="Give the client a desk, which stays.")
def config(host: str, *, virtual: str | None, desk: str | None) -> None:
    """Print the entry by which a host starts this server: its absolute path, and the desktop's environment.

    \b
    screenagent mcp config --client claude
    screenagent mcp config --client code | sh
    """
    import os
    from typing import cast

    from screenagent.mcp.config import PLACES, Host, desktop_environment, entry, server_command

    named = cast(Host, host)
    check_place(virtual=virtual, desk=desk, size=None, display=None)
    place = virtual_words(virtual) or ([f"--desk={desk}"] if desk else [])
    command = (*server_command(), "mcp", *place)
    echo_lines(entry(named, command, desktop_environment(os.environ)))
    echo(f"this belongs into {PLACES[named]}; restart the host to see it", err=True)
