"""`screenagent run` and `console`: a task in plain words, on the user's own desktop or on a virtual one."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from screenagent.cli.options import (
    FOLDER,
    AgentOptions,
    OutputOptions,
    agent_options,
    crop_option,
    gathered,
    leave_warm,
    one_run,
    output_options,
)
from screenagent.cli.output import echo
from screenagent.cli.starting import uncollected
from screenagent.errors import MissingExtra

if TYPE_CHECKING:
    from screenagent.assembly.supervised import Supervision
    from screenagent.models.crop import CropMode
    from screenagent.planning import Instructions


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """All options of `screenagent run`."""

    agent: AgentOptions
    output: OutputOptions
    grounder_model: str | None
    grounder_family: str | None
    crop: CropMode | None
    max_steps: int | None
    dry_run: bool
    no_screens: bool

    @property
    def settings(self) -> dict[str, object]:
        """Those that are settings, by the setting's name; None if the option was not given."""
        return self.agent.settings | {
            "grounder_model": self.grounder_model,
            "grounder_family": self.grounder_family,
            "crop": self.crop,
            "max_steps": self.max_steps,
            "keep_screens": False if self.no_screens else None,
        }


run_options: Final = gathered(
    "options",
    RunOptions,
    click.option("--grounder-model", metavar="phi4|FOLDER|URL", help="Ground with another model than the planner's."),
    click.option("--grounder-family", metavar="FAMILY", help="As --family, for the --grounder-model."),
    crop_option,
    click.option("--max-steps", type=click.IntRange(min=1), help="Give up after this many steps; defaults to 50."),
    click.option("--dry-run", is_flag=True, help="Show the steps and where their targets are; send no input."),
    click.option("--no-screens", is_flag=True, help="Record what happened, but no screenshots."),
)


@click.command
@click.argument("task")
@agent_options
@output_options
@run_options
def run(task: str, *, options: RunOptions) -> None:
    """Carry out TASK: plain steps, or any goal if a model plans.

    \b
    screenagent run "open the File menu, click Save As, type notes.txt, press enter" --virtual --app mousepad
    screenagent run "click into the Name field, type 'Ada', press tab" --approve risky
    screenagent run "click Save" --dry-run
    screenagent run "type 'and one more line'" --desk
    screenagent run "press ctrl+s" --json > events.jsonl
    screenagent run "save this as notes.txt on the desktop" --model ~/models/phi-4-reasoning-vision
    screenagent run "save this as notes.txt" --model http://localhost:8080/v1 --family holo2
    screenagent run "save this as notes.txt" --model phi4 --grounder-model http://localhost:8000/v1
    screenagent run "click Save" --detach            goes on without this terminal; `screenagent attach` supervises it

    Exit codes: 0 done, 1 gave up or failed, 2 wrong usage, 130 stopped.
    """
    options.output.detach_if_asked()
    with uncollected():
        from screenagent.cli.running import EXIT_CODES, carry_out, supervise, supervision, wants_console

        where = supervision(options.settings, options.agent, record=not options.output.no_record)
    if options.dry_run:
        from screenagent.planning import read_instructions

        _dry_run(read_instructions(task), where)
        return
    if wants_console(where.settings, options.output):
        ended = supervise(where.task(task))
    else:
        leave_warm(where.settings)
        supervised = where.task(task) if where.virtual else where.unread(task)
        ended = carry_out(supervised, output=options.output).ended
    sys.exit(EXIT_CODES[ended.result])


def _dry_run(instructions: Instructions, where: Supervision) -> None:
    """Print each step and where its targets are on the screen as it is, found as a run would find them.

    Later steps may need what earlier ones open.
    """
    from screenagent.actions import targets
    from screenagent.assembly.agent import build_agent
    from screenagent.assembly.parts import open_desktop, stoppable_control
    from screenagent.events import PlannedStep
    from screenagent.geometry import Location

    with (
        stoppable_control() as control,
        open_desktop(where.settings, control, virtual=where.virtual, app=where.app, desk=where.desk) as desktop,
    ):
        agent = build_agent(where.settings, control, desktop, ask=lambda _: None, instructions=instructions)
        screen = desktop.settled()
        for number, step in enumerate(instructions.steps, start=1):
            echo(f"{number:>3}  {step}")
            for target in targets(step.action) if isinstance(step, PlannedStep) else ():
                match agent.grounder.locate(target.words, screen):
                    case Location(point=point, confidence=confidence, by=by):
                        pixel = screen.display.pixel(point)
                        echo(f"       “{target}” is at ({pixel.x}, {pixel.y}) [{by} {confidence:.2f}]")
                    case absent:
                        echo(f"       not on this screen: {absent.why}")
    echo("nothing was touched", err=True)


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
    from screenagent.cli.running import build_console, is_terminal, run_console, supervision

    if find_spec("textual") is None:
        raise MissingExtra("textual", "console")
    if not is_terminal():
        raise click.UsageError("the console needs a terminal; `screenagent run --plain` works without one")
    run_console(build_console(supervision(agent.settings, agent), past=run and one_run(run), options=agent.settings))
