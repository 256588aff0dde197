"""`screenagent console`: supervise a run in the terminal, or look at one that is over."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import click

from screenagent.cli.options import FOLDER, AgentOptions, agent_options
from screenagent.cli.running import build_console, is_terminal, run_console
from screenagent.errors import MissingExtra


@click.command
@click.argument("run", type=FOLDER, required=False)
@agent_options
def console(run: Path | None, *, agent: AgentOptions) -> None:
    """Write a task and supervise it, or look at RUN step by step.

    \b
    screenagent console
    screenagent console --virtual --app mousepad
    screenagent console --approve risky --model phi4
    screenagent console runs/2026-11-22_10-15-03_open-the-file-menu
    """
    if find_spec("textual") is None:
        raise MissingExtra("textual", "console")
    if not is_terminal():
        raise click.UsageError("the console needs a terminal; `screenagent run --plain` works without one")
    from screenagent.assembly.supervised import Supervision
    from screenagent.settings import Settings

    supervision = Supervision(Settings.load(**agent.settings), virtual=agent.virtual, app=agent.app)
    run_console(build_console(supervision, past=run, options=agent.settings))
