"""`screenagent console`: supervise a run in the terminal, or look at one that is over."""

from __future__ import annotations

from pathlib import Path

import click

from screenagent.cli.options import FOLDER, AgentOptions, agent_options


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
    from screenagent.assembly.supervised import Supervision
    from screenagent.cli.running import build_console, run_console
    from screenagent.settings import Settings

    supervision = Supervision(Settings.load(**agent.settings), virtual=agent.virtual, app=agent.app)
    run_console(build_console(supervision, past=run, options=agent.settings))
