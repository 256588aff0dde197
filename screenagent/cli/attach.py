"""`screenagent attach`: see a run that is under way, and answer its questions, from another terminal."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

import click

from screenagent.cli.output import echo, echo_json

if TYPE_CHECKING:
    from screenagent.cli.attached import PlainFace
    from screenagent.sessions.attachment import Attachment, News
    from screenagent.sessions.place import LiveRun


@click.command
@click.argument("run", required=False)
@click.option("--watch", is_flag=True, help="Only watch: never be asked.")
@click.option("--take", is_flag=True, help="Ask for the yes, if another face has it.")
@click.option("--plain", is_flag=True, help="Print lines instead of opening the console, as without a terminal.")
@click.option("--json", "as_json", is_flag=True, help="Only watch, and print each message as a line of JSON.")
def attach(run: str | None, *, watch: bool, take: bool, plain: bool, as_json: bool) -> None:
    """Supervise RUN, which is under way; the only one, or the one on your desktop, if none is named.

    \b
    screenagent attach
    screenagent attach 2026-11-30_15-10-02_click-save --watch
    screenagent attach --plain --take

    Several may watch, and one of them is asked: the first, until it leaves or hands that over. Ctrl-C detaches, and the
    run goes on; `screenagent stop` stops it.

    Exit codes: 0 detached or done, 1 gave up or failed, or the run's process is gone, 2 it cannot be told which run is
    meant, 130 stopped.
    """
    from screenagent.cli.attached import PlainFace
    from screenagent.cli.running import is_terminal, supervise_attached
    from screenagent.cli.terminal import Progress
    from screenagent.sessions.client import RemoteAttachment

    watches = watch or as_json
    if watches and take:
        raise click.UsageError("--watch and --json only watch, and --take asks for the yes; leave one away")
    meant = _meant(run)

    def attached(news: News) -> Attachment:
        return RemoteAttachment(meant, f"the terminal {_terminal()}", news, watches=watches)

    if not (plain or as_json) and is_terminal() and find_spec("textual") is not None:
        sys.exit(supervise_attached(attached, meant.about.run, takes=take))
    try:
        face = PlainFace(attached, *([] if as_json else [Progress()]), takes_yes=not watches, outlives=True)
        if as_json:
            face.heard = lambda message: echo_json(message.model_dump_json())
        if take:
            face.attachment.take()
        sys.exit(_followed(face))
    except KeyboardInterrupt:  # the run hears at once that this process is gone
        echo(f"detached; the run goes on, and `screenagent stop {meant.about.run}` stops it", err=True)


def _followed(face: PlainFace) -> int:
    """Follow the run until it is over; return the exit code."""
    from screenagent.cli.running import EXIT_CODES

    over = face.run()
    ended = face.episode.ended
    if ended is None:
        echo(f"screenagent: {over.error or 'the run is over'}", err=True)
    return EXIT_CODES[ended.result] if ended else 1


def _terminal() -> str:
    """Return the name of the terminal that we are at, or what we are."""
    for stream in (0, 2):
        if os.isatty(stream):
            return os.ttyname(stream).removeprefix("/dev/")
    return f"of process {os.getpid()}"


def _meant(said: str | None) -> LiveRun:
    """Return the run that is meant. Raise `NoLiveRun` with the list if that cannot be told."""
    from screenagent.desktop.lock import named, own_display
    from screenagent.sessions.place import NoLiveRun, live_run, live_runs

    if said is not None:
        return live_run(said)
    runs = live_runs()
    here = own_display()
    if len(runs) != 1:
        on_display = [run for run in runs if here and named(run.about.display) == named(here)]
        runs = on_display or runs
    if len(runs) == 1:
        return runs[0]
    if not runs:
        raise NoLiveRun("no run is under way; `screenagent run … --detach` begins one")
    listed = "; ".join(f"{run.about.run} ({run.about.desktop})" for run in runs)
    raise NoLiveRun(f"{len(runs)} runs are under way, name one of them: {listed}")
