"""`screenagent console`: supervise a run in the terminal, or look at one that is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from screenagent.console.startup import responsive_threads, shorten_escape_delay

if TYPE_CHECKING:
    from screenagent.approval import Asker
    from screenagent.console.app import Console, Play
    from screenagent.console.supervise_screen import Begin, SupervisedWork
    from screenagent.control import Control
    from screenagent.events import Ended
    from screenagent.scripts import Script
    from screenagent.scripts.replay import Replay
    from screenagent.settings import Settings

PLAYED_AT_MOST: Final = 10_000
"""Steps of a script, which ends by itself."""


@click.command
@click.argument("run", type=click.Path(exists=True, file_okay=False, path_type=Path), required=False)
@click.option("--virtual", is_flag=True, help="Work on a virtual desktop of its own, gone afterwards.")
@click.option("--app", help="What to open on the virtual desktop, with its arguments.")
@click.option("--approve", type=click.Choice(["each", "risky", "never"]), help="Which inputs to ask about.")
@click.option("--model", metavar="FOLDER|URL", help="Plan with a model: a checkpoint's folder, or a server's URL.")
@click.option("--runs", type=click.Path(path_type=Path), help="Where runs are recorded.")
def console(
    run: Path | None, *, virtual: bool, app: str | None, approve: str | None, model: str | None, runs: Path | None
) -> None:
    """Write a task and supervise it, or look at RUN step by step.

    \b
    screenagent console
    screenagent console --virtual --app mousepad
    screenagent console --approve risky --model phi4
    screenagent console runs/2026-11-22_10-15-03_open-the-file-menu
    """
    if app and not virtual:
        raise click.UsageError("--app opens a program on a virtual desktop; add --virtual")
    from screenagent.settings import Settings

    options: dict[str, object] = {"approve": approve, "model": model, "runs": runs}
    settings = Settings.load(**options)
    begin = _beginning(settings, virtual=virtual, app=app, record=True)
    play = _playing(settings, virtual=virtual, app=app)
    _open(_console(settings, begin, play=play, past=run, options=options))


def supervise(
    task: str, settings: Settings, *, virtual: bool, app: str | None, record: bool, replay: Replay | None = None
) -> Ended:
    """Carry out `task`, or `replay`, under the eyes of a person; gives how it ended."""
    from screenagent.cli.terminal import summary_line
    from screenagent.events import Ended

    begin = _beginning(settings, virtual=virtual, app=app, record=record, replay=replay)
    opened = _console(settings, begin, task=task)
    _open(opened)
    supervising = opened.supervising
    assert supervising is not None
    if supervising.broke is not None:
        raise supervising.broke
    if supervising.episode.ended is None:
        return Ended(result="stopped")
    click.echo(summary_line(supervising.episode), err=True)
    return supervising.episode.ended


def _console(
    settings: Settings,
    begin: Callable[[str], Begin],
    *,
    play: Play | None = None,
    task: str | None = None,
    past: Path | None = None,
    options: dict[str, object] | None = None,
) -> Console:
    from screenagent.settings import settings_in_force

    shorten_escape_delay()
    from screenagent.console.app import Console
    from screenagent.console.options import ConsoleOptions
    from screenagent.console.terminal import choose_terminal

    opened_with = ConsoleOptions(
        runs=settings.runs,
        scripts=settings.scripts,
        settings=settings_in_force(settings, **(options or {})),
        terminal=choose_terminal(settings.pictures),
        answer_seconds=settings.answer_seconds,
    )
    return Console(begin, opened_with, play=play, task=task, past=past)


def _open(opened: Console) -> None:
    """Run it with signals that stop the agent before anything else is taken down."""

    from screenagent.assembly.signals import on_signals

    def stop() -> None:
        opened.stop()
        opened.call_later(opened.exit)

    with on_signals(stop=stop, resume=opened.resume), responsive_threads():
        opened.run()


def _beginning(
    settings: Settings, *, virtual: bool, app: str | None, record: bool, replay: Replay | None = None
) -> Callable[[str], Begin]:
    from screenagent.assembly.agent import build_agent
    from screenagent.assembly.desktop import open_desktop
    from screenagent.assembly.recording import record_run
    from screenagent.console.supervise_screen import SupervisedWork
    from screenagent.planning import read_instructions

    def begin(task: str) -> Begin:
        if replay is None and settings.model is None:
            read_instructions(task)  # what cannot be read is refused before a desktop is opened

        @contextmanager
        def work(control: Control, person: Asker) -> Iterator[SupervisedWork]:
            with ExitStack() as stack:
                desktop = stack.enter_context(open_desktop(settings, control, virtual=virtual, app=app, task=task))
                sinks = [stack.enter_context(record_run(settings, task, replay=replay))] if record else []
                folder = sinks[0].folder if sinks else None
                yield SupervisedWork(build_agent(settings, control, desktop, ask=person, replay=replay), sinks, folder)

        return work

    return begin


def _playing(settings: Settings, *, virtual: bool, app: str | None) -> Play:
    from screenagent.scripts import Anchors, bound
    from screenagent.scripts.replay import Replay

    def play(file: Path, script: Script, given: Mapping[str, str]) -> tuple[str, Begin]:
        replay = Replay(script, bound(script, given), Anchors.of(file))
        endless = settings.with_options(max_steps=PLAYED_AT_MOST)
        opened = app or script.app if virtual else None
        return replay.task, _beginning(endless, virtual=virtual, app=opened, record=True, replay=replay)(replay.task)

    return play
