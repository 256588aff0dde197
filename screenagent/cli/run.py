"""`screenagent run`: a task in plain words, on the user's own desktop or on a virtual one."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import click

if TYPE_CHECKING:
    from screenagent.agent import Sink
    from screenagent.episode import Episode
    from screenagent.events import Ended, Event
    from screenagent.planning import Instructions
    from screenagent.scripts.replay import Replay
    from screenagent.settings import Settings

LOOK_HELP: Final = "What of a large screen the model is shown; the window in front if not given."
EXIT_CODES: Final = {"done": 0, "gave_up": 1, "out_of_steps": 1, "crashed": 1, "stopped": 130}


@click.command
@click.argument("task")
@click.option("--virtual", is_flag=True, help="Work on a virtual desktop of its own, gone afterwards.")
@click.option("--app", help="What to open on the virtual desktop, with its arguments: --app 'mousepad notes.txt'.")
@click.option("--size", metavar="WxH", help="Size of the virtual desktop; 1280x720 if not given.")
@click.option("--display", help="Which monitor to work on, by the name that `screenagent doctor` shows.")
@click.option(
    "--approve",
    type=click.Choice(["each", "risky", "never"]),
    help="Ask before each input (the default), before risky ones, or never. No answer is a no.",
)
@click.option("--policy", type=click.Path(dir_okay=False, path_type=Path), help="Rules and secrets, a YAML file.")
@click.option("--model", metavar="FOLDER|URL", help="Plan with a model: a checkpoint's folder, or a server's URL.")
@click.option("--grounder-model", metavar="FOLDER|URL", help="Point with another model than the one that plans.")
@click.option("--look", type=click.Choice(["auto", "full", "window", "region", "tiles"]), help=LOOK_HELP)
@click.option("--max-steps", type=click.IntRange(min=1), help="Give up after so many steps; 50 if not given.")
@click.option("--dry-run", is_flag=True, help="Show the steps and where they would go; touch nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the events on stdout, one JSON object a line.")
@click.option("--runs", type=click.Path(path_type=Path), help="Where the run is recorded.")
@click.option("--no-record", is_flag=True, help="Keep nothing on disk.")
@click.option("--no-screens", is_flag=True, help="Record what happened, but no pictures of the screen.")
@click.option("--plain", is_flag=True, help="Lines instead of the console; so it is without a terminal, too.")
def run(
    task: str,
    *,
    virtual: bool,
    app: str | None,
    size: str | None,
    display: str | None,
    approve: str | None,
    policy: Path | None,
    model: str | None,
    grounder_model: str | None,
    look: str | None,
    max_steps: int | None,
    dry_run: bool,
    as_json: bool,
    runs: Path | None,
    no_record: bool,
    no_screens: bool,
    plain: bool,
) -> None:
    """Carry out TASK: plain steps, or any goal where a model plans.

    \b
    screenagent run "open the File menu, click Save As, type notes.txt, press enter" --virtual --app mousepad
    screenagent run "click into the Name field, type 'Ada', press tab" --approve risky
    screenagent run "click Save" --dry-run
    screenagent run "press ctrl+s" --json > events.jsonl
    screenagent run "save this as notes.txt on the desktop" --model ~/models/phi-4-reasoning-vision

    Exit codes: 0 done, 1 gave up or failed, 2 wrong usage, 130 stopped.
    """
    if app and not virtual:
        raise click.UsageError(
            "--app opens a program on a virtual desktop; add --virtual, or open the program yourself"
        )
    from screenagent.settings import Settings

    settings = Settings.load(
        approve=approve,
        policy=policy,
        model=model,
        grounder_model=grounder_model,
        look=look,
        max_steps=max_steps,
        runs=runs,
        keep_screens=False if no_screens else None,
        display=display,
        virtual_size=size_of(size),
    )
    if settings.model is None or dry_run:
        instructions = _read(task)
    if dry_run:
        _dry_run(instructions, settings, virtual=virtual, app=app)
        return
    if not (plain or as_json or settings.approve == "never") and has_console():
        from screenagent.cli.console import supervise

        ended = supervise(task, settings, virtual=virtual, app=app, record=not no_record)
    else:
        carried = carry_out_task(task, settings, virtual=virtual, app=app, as_json=as_json, record=not no_record)
        ended = carried.ended
    sys.exit(EXIT_CODES[ended.result])


class Carried(NamedTuple):
    """What was done, and where it was recorded."""

    episode: Episode
    folder: Path | None

    @property
    def ended(self) -> Ended:
        assert self.episode.ended is not None
        return self.episode.ended


def carry_out_task(
    task: str,
    settings: Settings,
    *,
    virtual: bool,
    app: str | None,
    as_json: bool,
    record: bool,
    replay: Replay | None = None,
) -> Carried:
    """Do `task`, or play `replay`, with a line for each step."""
    from contextlib import ExitStack

    from screenagent.agent import drive
    from screenagent.assembly.agent import build_agent
    from screenagent.assembly.desktop import open_desktop
    from screenagent.assembly.models import Models
    from screenagent.assembly.recording import record_run
    from screenagent.assembly.signals import stoppable_control
    from screenagent.cli.terminal import Progress, Resuming, TerminalAnswers

    folder = None
    with ExitStack() as stack:
        control = stack.enter_context(stoppable_control())
        models = Models.of(settings, control)
        desktop = stack.enter_context(open_desktop(settings, control, virtual=virtual, app=app, task=task))
        sinks: list[Sink] = []
        if record:
            recorder = stack.enter_context(record_run(settings, task, replay=replay))
            folder = recorder.folder
            sinks.append(recorder)
        sinks += [Progress(), *([_print_json] if as_json else []), Resuming(control)]
        episode = drive(
            build_agent(
                settings,
                control,
                desktop,
                ask=TerminalAnswers(control, settings.answer_seconds),
                models=models,
                replay=replay,
            ),
            task,
            *sinks,
        )
        if record:
            click.echo(f"recorded in {folder}; `screenagent report` shows it", err=True)
    return Carried(episode, folder)


def has_console() -> bool:
    """Textual draws on stderr and reads stdin."""
    return sys.stdin.isatty() and sys.stderr.isatty() and find_spec("textual") is not None


def _print_json(event: Event) -> None:
    click.echo(event.model_dump_json())


def _read(task: str) -> Instructions:
    from screenagent.planning import read_instructions

    return read_instructions(task)


def size_of(text: str | None) -> dict[str, str] | None:
    if text is None:
        return None
    width, cross, height = text.lower().partition("x")
    if not (cross and width.isdigit() and height.isdigit() and int(width) and int(height)):
        raise click.BadParameter(f"{text!r} is no size; write for example 1280x720", param_hint="--size")
    return {"width": width, "height": height}


def _dry_run(instructions: Instructions, settings: Settings, *, virtual: bool, app: str | None) -> None:
    """Each step, and where its targets are on the screen as it is; later steps may need what earlier ones bring up."""
    from screenagent.actions import targets
    from screenagent.assembly.desktop import open_desktop
    from screenagent.assembly.parts import build_grounder
    from screenagent.assembly.signals import stoppable_control
    from screenagent.events import PlannedStep
    from screenagent.geometry import Location

    grounder = build_grounder(settings)
    with stoppable_control() as control, open_desktop(settings, control, virtual=virtual, app=app) as desktop:
        screen = desktop.settled()
        for number, step in enumerate(instructions.steps, start=1):
            click.echo(f"{number:>3}  {step}")
            for target in targets(step.action) if isinstance(step, PlannedStep) else ():
                match grounder.locate(target.words, screen):
                    case Location(point=point, confidence=confidence, by=by):
                        pixel = screen.display.pixel(point)
                        click.echo(f"       “{target}” is at ({pixel.x}, {pixel.y}) [{by} {confidence:.2f}]")
                    case absent:
                        click.echo(f"       not on this screen: {absent.why}")
    click.echo("nothing was touched", err=True)
