"""`screenagent record`: watch a person do it once, and write a script that does it again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from screenagent.cli.files import refuse_overwriting, write_script
from screenagent.cli.options import NEW_FILE, NEW_FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from screenagent.control import Control
    from screenagent.events import Event
    from screenagent.settings import Settings


@click.command
@click.argument("script", type=NEW_FILE)
@click.option("--name", help="What the script is called; its file's name if not given.")
@click.option("--app", help="What the script opens when it is played on a virtual desktop.")
@click.option("--display", help="Which monitor to watch, by the name that `screenagent doctor` shows.")
@click.option("--runs", type=NEW_FOLDER, help="Where what was seen is kept.")
@click.option("--force", is_flag=True, help="Overwrite an existing script.")
def record(
    script: Path, *, name: str | None, app: str | None, display: str | None, runs: Path | None, force: bool
) -> None:
    """Watch you do it, and write SCRIPT: steps in words, and what their targets looked like.

    \b
    screenagent record invoice.yaml
    screenagent record invoice.yaml --name "Enter an invoice" --app "gnumeric invoices.gnumeric"
    screenagent play invoice.yaml --step                  then play it, asked about each step

    What you do in the terminal that it runs in is left out. What a field hides as you type is never written down: it
    becomes a secret, which `screenagent secret set` keeps. End with ctrl+shift+escape (the setting stop_keys), or with
    Ctrl-C here.
    """
    from screenagent.agent import Sink
    from screenagent.assembly.parts import stoppable_control
    from screenagent.assembly.supervised import record_run
    from screenagent.settings import Settings

    refuse_overwriting(script, force=force)
    task = name or script.stem
    settings = Settings.load(runs=runs, display=display, keep_screens=True)
    with record_run(settings, f"record {task}") as kept, stoppable_control() as control:
        sinks: tuple[Sink, ...] = (kept, _Telling(settings.stop_keys))
        for event in _watched(settings, control, task=task):
            for sink in sinks:
                sink(event)
    write_script(kept.folder, script, name=task, app=app)
    click.echo(f"what was seen is in {kept.folder}; try it: screenagent play {script} --step", err=True)


def _watched(settings: Settings, control: Control, *, task: str) -> Iterator[Event]:
    from screenagent import keys
    from screenagent.assembly.parts import build_grounder, build_reader
    from screenagent.desktop.input_listener import InputListener
    from screenagent.desktop.local import LocalDesktop
    from screenagent.grounding.naming import Namer
    from screenagent.scripts.recorder.watcher import ScreenPoller, ScreenSample, Watcher

    reader = build_reader(settings)
    with LocalDesktop(control=control, monitor=settings.display) as desktop:
        seeing = build_grounder(settings, reader=reader, desktop=desktop)
        watching = Watcher(namer=Namer(seeing), reader=reader)

        def look(at: float) -> ScreenSample:
            return ScreenSample(at, desktop.display.point(desktop.pointer()), desktop.screenshot())

        with (
            ScreenPoller(look) as sight,
            InputListener(sight.before, control=control, stop_keys=keys.chord(settings.stop_keys)) as listening,
        ):
            yield from watching.events(listening.heard(), task=task, last=sight.now)


class _Telling:
    """A line for each step as it is understood, on stderr."""

    def __init__(self, stop_keys: str) -> None:
        self._stop_keys = stop_keys
        self._count = 0

    def __call__(self, event: Event) -> None:
        from screenagent.actions import describe

        match event.event:
            case "started":
                click.echo(
                    f"watching you: do it as you always do, then press {self._stop_keys}, or Ctrl-C here", err=True
                )
            case "acted":
                self._count += 1
                click.echo(f"{self._count:>3}  {describe(event.action)}", err=True)
            case _:
                pass
