"""`screenagent console`: supervise a run in the terminal, or look at one that is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from screenagent.agent import Sink
    from screenagent.config import Settings
    from screenagent.console.app import Console
    from screenagent.console.person import Person
    from screenagent.console.supervising import Begin, Work
    from screenagent.control import Control
    from screenagent.events import Ended
    from screenagent.play import Replay


@click.command
@click.argument("run", type=click.Path(exists=True, file_okay=False, path_type=Path), required=False)
@click.option("--virtual", is_flag=True, help="Work on a virtual desktop of its own, gone afterwards.")
@click.option("--app", help="What to open on the virtual desktop, with its arguments.")
@click.option("--runs", type=click.Path(path_type=Path), help="Where runs are recorded.")
def console(run: Path | None, *, virtual: bool, app: str | None, runs: Path | None) -> None:
    """Write a task and supervise it, or look at RUN step by step.

    \b
    screenagent console
    screenagent console --virtual --app mousepad
    screenagent console runs/2026-11-22_10-15-03_open-the-file-menu
    """
    if app and not virtual:
        raise click.UsageError("--app opens a program on a virtual desktop; add --virtual")
    from screenagent.cli import wiring  # noqa: PLC0415

    settings = wiring.settings(runs=runs)
    opened = _console(
        settings, _beginning(settings, virtual=virtual, app=app, record=True), past=run, options={"runs": runs}
    )
    _open(opened)


def supervise(
    task: str, settings: Settings, *, virtual: bool, app: str | None, record: bool, replay: Replay | None = None
) -> Ended:
    """Carry out `task`, or `replay`, under the eyes of a person; gives how it ended."""
    from screenagent.cli.terminal import summary  # noqa: PLC0415
    from screenagent.events import Ended  # noqa: PLC0415

    begin = _beginning(settings, virtual=virtual, app=app, record=record, replay=replay)
    opened = _console(settings, begin, task=task)
    _open(opened)
    supervising = opened.supervising
    assert supervising is not None
    if supervising.broke is not None:
        raise supervising.broke
    if supervising.episode.ended is None:
        return Ended(outcome="stopped")
    click.echo(summary(supervising.episode), err=True)
    return supervising.episode.ended


def _console(
    settings: Settings,
    begin: Callable[[str], Begin],
    *,
    task: str | None = None,
    past: Path | None = None,
    options: dict[str, object] | None = None,
) -> Console:
    from screenagent.config import listed  # noqa: PLC0415
    from screenagent.console.app import Console  # noqa: PLC0415

    return Console(
        begin=begin,
        runs=settings.runs,
        task=task,
        past=past,
        settings=listed(settings, **(options or {})),
        answer_seconds=settings.answer_seconds,
    )


def _open(opened: Console) -> None:
    """Run it with signals that stop the agent before anything else is taken down."""

    from screenagent.cli import wiring  # noqa: PLC0415

    def stop() -> None:
        opened.stop()
        opened.call_later(opened.exit)

    with wiring.signals(stop=stop, resume=opened.resume):
        opened.run()


def _beginning(
    settings: Settings, *, virtual: bool, app: str | None, record: bool, replay: Replay | None = None
) -> Callable[[str], Begin]:
    from screenagent.cli import wiring  # noqa: PLC0415
    from screenagent.console.supervising import Work  # noqa: PLC0415
    from screenagent.planner import read  # noqa: PLC0415

    def begin(task: str) -> Begin:
        if replay is None:
            read(task)  # what cannot be read is refused before a desktop is opened

        @contextmanager
        def work(control: Control, person: Person) -> Iterator[Work]:
            with ExitStack() as stack:
                desktop = stack.enter_context(wiring.desktop(settings, control, virtual=virtual, app=app, task=task))
                sinks: list[Sink] = []
                if record:
                    sinks.append(stack.enter_context(wiring.recorded(settings, task, replay=replay)))
                yield Work(wiring.agent(settings, control, desktop, ask=person, replay=replay), sinks)

        return work

    return begin
